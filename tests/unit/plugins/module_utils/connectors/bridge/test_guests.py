# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local socket counts: connections, bytes, listeners that left, peers that do not read, bytes of a file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.bridge import client, peer
from mosaic_connectors.bridge.guests import MOST_IN_ALL, MOST_OF_ONE, Guests
from mosaic_connectors.bridge.metrics import MOST_REQUESTS, MetricsServer
from mosaic_connectors.bridge.server import Caller, LocalServer, Reply, RequestError
from mosaic_connectors.bridge.spool import Spool

LINE_LIMIT = 1_000_000


class Bridge:
    """A server with an operation of each manner, and what it was asked for."""

    def __init__(self, place: Path) -> None:
        self.listening = 0
        self.waiting = 0
        self.asked: list[dict[str, Any]] = []
        self.spool = Spool(place.parent)
        table = {"note": self.note, "listen": self.listen, "wait": self.wait, "flood": self.flood}
        self.server = LocalServer(
            place, None, LINE_LIMIT, {**table, "attach": self.attach, "break": self.fail}
        )

    async def note(self, request: dict[str, Any], _caller: Caller) -> Reply:
        self.asked.append(request)
        return {}

    async def listen(self, _request: dict[str, Any], _caller: Caller) -> Reply:
        self.listening += 1
        return {"stream": self._items()}

    async def _items(self) -> AsyncIterator[Reply]:
        try:
            await asyncio.Event().wait()
            yield {}
        finally:
            self.listening -= 1

    async def wait(self, _request: dict[str, Any], _caller: Caller) -> Reply:
        self.waiting += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.waiting -= 1
        return {}

    async def flood(self, _request: dict[str, Any], _caller: Caller) -> Reply:
        return {"words": "x" * 10_000_000}

    async def attach(self, request: dict[str, Any], caller: Caller) -> Reply:
        if request["size"] > 50:
            raise RequestError("too_large", "at most 50")

        async def chunks() -> AsyncIterator[bytes]:
            yield await caller.reader.readexactly(request["size"])

        return {"path": await self.spool.take(request["name"], chunks(), request["size"])}

    async def fail(self, _request: dict[str, Any], _caller: Caller) -> Reply:
        raise ZeroDivisionError("nobody thought of this")


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path: a unix socket's has at most 107 bytes."""
    directory = Path(tempfile.mkdtemp(prefix="mosaic-"))
    yield directory / "b.sock"
    shutil.rmtree(directory)


@pytest.fixture
async def bridge(place: Path) -> AsyncIterator[Bridge]:
    bridge = Bridge(place)
    await bridge.server.start()
    yield bridge
    await bridge.server.stop()


async def _connect(place: Path, *lines: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_unix_connection(str(place), limit=1 << 24)
    writer.write(b"".join(line + b"\n" for line in lines))
    await writer.drain()
    return reader, writer


async def _answer(reader: asyncio.StreamReader) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(await asyncio.wait_for(reader.readline(), 20))
    return answer


async def _until(true: Any) -> None:
    for _unused in range(2000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to pass")


@pytest.mark.fault("one user opens connections without end", "so many are served, one more is told so")
async def test_one_user_has_so_many_connections_and_no_more(bridge: Bridge, place: Path) -> None:
    """One too many is told so at once; when one ends, another is served."""
    held = [await _connect(place, b'{"op":"note"}') for _unused in range(MOST_OF_ONE)]
    for reader, _writer in held:
        assert (await _answer(reader))["ok"]
    reader, writer = await _connect(place, b'{"op":"note"}')
    refused = await _answer(reader)
    assert (refused["code"], await reader.read()) == ("full", b"")
    writer.close()
    held.pop()[1].close()
    await _until(lambda: len(bridge.server._connections) == MOST_OF_ONE - 1)
    held.append(await _connect(place, b'{"op":"note"}'))
    assert (await _answer(held[-1][0]))["ok"]
    for _reader, one in held:
        one.close()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), max_size=300))
def test_guests_are_bounded_each_and_in_all(steps: list[tuple[bool, int]]) -> None:
    """Whatever the order of coming and going; root is not kept out by others."""
    guests, inside = Guests(1000), [0] * 7
    for comes, uid in steps * 3:
        if comes:
            inside[uid] += guests.enter(uid)
        elif inside[uid]:
            guests.leave(uid)
            inside[uid] -= 1
    assert max(inside) <= MOST_OF_ONE
    assert sum(inside[1:]) <= MOST_IN_ALL
    assert inside[0] == MOST_OF_ONE or guests.enter(0)


@pytest.mark.fault("requests that never end, on many connections", "the memory of two")
async def test_what_one_user_has_unfinished_is_bounded(bridge: Bridge, place: Path) -> None:
    """Requests that never end cost the memory of two, however many connections they come on."""
    held, answers = [], []
    for _unused in range(6):
        reader, writer = await _connect(place)
        writer.write(b'{"op":"note","text":"' + b"x" * 700_000)
        await writer.drain()
        held.append((reader, writer))
        answers.append(asyncio.ensure_future(reader.readline()))
    await _until(lambda: sum(one.done() for one in answers) >= 2)
    assert all(json.loads(one.result())["code"] == "full" for one in answers if one.done())
    assert bridge.server._guests._bytes.total() <= 2 * LINE_LIMIT
    for _reader, writer in held:
        writer.close()
    await _until(lambda: not bridge.server._connections)
    assert not bridge.server._guests._bytes
    reader, writer = await _connect(place, json.dumps({"op": "note", "text": "x" * 900_000}).encode())
    assert (await _answer(reader))["ok"]
    assert len(bridge.asked[0]["text"]) == 900_000
    writer.close()


@pytest.mark.fault("listeners come and go", "noticed at once; nothing is left open")
async def test_a_listener_that_left_is_noticed_without_a_message(bridge: Bridge, place: Path) -> None:
    """And one that closed its own direction alone goes on listening."""
    for _unused in range(MOST_OF_ONE * 2):
        reader, writer = await _connect(place, b'{"op":"listen"}')
        assert (await _answer(reader))["ok"]
        writer.close()
        await _until(lambda: bridge.listening == 0)
    reader, writer = await _connect(place, b'{"op":"listen"}')
    writer.write_eof()
    assert (await _answer(reader))["ok"]
    await asyncio.sleep(peer.LOOK_SECONDS * 2)
    assert bridge.listening == 1
    writer.close()
    await _until(lambda: bridge.listening == 0)


async def test_who_left_is_no_longer_waited_for(bridge: Bridge, place: Path) -> None:
    """A sender that was killed while it waited for the delivery does not hold its place for an hour."""
    _reader, writer = await _connect(place, b'{"op":"wait"}')
    await _until(lambda: bridge.waiting == 1)
    writer.write_eof()  # it only has nothing more to say
    await asyncio.sleep(peer.LOOK_SECONDS * 2)
    assert bridge.waiting == 1
    writer.close()
    await _until(lambda: bridge.waiting == 0 and not bridge.server._connections)


@pytest.mark.fault("a peer that does not read its answer", "cut off")
async def test_a_peer_that_does_not_read_is_cut_off(
    bridge: Bridge, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer is not kept for as long as it likes."""
    monkeypatch.setattr(peer, "PAUSE_TIMEOUT", 0.1)
    monkeypatch.setattr(peer, "CLOSE_TIMEOUT", 0.1)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.connect(str(place))
        deaf.sendall(b'{"op":"flood"}\n')
        await _until(lambda: bridge.server._connections)
        await _until(lambda: not bridge.server._connections)


async def test_a_fault_of_ours_ends_one_request_and_nothing_else(
    bridge: Bridge, place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is answered, logged with where it happened, and what follows on that connection is not read."""
    reader, writer = await _connect(place, b'{"op":"break"}', b'{"op":"note"}')
    assert (await _answer(reader))["code"] == "internal"
    assert await reader.read() == b""
    assert "ZeroDivisionError" in caplog.text
    assert not bridge.asked
    writer.close()


async def test_a_refused_file_is_not_read_as_requests(bridge: Bridge, place: Path) -> None:
    """Whatever the operation says of it: the bytes behind the request are not ours to carry out."""
    reader, writer = await _connect(place, b'{"op":"attach","name":"x","size":99}', b'{"op":"note"}')
    assert (await _answer(reader))["code"] == "too_large"
    assert await reader.read() == b""
    assert not bridge.asked
    writer.close()


async def test_a_stop_with_open_connections_is_quiet(
    place: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """asyncio's own callback has nothing to complain of, before Python 3.12 either."""
    caplog.set_level(logging.DEBUG)
    bridge = Bridge(place)
    await bridge.server.start()
    held = [await _connect(place, line) for line in (b"", b'{"op":"listen"}', b'{"op":"wait"}')]
    await _until(lambda: bridge.waiting and bridge.listening)
    await bridge.server.stop()
    await asyncio.sleep(0.05)
    assert (bridge.waiting, bridge.listening) == (0, 0)
    assert "Exception" not in caplog.text + capsys.readouterr().err
    for _reader, writer in held:
        writer.close()


@pytest.mark.fault("a file grows while it is attached", "the announced bytes are taken, and no request")
async def test_a_file_that_grows_sends_what_was_announced_and_no_request(
    bridge: Bridge, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is appended while it is sent would be read as a request, with the sender's rights."""
    log, connect = place.parent / "build.log", socket.socket.connect
    log.write_bytes(b"line 1\n")

    def connect_late(channel: socket.socket, path: str) -> None:
        with log.open("ab") as more:
            more.write(b'{"op":"note","text":"words of a log"}\n')
        connect(channel, path)

    monkeypatch.setattr(socket.socket, "connect", connect_late)
    stored = await asyncio.to_thread(client.attach, str(place), log, patience=0.0)
    assert await asyncio.to_thread(Path(stored).read_bytes) == b"line 1\n"
    await asyncio.sleep(0.1)
    assert not bridge.asked


@pytest.mark.fault("a file shrinks while it is attached", "refused")
async def test_a_file_that_shrinks_is_refused(
    bridge: Bridge, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of it is not what was meant, and the other half would be waited for."""
    log, connect = place.parent / "build.log", socket.socket.connect
    log.write_bytes(b"a line\n")

    def connect_late(channel: socket.socket, path: str) -> None:
        log.write_bytes(b"a")
        connect(channel, path)

    monkeypatch.setattr(socket.socket, "connect", connect_late)
    with pytest.raises(client.BridgeRefusedError, match="became shorter"):
        await asyncio.to_thread(client.attach, str(place), log, patience=0.0)
    assert not bridge.asked


async def test_a_file_that_does_not_say_its_size_arrives_whole(bridge: Bridge, place: Path) -> None:
    """All in /proc has zero bytes, as it says; an empty file has none."""
    del bridge
    source = Path("/proc/self/comm")
    stored = await asyncio.to_thread(client.attach, str(place), source, patience=0.0)
    assert await asyncio.to_thread(Path(stored).read_bytes) == await asyncio.to_thread(source.read_bytes)
    empty = place.parent / "empty"
    await asyncio.to_thread(empty.touch)
    stored = await asyncio.to_thread(client.attach, str(place), empty, patience=0.0)
    assert await asyncio.to_thread(Path(stored).read_bytes) == b""


@pytest.mark.fault("connections without end to the metrics", "bounded; others are served")
async def test_the_metrics_are_bounded_too() -> None:
    """Any local user reaches the port: one connection too many ends, and the others are served."""
    server = MetricsServer(0, lambda: "up 1\n", lambda: None)
    await server.start()
    assert server._server is not None
    port = server._server.sockets[0].getsockname()[1]
    held = [await asyncio.open_connection("127.0.0.1", port) for _unused in range(MOST_REQUESTS)]
    await _until(lambda: len(server._connections) == MOST_REQUESTS)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()
    held[0][1].write(b"GET /metrics HTTP/1.1\r\n\r\n")
    assert b"up 1" in await asyncio.wait_for(held[0][0].read(), 20)
    for _reader, one in held:
        one.close()
    await _until(lambda: not len(server._connections))
    await server.stop()
