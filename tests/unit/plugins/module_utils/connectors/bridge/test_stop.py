# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a bridge: bounded, and quiet, whatever is open or goes wrong."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes.matrix import eventually
from fakes.silent import SilentChannel
from mosaic_connectors.bridge import connections
from mosaic_connectors.bridge.server import Caller, LocalServer, Reply
from mosaic_connectors.bridge.service import Bridge
from mosaic_connectors.errors import ConnectorError, StateError
from mosaic_connectors.settings import Settings
from mosaic_connectors.store.writer import write, write_within


class Channel(SilentChannel):
    """One that ends as the test says."""

    ending: Exception | None = None

    def subscribe(self, _handler: Any) -> Callable[[], None]:
        return lambda: None

    async def aclose(self) -> None:
        if self.ending is not None:
            raise self.ending


@asynccontextmanager
async def bridge_on(channel: Channel, place: Path, **settings: Any) -> AsyncIterator[Bridge]:
    named = {"socket_path": str(place / "s"), "tmux_socket": str(place / "t"), **settings}
    bridge = Bridge(Settings(**named), channel, place)
    running = asyncio.ensure_future(bridge.run())
    await eventually(lambda: bridge.monitor.ready)
    yield bridge
    bridge._stop.set()
    assert await asyncio.wait_for(running, 20) == 0


async def test_who_is_connected_to_the_metrics_is_cut_with_the_bridge(tmp_path: Path) -> None:
    """A scraper that is slow would ask a state that is closed, and be told a traceback."""
    async with bridge_on(Channel(), tmp_path, metrics_port=0) as bridge:
        assert bridge.metrics._server is not None
        port = bridge.metrics._server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await eventually(lambda: len(bridge.metrics._connections) == 1)
    assert len(bridge.metrics._connections) == 0
    assert await asyncio.wait_for(reader.read(), 20) == b""
    writer.close()


async def test_a_request_that_swallows_its_cancellation_keeps_no_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As asyncio.wait_for may before Python 3.12, where what is waited for comes in the same moment."""
    monkeypatch.setattr(connections, "CLOSE_TIMEOUT", -0.9)
    begun = asyncio.Event()

    async def stubborn(_request: dict[str, Any], _peer: Caller) -> Reply:
        try:
            begun.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()
        return {}

    server = LocalServer(tmp_path / "s", None, 4096, {"wait": stubborn})
    await server.start()
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
    writer.write(b'{"op":"wait"}\n')
    await begun.wait()
    await asyncio.wait_for(server.stop(), 20)
    assert await reader.read() == b""
    writer.close()


async def test_who_connects_in_the_moment_of_the_stop_is_turned_away_in_silence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """asyncio says so with a traceback where its server is closed between the kernel's connection and its own."""
    server = LocalServer(tmp_path / "s", None, 4096, {})
    await server.start()
    with socket.socket(socket.AF_UNIX) as late:
        late.setblocking(False)
        late.connect(str(tmp_path / "s"))
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: stopping.append(asyncio.ensure_future(server.stop())))
        stopping: list[asyncio.Future[None]] = []
        await eventually(lambda: stopping and stopping[0].done())
        assert await asyncio.wait_for(loop.sock_recv(late, 1), 20) == b""
    assert [one.getMessage() for one in caplog.records if one.name == "asyncio"] == []


@pytest.mark.parametrize("error", [OSError("no route"), ConnectorError("refused")], ids=repr)
async def test_a_channel_that_does_not_close_keeps_no_bridge_from_its_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    channel = Channel()
    async with bridge_on(channel, tmp_path) as bridge:
        channel.ending = error
    assert bridge.database.closed
    assert [one.levelname for one in caplog.records if "clos" in one.getMessage()] == [
        "ERROR" if isinstance(error, OSError) else "WARNING"
    ]


async def test_what_a_slow_disk_refuses_when_nobody_waits_any_more_is_no_complaint() -> None:
    """Who asked was told that the disk takes nothing, and asks again."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()

    def refuse() -> None:
        asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()
        raise StateError("database or disk is full")

    with pytest.raises(StateError, match="taken nothing"):
        await write_within(0.01, refuse)
    asking = asyncio.ensure_future(write_within(60.0, refuse))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait({asking})
    gate.set()
    await write(lambda: None)
    await asyncio.sleep(0)
    gc.collect()
    assert complaints == []
