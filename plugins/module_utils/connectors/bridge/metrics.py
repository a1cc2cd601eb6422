# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus metrics and a probe on the loopback interface, for those who ask for a port."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ..ending import within
from ..errors import ConfigError, StateError
from .connections import Connections
from .peer import hang_up

logger = logging.getLogger(__name__)

REQUEST_TIMEOUT = 5.0
"""Seconds for one request and its answer."""

UNWELL = "503 Service Unavailable"

MOST_REQUESTS = 16
"""Connections at a time: any local user reaches the port."""


class MetricsServer:
    """Answers `GET /metrics` with the text that `exposition` gives, and `GET /healthz` by what `ailment` says."""

    def __init__(
        self, port: int | None, exposition: Callable[[], str], ailment: Callable[[], str | None]
    ) -> None:
        """`ailment` tells why the bridge is not well, or None: 503 or 200."""
        self.port = port
        self._exposition = exposition
        self._ailment = ailment
        self._server: asyncio.Server | None = None
        self._connections = Connections()

    async def start(self) -> None:
        """Listen on 127.0.0.1 if a port was given; raises `ConfigError` when it is taken."""
        if self.port is None:
            return
        try:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=8192)
        except (OSError, OverflowError) as error:
            raise ConfigError(
                f"Metrics cannot be served on 127.0.0.1:{self.port}: {error}. Change metrics_port."
            ) from error

    async def stop(self) -> None:
        """Listen no more, and cut what is still open."""
        await self._connections.end(self._server)

    def _answer(self, request: bytes) -> tuple[str, bytes]:
        try:
            if request.startswith(b"GET /metrics "):
                return "200 OK", self._exposition().encode()
            if request.startswith(b"GET /healthz "):
                ailment = self._ailment()
                return (UNWELL, f"{ailment}\n".encode()) if ailment else ("200 OK", b"ok\n")
        except StateError as error:
            logger.error("metrics could not be gathered: %s", error)  # noqa: TRY400 (the sentence says it all)
            return UNWELL, f"Metrics cannot be gathered: {error}\n".encode()
        except Exception as error:
            logger.exception("metrics could not be gathered")
            return UNWELL, f"Metrics cannot be gathered: {error}\n".encode()
        return "404 Not Found", b"Metrics are at /metrics, and whether the bridge is well at /healthz.\n"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MOST_REQUESTS:
            writer.transport.abort()
            return
        await self._connections.hold(self._receive(reader, writer), writer)

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the other side left, asked for nothing, or for too much
        finally:
            await hang_up(writer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await within(reader.readuntil(b"\r\n\r\n"), REQUEST_TIMEOUT)
        status, body = self._answer(request)
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await within(writer.drain(), REQUEST_TIMEOUT)
