# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge as a process of its own, a real tmux, and Discord at the wire: what is said arrives, whatever breaks."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from fakes.discord import FakeDiscord
from integration.bridge.conftest import BridgeProcess
from integration.tmux_server import TmuxServer, submitted, tmux_server, wait_for

Result = TypeVar("Result")

COUNT = 24
LIMIT = 60.0


class DiscordThread:
    """A fake Discord in a thread of its own, so that the test may wait for other things."""

    def __init__(self) -> None:
        self.fake = FakeDiscord()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.wait(self.fake.start())

    def wait(self, action: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine of the fake and return what it returns."""
        return asyncio.run_coroutine_threadsafe(action, self._loop).result(10)

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call a function of the fake where its loop runs."""

        async def run() -> Result:
            return function(*arguments)

        return self.wait(run())

    def close(self) -> None:
        """Stop the server and the thread."""
        self.wait(self.fake.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def heard(self) -> list[str]:
        """What the bot wrote, in the order in which it stands in the channel."""
        world = self.fake.world
        messages = list(world.messages[self.fake.channel_id])
        return [one["content"] for one in messages if one["author"]["id"] == world.bot["id"]]


class DiscordBridge(BridgeProcess):
    """`mosaic-connector run` with a roster of kind discord."""

    def __init__(self, tmux: TmuxServer, discord: DiscordThread) -> None:
        super().__init__(tmux)
        self.discord = discord
        self.settings["operators"] = [discord.fake.operator["id"]]
        self.settings["roster_path"] = str(self.directory / "roster.yaml")
        roster = {"connector": {"kind": "discord", "discord": {"channel_id": discord.fake.channel_id}}}
        (self.directory / "roster.yaml").write_text(json.dumps(roster))

    def start(self, **environment: str) -> None:
        (self.directory / "settings.yaml").write_text(json.dumps(self.settings))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mosaic_connectors.cli.main", "run"],
                stderr=log,
                env={
                    **os.environ,
                    "MOSAIC_SETTINGS": str(self.directory / "settings.yaml"),
                    "MOSAIC_STATE_DIR": str(self.directory / "state"),
                    "MOSAIC_DISCORD_API_URL": self.discord.fake.api_url,
                    "DISCORD_BOT_TOKEN": self.discord.fake.world.token,
                    **environment,
                },
            )


@pytest.fixture
def discord() -> Iterator[DiscordThread]:
    """A Discord of this test's own."""
    discord = DiscordThread()
    yield discord
    discord.close()


@pytest.fixture
def tmux() -> Iterator[TmuxServer]:
    """A tmux server of this test's own."""
    with tmux_server() as server:
        yield server


@pytest.fixture
def bridge(tmux: TmuxServer, discord: DiscordThread) -> Iterator[DiscordBridge]:
    """A bridge that is not started yet; its log is shown when the test fails."""
    bridge = DiscordBridge(tmux, discord)
    yield bridge
    if bridge.process is not None and bridge.process.poll() is None:
        bridge.kill()
    print(bridge.log.read_text()[-6000:])  # noqa: T201 (pytest shows it beside a failure)


def numbered(lines: list[str], word: str) -> list[int]:
    """The numbers that arrived as `word N`, without those that say of themselves that they are repeats."""
    found = [re.search(rf"\b{word} (\d+)$", line) for line in lines if " repeated]" not in line]
    return [int(match[1]) for match in found if match]


@pytest.mark.fault(
    "Discord at the wire: kills, cut lines, lost answers, invalid sessions, limits, an outage",
    "all once, in order",
)
def test_faults_lose_double_and_disorder_nothing(
    bridge: DiscordBridge, tmux: TmuxServer, discord: DiscordThread
) -> None:
    """Kills, cut lines, lost answers, invalid sessions, rate limits and an outage, while both sides talk."""
    log, fake = tmux.start_agent(), discord.fake
    bridge.start()
    bridge.ask("status")
    # From here on, everything that is said has to arrive.
    wait_for(lambda: fake.gateway.sessions, "the first session")
    wait_for(lambda: bridge.ask("status").get("ready", True), "readiness")
    fake.rest.limits["POST /channels/*/messages"] = (5, 0.5)
    for number in range(COUNT):
        discord.call(fake.post, f"in {number}")
        bridge.ask("send", text=f"out {number}", id=f"out-{number}")
        if number in (5, 13, 19):
            bridge.kill()
            bridge.start()
        elif number in (3, 16):
            discord.call(fake.gateway.cut)
        elif number in (7, 17):
            discord.wait(fake.gateway.send_op(9, False))
        elif number in (9, 18):
            discord.call(lambda: fake.fail("POST .*/messages", cut="after"))
        elif number == 21:
            discord.wait(fake.stop())
            time.sleep(0.5)
            discord.wait(fake.start())
    everything = list(range(COUNT))
    wait_for(lambda: len(numbered(discord.heard(), "out")) >= COUNT, "all answers", LIMIT)
    wait_for(lambda: len(numbered(submitted(log), "in")) >= COUNT, "all messages", LIMIT)
    assert numbered(discord.heard(), "out") == everything
    assert numbered(submitted(log), "in") == everything


def test_a_revoked_token_ends_the_bridge_with_the_status_that_is_not_restarted(
    bridge: DiscordBridge, tmux: TmuxServer, discord: DiscordThread
) -> None:
    """77, after two looks and no more."""
    tmux.start_agent()
    bridge.start(DISCORD_BOT_TOKEN="revoked.bot.token")
    assert bridge.process is not None
    assert bridge.process.wait(30) == 77
    assert len(discord.fake.rest.calls) <= 4
    assert "revoked.bot.token" not in bridge.log.read_text()
