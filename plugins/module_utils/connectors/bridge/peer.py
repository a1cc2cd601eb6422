# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other end of one local connection: who it is, what it sends, whether it is still there."""

from __future__ import annotations

import asyncio
import contextlib
import json
import select
import socket
import struct
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..ending import end, within
from .guests import Guests

T = TypeVar("T")
Reply = dict[str, Any]

IDLE_TIMEOUT = 300.0
"""Seconds that a connection may stay silent between two requests."""

PAUSE_TIMEOUT = 30.0
"""Seconds that the other end may pause in the middle of a request, or of reading an answer."""

LINGER_SECONDS = 0.5
"""How long what comes after a refusal is read and thrown away."""

CLOSE_TIMEOUT = 5.0
"""Seconds that it has for the rest of an answer when the connection ends."""

LOOK_SECONDS = 0.5
"""How often it is looked at whether somebody who waits is still there."""

CHUNK_BYTES = 1 << 18
"""What a connection may have waiting unread (twice that, as asyncio counts)."""


@dataclass(frozen=True)
class Caller:
    """The process on the other end, as the kernel names it, and what it sends behind its request."""

    pid: int
    uid: int
    gid: int
    reader: asyncio.StreamReader


class TooLargeError(Exception):
    """A request that is longer than any that is taken."""


class CrowdedError(Exception):
    """More of unfinished requests than is kept for one user, or for all."""


class GoneError(Exception):
    """The other end closed the connection while something was done for it."""


def caller_of(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Caller:
    """Who is on the other end; raises `OSError`."""
    channel: socket.socket = writer.get_extra_info("socket")
    size = struct.calcsize("3i")
    credentials = struct.unpack("3i", channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    pid, uid, gid = credentials
    return Caller(pid, uid, gid, reader)


async def read_request(peer: Caller, limit: int, guests: Guests) -> bytes:
    """The next line, of at most `limit` bytes; empty at the end.

    Raises `TooLargeError`, `CrowdedError`, and `asyncio.TimeoutError` for a peer that is silent too long.
    """
    pieces: list[bytes] = []
    size, timeout = 0, IDLE_TIMEOUT
    try:
        while not (pieces and pieces[-1].endswith(b"\n")):
            piece = await within(_piece(peer.reader), timeout)
            if not piece:
                break
            if size + len(piece) > limit:
                raise TooLargeError
            if not guests.keep(peer.uid, len(piece)):
                raise CrowdedError
            pieces.append(piece)
            size, timeout = size + len(piece), PAUSE_TIMEOUT
        return b"".join(pieces)
    finally:
        guests.give_back(peer.uid, size)


async def _piece(reader: asyncio.StreamReader) -> bytes:
    """A line, or as much of it as there is when it is long."""
    try:
        return await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError as error:
        return await reader.readexactly(max(error.consumed, 1))
    except asyncio.IncompleteReadError as error:
        return error.partial


async def answer(writer: asyncio.StreamWriter, reply: Reply) -> None:
    """Send one answer; raises `OSError` or `asyncio.TimeoutError` when it is not taken."""
    writer.write(json.dumps(reply, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    await within(writer.drain(), PAUSE_TIMEOUT)


async def stream_to(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stream: AsyncIterator[Reply]
) -> None:
    """Send what `stream` gives until it ends, or the other end leaves."""
    left = asyncio.ensure_future(_departure(reader, writer))
    item = asyncio.ensure_future(anext(stream, None))
    try:
        while True:
            await asyncio.wait({item, left}, return_when=asyncio.FIRST_COMPLETED)
            said = item.result() if item.done() else None
            if said is None:
                return
            await answer(writer, said)
            item = asyncio.ensure_future(anext(stream, None))
    finally:
        # Ended, not left to the collector: a stream that waits would count as a listener until then.
        await end({item, left})


async def while_there(work: Awaitable[T], writer: asyncio.StreamWriter) -> T:
    """Do `work` for the other end; raises `GoneError`, and gives it up, when that has left meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        while True:
            await asyncio.wait({task}, timeout=LOOK_SECONDS)
            if task.done():
                return task.result()
            if has_left(writer):
                raise GoneError
    finally:
        await end({task}, CLOSE_TIMEOUT)


def has_left(writer: asyncio.StreamWriter) -> bool:
    """Whether the other end closed both directions; one that only finished what it had to say is there."""
    channel = writer.get_extra_info("socket")
    if writer.transport.is_closing() or channel is None or channel.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(channel.fileno(), 0)
    return any(event & (select.POLLHUP | select.POLLERR) for _descriptor, event in poll.poll(0))


async def _departure(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while await reader.read(CHUNK_BYTES):
            pass  # who listens has nothing to say
    while not has_left(writer):  # noqa: ASYNC110  # the kernel has no event for it once reading has ended
        await asyncio.sleep(LOOK_SECONDS)


async def linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let a refusal arrive: who closes with something unread resets the connection, and the refusal is lost with it.

    What the other end still sends is thrown away, for a moment.
    """
    with contextlib.suppress(OSError, asyncio.TimeoutError):
        writer.write_eof()
        await within(_discard(reader), LINGER_SECONDS)


async def _discard(reader: asyncio.StreamReader) -> None:
    while await reader.read(CHUNK_BYTES):
        pass


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection; what the other end does not take within a bound is thrown away."""
    writer.close()
    try:
        await within(writer.wait_closed(), CLOSE_TIMEOUT)
    except (OSError, asyncio.TimeoutError):
        writer.transport.abort()
    except asyncio.CancelledError:
        writer.transport.abort()
        raise
