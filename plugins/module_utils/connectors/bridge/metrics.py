# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus metrics on the loopback interface, for those who ask for a port."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from ..errors import ConfigError

REQUEST_TIMEOUT = 5.0


class MetricsServer:
    """Answers every `GET /metrics` with the text that `exposition` gives."""

    def __init__(self, port: int | None, exposition: Callable[[], str]) -> None:
        self.port = port
        self._exposition = exposition
        self._server: asyncio.AbstractServer | None = None

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
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    def _answer(self, request: bytes) -> tuple[str, bytes]:
        if not request.startswith(b"GET /metrics "):
            return "404 Not Found", b"Metrics are at /metrics.\n"
        try:
            return "200 OK", self._exposition().encode()
        except Exception as error:  # a database in trouble is told by who works with it
            return "503 Service Unavailable", f"The queues cannot be counted: {error}\n".encode()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), REQUEST_TIMEOUT)
            status, body = self._answer(request)
            head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
            await asyncio.wait_for(writer.drain(), REQUEST_TIMEOUT)
        writer.close()
