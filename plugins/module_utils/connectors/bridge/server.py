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
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ..errors import ConfigError, ConnectorError, QueueFullError, StateError
from .connections import Connections
from .guests import MOST_OF_ONE, Guests
from .peer import (
    CHUNK_BYTES,
    Caller,
    CrowdedError,
    GoneError,
    Reply,
    TooLargeError,
    answer,
    hang_up,
    linger,
    read_request,
    stream_to,
    while_there,
)
from .peer import caller_of as _caller

__all__ = ["Caller", "LocalServer", "Operation", "Reply", "RequestError"]

logger = logging.getLogger(__name__)

Operation = Callable[[dict[str, Any], Caller], Awaitable[Reply]]


MOST_LINGERING = 16
"""How many refused connections are read out at a time; the others are cut."""

_WITH_BYTES = ("attach",)
"""Operations with bytes behind their request: after a refusal, what is left of these must not be read as requests."""


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
        self._server: asyncio.Server | None = None
        self._guests = Guests(line_limit)
        self._connections = Connections()
        self._lingering = 0

    async def start(self) -> None:
        """Listen; raises `ConfigError` when another bridge does, or the place cannot be used."""
        await self._clear_place()
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(
                self._serve, str(self.path), limit=min(self._line_limit, CHUNK_BYTES)
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
            self.path.unlink(missing_ok=True)
        server, self._server = self._server, None
        await self._connections.end(server)

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
        await self._connections.hold(self._receive(reader, writer), writer)

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from its first byte to its last; nothing that happens on it ends another."""
        try:
            peer = _caller(reader, writer)
            if not self._may_use(peer):
                logger.warning("local socket: refused uid=%d gid=%d pid=%d", peer.uid, peer.gid, peer.pid)
                await self._refuse(reader, writer, _FORBIDDEN)
            elif not self._guests.enter(peer.uid):
                logger.warning("local socket: too many connections uid=%d pid=%d", peer.uid, peer.pid)
                await self._refuse(reader, writer, _CROWDED)
            else:
                try:
                    await self._converse(reader, writer, peer)
                finally:
                    self._guests.leave(peer.uid)
        except (OSError, asyncio.TimeoutError, GoneError):
            pass  # the other side left, or never came to the point
        except Exception:
            logger.exception("local socket: a connection ends by an unexpected error")
        finally:
            await hang_up(writer)

    async def _refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reply: Reply) -> None:
        """Send a refusal after which the connection ends; few wait at a time for who does not stop sending."""
        await answer(writer, reply)
        if self._lingering < MOST_LINGERING:
            self._lingering += 1
            try:
                await linger(reader, writer)
            finally:
                self._lingering -= 1

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Caller
    ) -> None:
        while True:
            try:
                line = await read_request(peer, self._line_limit, self._guests)
            except TooLargeError:
                words = f"A request is expected to stay below {self._line_limit} bytes."
                await self._refuse(reader, writer, _refusal("too_large", words))
                return
            except CrowdedError:
                await self._refuse(reader, writer, _CROWDED)
                return
            if not line:
                return
            reply = await while_there(self._answer_to(line, peer), writer)
            stream, final = reply.pop("stream", None), reply.pop("final", False)
            await answer(writer, reply)
            if final:
                return
            if stream is not None:
                await stream_to(reader, writer, stream)
                return

    async def _answer_to(self, line: bytes, peer: Caller) -> Reply:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return _refusal("bad_request", "One JSON object on one line is expected.")
        operation = self.operations.get(str(request.get("op"))) if isinstance(request, dict) else None
        if operation is None:
            known = ", ".join(sorted(self.operations))
            return _refusal("bad_request", f"A JSON object with `op` is expected, one of: {known}.")
        reply = await _carry_out(operation, request, peer)
        if request["op"] in _WITH_BYTES and not reply["ok"]:
            reply["final"] = True
        return reply

    def _may_use(self, peer: Caller) -> bool:
        if peer.uid in (0, os.getuid()):
            return True
        return self._group is not None and self._group in _groups_of(peer)


async def _carry_out(operation: Operation, request: dict[str, Any], peer: Caller) -> Reply:
    try:
        return {"ok": True, **await operation(request, peer)}
    except RequestError as error:
        return {**_refusal(error.code, str(error)), "final": error.final}
    except QueueFullError as error:
        return _refusal("full", str(error))
    except StateError as error:
        return _refusal("state", str(error))
    except asyncio.TimeoutError:
        raise  # it never came to the point
    except Exception:
        # Nobody knows how much of what follows belongs to this request, so nothing more is read.
        logger.exception("local socket: the operation %r failed", request.get("op"))
        words = "The bridge could not do that, by a fault of its own. Its log says more."
        return {**_refusal("internal", words), "final": True}


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


def _refusal(code: str, message: str) -> Reply:
    return {"ok": False, "code": code, "error": message}


_FORBIDDEN = _refusal("forbidden", "Only root, the service's user and its group may use this.")
_CROWDED = _refusal(
    "full",
    f"Too much is open at the local socket: at most {MOST_OF_ONE} connections of one user are served at a time. "
    "End some, or try again later.",
)
