# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties: whatever the server and the network do, each message comes once and in order."""

from __future__ import annotations

import asyncio
import random
import tempfile
from pathlib import Path
from typing import Any

import httpx
from fakes.homeserver import PASS, FakeHomeserver, error, limited
from fakes.matrix import Inbox, connector_on, eventually
from hypothesis import given, settings
from hypothesis import strategies as st
from mosaic_connectors import OutboundMessage

_FAULTS = st.sampled_from(
    [
        PASS,
        error(500),
        error(502),
        limited(1),
        httpx.ReadError("cut"),
        httpx.RemoteProtocolError("gone"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={}),
    ]
)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(1, 60)),
        st.tuples(st.just("noise"), st.integers(1, 30)),
        st.tuples(st.just("sync"), st.lists(_FAULTS, max_size=4)),
        st.tuples(st.just("page"), st.lists(_FAULTS, max_size=4)),
        st.tuples(st.just("repeat"), st.integers(1, 40)),
        st.tuples(st.just("down"), st.just(None)),
        st.tuples(st.just("refuse"), st.just(None)),
        st.tuples(st.just("wait"), st.just(None)),
    ),
    max_size=12,
)


class _World:
    """A server, a connector that comes and goes, and what ought to have arrived by the end."""

    def __init__(self, flavour: str, directory: Path, seed: int) -> None:
        self.server = FakeHomeserver(flavour)
        self.directory = directory
        self.random = random.Random(seed)  # noqa: S311  # a test's dice
        self.said: list[str] = []
        self.inbox = Inbox()
        self.connector: Any = None

    async def up(self) -> None:
        if self.connector is None:
            self.connector = connector_on(self.server, state_dir=self.directory, timeline_limit=20)
            self.connector.subscribe(self.inbox)

    async def down(self) -> None:
        if self.connector is not None:
            await self.connector.aclose()
            self.connector = None

    async def do(self, step: str, value: Any) -> None:
        """One thing that happens."""
        server = self.server
        if step == "say":
            for _attempt in range(value):
                self.said.append(f"m{len(self.said)}")
                server.say(self.said[-1])
        elif step == "noise":
            for _attempt in range(value):
                server.post("m.room.member", {}, state_key="@guest:fake.test")
        elif step == "sync":
            server.on("GET", "/sync", *value)
        elif step == "page":
            server.on("GET", "/messages", *value)
        elif step == "repeat":
            # The server sends what we had already once more, in any order.
            had = set(self.inbox.texts)
            old = [event for event in server.stream if event["content"].get("body") in had]
            server.duplicates = self.random.choices(old, k=value) if old else []
        elif step == "refuse":
            server.on("GET", "/sync", error(400))
        elif step == "down":
            await self.down()
        else:
            await self.up()
            await eventually(lambda: len(self.inbox.messages) >= len(self.said), timeout=10)


async def _live(flavour: str, steps: list[tuple[str, Any]], seed: int) -> _World:
    with tempfile.TemporaryDirectory() as directory:
        world = _World(flavour, Path(directory), seed)
        await world.up()
        await world.connector.wait_ready()
        await world.do("say", 1)
        await world.do("wait", None)
        for step, value in steps:
            await world.do(step, value)
        await world.do("wait", None)
        await world.do("say", 1)
        await world.do("wait", None)
        await world.down()
        return world


@given(st.sampled_from(["synapse", "conduit"]), _STEPS, st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_each_message_comes_once_and_in_order(flavour: str, steps: list[tuple[str, Any]], seed: int) -> None:
    """Gaps, repeated and reordered events, faults, refused tokens and restarts in any sequence."""
    world = asyncio.run(_live(flavour, steps, seed))
    assert world.inbox.texts == world.said


@given(st.text(min_size=1, max_size=2000).filter(str.strip))
@settings(max_examples=60, deadline=None)
def test_any_text_survives_sending_and_receiving(text: str) -> None:
    """What is sent is the body in the room, and what is in the room is what is received."""

    async def there_and_back() -> tuple[str, str]:
        server, inbox = FakeHomeserver(), Inbox()
        async with connector_on(server) as connector:
            connector.subscribe(inbox)
            await connector.wait_ready()
            assert (await connector.send(OutboundMessage(text))).delivered
            server.say(text)
            await inbox.holds(1)
        return server.sent()[0]["body"], inbox.texts[0]

    sent, received = asyncio.run(there_and_back())
    assert sent == text.replace("\0", "\ufffd")
    assert received == text
