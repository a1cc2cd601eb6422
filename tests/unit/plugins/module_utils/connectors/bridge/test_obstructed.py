# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where nobody can talk, what is said waits: for as long as it takes, and nobody's fault."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fakes.homeserver import ROOM, FakeHomeserver, error
from fakes.matrix import connector_on, eventually
from mosaic_connectors import OutboundMessage
from mosaic_connectors.bridge.service import Bridge
from mosaic_connectors.settings import Settings


def _kicked(server: FakeHomeserver) -> None:
    server.put_out("leave")


def _banned(server: FakeHomeserver) -> None:
    server.put_out("ban")


def _muted(server: FakeHomeserver) -> None:
    server.post("m.room.power_levels", {"events_default": 50}, state_key="")
    server.on("PUT", "/send/", error(403, "M_FORBIDDEN"), forever=True)


def _mend(server: FakeHomeserver) -> None:
    if "m.room.power_levels" in server.rooms[ROOM].state:
        server.post("m.room.power_levels", {"events_default": 0}, state_key="")
        server.stop("PUT", "/send/")
    server.rooms[ROOM].banned.clear()
    server.invite()


@pytest.mark.parametrize("obstruct", [_kicked, _banned, _muted])
async def test_what_is_said_waits_until_one_can_talk_again(tmp_path: Path, obstruct: object) -> None:
    """More tries than make a dead letter count for nothing, the status says why, and the order is kept."""
    server = FakeHomeserver()
    connector = connector_on(server, state_dir=tmp_path, send_bound=0.05)
    settings = Settings(
        socket_path=str(tmp_path / "s"), tmux_socket=str(tmp_path / "t"), operators=("@op:x",), max_attempts=2
    )
    bridge = Bridge(settings, connector, tmp_path)
    bridge.dispatcher.backoff_first, bridge.dispatcher.backoff_cap = 0.01, 0.05
    running = asyncio.ensure_future(bridge.run())
    await eventually(lambda: bridge.monitor.ready)
    obstruct(server)  # type: ignore[operator]
    entries = [
        bridge.outbox.accept("matrix", OutboundMessage(text), text, "test") for text in ("first", "second")
    ]
    bridge.dispatcher.wake()
    await eventually(lambda: bridge.counters.total("send_obstructions") > 4, timeout=20)
    found = bridge.outbox.get(entries[0].id)
    assert found is not None
    assert (found.state, found.attempts) == ("waiting", 0)
    assert "obstructed" in bridge.monitor.status()
    assert "mosaic_connector_obstructed 1" in bridge.metrics._exposition()
    _mend(server)
    await eventually(lambda: bridge.outbox.counts().get("sent") == 2, timeout=20)
    assert [content["body"] for content in server.sent() if "body" in content] == ["first", "second"]
    bridge._stop.set()
    assert await running == 0
