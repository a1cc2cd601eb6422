# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local interface: JSON lines over a unix socket, for `mosaic-connector send` and for programs.

Each request is one line, `{"op": "send", "text": …}`, each answer is one line with `ok`; a refusal
carries `code` and `error`. Several requests may follow each other on one connection. A file is
handed over by `{"op": "attach", "name": …, "size": …}` with its bytes right behind the line.
"""

from __future__ import annotations

import asyncio
import contextlib
import grp
import json
import logging
import os
import pwd
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ConfigError, ConnectorError, QueueFullError, StateError

logger = logging.getLogger(__name__)

Reply = dict[str, Any]
Operation = Callable[[dict[str, Any], "Caller"], Awaitable[Reply]]

IDLE_TIMEOUT = 300.0
"""Seconds that a connection may stay silent."""


@dataclass(frozen=True)
class Caller:
    """The process on the other end, as the kernel names it, and what it sends behind its request."""

    pid: int
    uid: int
    gid: int
    reader: asyncio.StreamReader


class RequestError(ConnectorError):
    """A request that cannot be served: `code` is for programs, `final` ends the connection."""

    def __init__(self, code: str, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.final = final


class LocalServer:
    """Serves named operations to root, to our own user and to the members of one group."""

    def __init__(
        self, path: Path, group: str | None, line_limit: int, operations: dict[str, Operation]
    ) -> None:
        self.path = path
        self.operations = operations
        self._line_limit = line_limit
        self._group = _find_group(group)
        self._server: asyncio.AbstractServer | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; raises `ConfigError` when another bridge does, or the place cannot be used."""
        await self._clear_place()
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(
                self._serve, str(self.path), limit=self._line_limit
            )
            if self._group is not None:
                os.chown(self.path, -1, self._group)
                self.path.chmod(0o660)
        except OSError as error:
            raise ConfigError(
                f"The local socket {self.path} cannot be made: {error}. Check socket_path and socket_group "
                "(the service's user has to be a member of the group)."
            ) from error
        finally:
            os.umask(mask)

    async def stop(self) -> None:
        """Take no more requests, and cut what is still open."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self.path.unlink(missing_ok=True)
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _clear_place(self) -> None:
        try:
            _reader, writer = await asyncio.open_unix_connection(str(self.path))
        except OSError:
            with contextlib.suppress(OSError):
                if self.path.is_socket():  # what a bridge that was killed left; anything else is not ours
                    self.path.unlink()
            return
        writer.close()
        raise ConfigError(
            f"Another bridge already listens on {self.path}. Stop it first: systemctl stop mosaic-connector"
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            peer = _caller(reader, writer)
            if not self._may_use(peer):
                logger.warning("local socket: refused uid=%d gid=%d pid=%d", peer.uid, peer.gid, peer.pid)
                await _answer(
                    writer, _refusal("forbidden", "Only root, the service's user and its group may use this.")
                )
                return
            await self._converse(reader, writer, peer)
        except (OSError, asyncio.TimeoutError):
            pass  # the other side left, or never came to the point
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Caller
    ) -> None:
        while True:
            try:
                line = await asyncio.wait_for(reader.readline(), IDLE_TIMEOUT)
            except ValueError:
                await _answer(
                    writer,
                    _refusal("too_large", f"A request is expected to stay below {self._line_limit} bytes."),
                )
                return
            if not line:
                return
            reply = await self._answer_to(line, peer)
            stream, final = reply.pop("stream", None), reply.pop("final", False)
            await _answer(writer, reply)
            if final:
                return
            if stream is not None:
                async for item in stream:
                    await _answer(writer, item)
                return

    async def _answer_to(self, line: bytes, peer: Caller) -> Reply:
        try:
            request = json.loads(line)
            operation = self.operations.get(str(request.get("op"))) if isinstance(request, dict) else None
            if operation is None:
                known = ", ".join(sorted(self.operations))
                return _refusal("bad_request", f"A JSON object with `op` is expected, one of: {known}.")
            return {"ok": True, **await operation(request, peer)}
        except RequestError as error:
            return {**_refusal(error.code, str(error)), "final": error.final}
        except QueueFullError as error:
            return _refusal("full", str(error))
        except StateError as error:
            return _refusal("state", str(error))
        except (ValueError, RecursionError):
            return _refusal("bad_request", "One JSON object on one line is expected.")

    def _may_use(self, peer: Caller) -> bool:
        if peer.uid in (0, os.getuid()):
            return True
        return self._group is not None and self._group in _groups_of(peer)


def _find_group(name: str | None) -> int | None:
    if name is None:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ConfigError(f"socket_group names the group {name!r}, which this host does not have.") from None


def _groups_of(peer: Caller) -> set[int]:
    try:
        return {peer.gid, *os.getgrouplist(pwd.getpwuid(peer.uid).pw_name, peer.gid)}
    except KeyError:
        return {peer.gid}


def _caller(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Caller:
    channel: socket.socket = writer.get_extra_info("socket")
    size = struct.calcsize("3i")
    credentials = struct.unpack("3i", channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    pid, uid, gid = credentials
    return Caller(pid, uid, gid, reader)


def _refusal(code: str, message: str) -> Reply:
    return {"ok": False, "code": code, "error": message}


async def _answer(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(json.dumps(reply, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    await asyncio.wait_for(writer.drain(), 30)
