# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local socket: who may use it, and what happens to nonsense."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mosaic_connectors.bridge.metrics import MetricsServer
from mosaic_connectors.bridge.server import Caller, LocalServer, Reply, RequestError
from mosaic_connectors.errors import ConfigError, QueueFullError, StateError


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path: a unix socket's has at most 107 bytes."""
    directory = Path(tempfile.mkdtemp(prefix="mosaic-"))
    yield directory / "b.sock"
    shutil.rmtree(directory)


async def echo(request: dict[str, Any], caller: Caller) -> Reply:
    return {"uid": caller.uid, "said": request.get("text")}


async def fail(request: dict[str, Any], _caller: Caller) -> Reply:
    raise {"full": QueueFullError, "state": StateError}.get(str(request.get("how")), ValueError)("no")


async def refuse(_request: dict[str, Any], _caller: Caller) -> Reply:
    raise RequestError("mine", "not like this")


@pytest.fixture
async def server(place: Path) -> AsyncIterator[LocalServer]:
    server = LocalServer(place, None, 4096, {"echo": echo, "fail": fail, "refuse": refuse})
    await server.start()
    yield server
    await server.stop()


async def ask(place: Path, *lines: bytes) -> list[dict[str, Any]]:
    reader, writer = await asyncio.open_unix_connection(str(place))
    writer.write(b"".join(line + b"\n" for line in lines))
    writer.write_eof()
    answers = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return [json.loads(line) for line in answers.splitlines()]


async def test_requests_on_one_connection_are_answered_in_order(server: LocalServer, place: Path) -> None:
    answers = await ask(place, b'{"op":"echo","text":"1"}', b'{"op":"echo","text":"\xc3\xbc"}')
    assert [(one["ok"], one["said"], one["uid"]) for one in answers] == [
        (True, "1", os.getuid()),
        (True, "ü", os.getuid()),
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"nonsense", "bad_request"),
        (b"[]", "bad_request"),
        (b"{}", "bad_request"),
        (b'{"op": ["echo"]}', "bad_request"),
        (b"[" * 2000 + b"]" * 2000, "bad_request"),
        (b"\xff\xfe", "bad_request"),
        (b'{"op":"echo","text":"' + b"x" * 9000 + b'"}', "too_large"),
        (b'{"op":"fail","how":"full"}', "full"),
        (b'{"op":"fail","how":"state"}', "state"),
        (b'{"op":"refuse"}', "mine"),
    ],
)
async def test_what_cannot_be_served_is_refused_with_a_code(
    server: LocalServer, place: Path, line: bytes, code: str
) -> None:
    (answer,) = await ask(place, line)
    assert (answer["ok"], answer["code"]) == (False, code)
    assert answer["error"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=st.binary(max_size=200).filter(lambda line: b"\n" not in line and line))
async def test_no_line_ends_the_service(server: LocalServer, place: Path, line: bytes) -> None:
    await ask(place, line)
    assert (await ask(place, b'{"op":"echo"}'))[0]["ok"]


async def test_a_stranger_is_refused_before_a_word_is_read(
    server: LocalServer, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "mosaic_connectors.bridge.server._caller", lambda reader, _w: Caller(1, 54321, 54321, reader)
    )
    (answer,) = await ask(place, b'{"op":"echo"}')
    assert answer["code"] == "forbidden"


async def test_a_second_bridge_on_the_same_socket_is_refused(server: LocalServer, place: Path) -> None:
    with pytest.raises(ConfigError, match="Another bridge"):
        await LocalServer(place, None, 4096, {}).start()


async def test_a_socket_left_behind_is_replaced(place: Path) -> None:
    first = LocalServer(place, None, 4096, {"echo": echo})
    await first.start()
    assert first._server is not None
    first._server.close()  # as a killed process leaves it: the file stays
    second = LocalServer(place, None, 4096, {"echo": echo})
    await second.start()
    assert (await ask(place, b'{"op":"echo"}'))[0]["ok"]
    await second.stop()
    assert not place.exists()


async def test_a_file_in_the_socket_s_place_is_left_alone_and_named(place: Path) -> None:
    place.write_text("somebody's work\n")
    with pytest.raises(ConfigError, match="Check socket_path"):
        await LocalServer(place, None, 4096, {}).start()
    assert place.read_text() == "somebody's work\n"


def test_a_group_that_does_not_exist_is_named(place: Path) -> None:
    with pytest.raises(ConfigError, match="no-such-group"):
        LocalServer(place, "no-such-group", 4096, {})


async def test_metrics_are_served_on_the_loopback_alone() -> None:
    with tempfile.TemporaryDirectory():
        probe = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = probe.sockets[0].getsockname()[1]
        probe.close()
        await probe.wait_closed()
    server = MetricsServer(port, lambda: "up 1\n", lambda: None)
    await server.start()
    for path, wanted in (("/metrics", b"up 1\n"), ("/healthz", b"ok\n"), ("/", b"at /healthz.\n")):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 20)
        assert answer.endswith(wanted)
        writer.close()
    await server.stop()
