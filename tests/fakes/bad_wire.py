# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A way to a real homeserver on which one thing at a time goes wrong: what proxies, networks and servers do to a line.

Every connection carries one request. `BadWire.fault` says what becomes of the requests that come from now on; what a
fault holds is let go (the connection is reset) when it ends.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mosaic_connectors.border import LONG_ANSWER_BYTES


@dataclass
class Request:
    """One request, and the way to the real server."""

    method: str
    path: str
    head: bytes
    body: bytes
    upstream: tuple[str, int]

    async def forward(self) -> bytes:
        """The real server's whole answer."""
        reader, writer = await asyncio.open_connection(*self.upstream)
        try:
            writer.write(self.head + self.body)
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()


@dataclass
class Way:
    """What a fault does to one request: bytes to send, slowly or not, and how the connection ends."""

    answer: bytes = b""
    pause: float = 0.0
    """Seconds between two bytes."""
    hold: bool = False
    """Whether the connection stays open until the fault ends."""
    reset: bool = False


Fault = Callable[[Request], Awaitable[Way]]


def http(status: int, body: object, *headers: str) -> bytes:
    """An answer; what is no bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [
        f"HTTP/1.1 {status} as scripted",
        f"Content-Length: {len(content)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


def says(answer: bytes) -> Fault:
    """The server is not asked, and this is said."""

    async def fault(_request: Request) -> Way:
        return Way(answer)

    return fault


async def reset(_request: Request) -> Way:
    return Way(reset=True)


async def closed(_request: Request) -> Way:
    return Way()


async def silent(_request: Request) -> Way:
    return Way(hold=True)


async def lost(request: Request) -> Way:
    """Done, and the answer does not come back."""
    await request.forward()
    return Way(reset=True)


async def lost_in_silence(request: Request) -> Way:
    await request.forward()
    return Way(hold=True)


async def cut(request: Request) -> Way:
    answer = await request.forward()
    return Way(answer[: len(answer) * 2 // 3], reset=True)


async def dripping(request: Request) -> Way:
    return Way(await request.forward(), pause=0.05)


async def late(request: Request) -> Way:
    """Not before the other side has stopped waiting."""
    answer = await request.forward()
    await asyncio.sleep(2.5)
    return Way(answer)


async def damaged(request: Request) -> Way:
    head, _blank, body = (await request.forward()).partition(b"\r\n\r\n")
    middle = len(body) // 2
    return Way(head + b"\r\n\r\n" + body[:middle] + b"\x00\xff\x1b" + body[middle + 3 :])


async def said_twice(request: Request) -> Way:
    """Every event of an answer comes twice, as after a server's failover."""
    answer = await request.forward()
    head, _blank, body = answer.partition(b"\r\n\r\n")
    if "/sync" not in request.path or not body.startswith(b"{"):
        return Way(answer)
    document = json.loads(body)
    for room in document.get("rooms", {}).get("join", {}).values():
        room["timeline"]["events"] = [one for one in room["timeline"]["events"] for _time in (1, 2)]
    return Way(http(int(head.split()[1]), document))


class _Refuses:
    """A token that is refused now and then: every fifth request, whoami among them or not."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self, request: Request) -> Way:
        self.count += 1
        if self.count % 5:
            return Way(await request.forward())
        return Way(http(401, {"errcode": "M_UNKNOWN_TOKEN", "error": "as scripted"}))


def _limited(wait: str) -> Fault:
    return says(http(429, f'{{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":{wait}}}'.encode()))


_DEEP = b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
_BOMB = gzip.compress(gzip.compress(b"\0" * (64 << 20)))
_SWOLLEN = b'{"next_batch":"s1","rooms":[' + b"{}," * (LONG_ANSWER_BYTES // 3) + b"{}]}"
_PORTAL = b"<html><body>Please accept the terms of this network.</body></html>"

FAULTS: dict[str, Fault] = {
    "connections are reset": reset,
    "connections are closed without a word": closed,
    "no answer comes, and no end": silent,
    "what is asked is done, and the answer lost": lost,
    "what is asked is done, and the answer lost in silence": lost_in_silence,
    "answers are cut off in the middle": cut,
    "answers come a byte at a time": dripping,
    "answers come after the other side stopped waiting": late,
    "three bytes of every answer are damaged": damaged,
    "every event comes twice": said_twice,
    "a proxy says 502 in HTML": says(http(502, b"<html>Bad Gateway</html>", "Content-Type: text/html")),
    "a proxy says 504": says(http(504, b"")),
    "the server says 500": says(http(500, {"errcode": "M_UNKNOWN", "error": "Internal server error"})),
    "a login page answers everything with 200": says(http(200, _PORTAL, "Content-Type: text/html")),
    "everything is redirected elsewhere": says(http(302, b"", "Location: https://portal.example/")),
    "everything is answered with an empty object": says(http(200, {})),
    "everything is answered with a list": says(http(200, [1, "two", None])),
    "everything is answered with values of other types": says(
        http(
            200,
            {"next_batch": 7, "rooms": [], "event_id": {}, "user_id": None, "joined_rooms": "x", "chunk": 1},
        )
    ),
    "a sync token that nobody can ask for": says(
        http(200, b'{"next_batch":"s1\\ud800","event_id":"$\\udfff"}')
    ),
    "a sync token of 70 KB": says(http(200, {"next_batch": "s" + "1" * 70_000})),
    "JSON nested 200,000 deep": says(http(200, _DEEP)),
    "16 MiB of empty objects": says(http(200, _SWOLLEN)),
    "1 KB that unpacks to 64 MiB": says(http(200, _BOMB, "Content-Encoding: gzip, gzip")),
    "a header of 1 MB": says(b"HTTP/1.1 200 OK\r\nX: " + b"x" * (1 << 20) + b"\r\n\r\n{}"),
    "no HTTP at all": says(b"SSH-2.0-OpenSSH_9.2\r\n" * 3),
    "limited, without a time": says(http(429, {"errcode": "M_LIMIT_EXCEEDED"})),
    "limited, for no time": _limited("0"),
    "limited, for longer than numbers go": _limited("1" + "0" * 400),
    "limited, for NaN": _limited("NaN"),
    "every fifth request says that the token is dead": _Refuses(),
}
"""Everything that may go wrong between the bridge and its homeserver, by what is seen of it."""


class BadWire:
    """Listens on loopback and goes on to `upstream`; `fault` is a name of FAULTS, or None."""

    def __init__(self, upstream: tuple[str, int]) -> None:
        self.upstream = upstream
        self.hit: dict[str, int] = dict.fromkeys(FAULTS, 0)
        """How many requests met which fault."""
        self._fault: str | None = None
        self._over = asyncio.Event()

    @property
    def fault(self) -> str | None:
        """What goes wrong now."""
        return self._fault

    @fault.setter
    def fault(self, name: str | None) -> None:
        self._fault = name
        over, self._over = self._over, asyncio.Event()
        over.set()

    async def __aenter__(self) -> BadWire:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 24)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.fault = None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await self._read(reader)
            over, name = self._over, self._fault
            if name is None:
                way = Way(await request.forward())
            else:
                self.hit[name] += 1
                way = await FAULTS[name](request)
            await self._answer(way, writer, over)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Request:
        head = (await reader.readuntil(b"\r\n\r\n")).replace(b"Connection: keep-alive", b"Connection: close")
        lines = head.decode("latin-1").split("\r\n")
        method, path, _version = lines[0].split(" ", 2)
        named = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        body = await reader.readexactly(int(named.get("content-length", 0)))
        return Request(method, path, head, body, self.upstream)

    async def _answer(self, way: Way, writer: asyncio.StreamWriter, over: asyncio.Event) -> None:
        if way.pause:
            for number in range(len(way.answer)):
                writer.write(way.answer[number : number + 1])
                await asyncio.sleep(way.pause)
                if over.is_set():
                    break
        else:
            writer.write(way.answer)
        await writer.drain()
        if way.hold:
            await over.wait()
        if way.hold or way.reset or way.pause:
            plug: socket.socket = writer.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
