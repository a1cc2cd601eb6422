# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge as a process of its own, a real tmux, and Telegram at the wire: what is said arrives, whatever breaks."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fakes.telegram import BAD_GATEWAY, TOKEN, FakeTelegram
from integration.bridge.conftest import BridgeProcess
from integration.tmux_server import TmuxServer, submitted, tmux_server, wait_for

COUNT = 20
LIMIT = 60.0
KILLED = (5, 13, 17)
LOST = (8, 15)


class TelegramThread:
    """A fake Telegram in a thread of its own, so that the test may wait for other things."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.fake: FakeTelegram = self.call(FakeTelegram)
        self.wait(self.fake.start())

    def wait(self, action: Any) -> Any:
        """Run a coroutine of the fake and return what it returns."""
        return asyncio.run_coroutine_threadsafe(action, self._loop).result(10)

    def call(self, function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """Call a function of the fake where its loop runs."""

        async def run() -> Any:
            return function(*arguments, **more)

        return self.wait(run())

    def close(self) -> None:
        """Stop the server and the thread."""
        self.wait(self.fake.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


class TelegramBridge(BridgeProcess):
    """`mosaic-connector run` with a roster of kind telegram."""

    def __init__(self, tmux: TmuxServer, fake: FakeTelegram) -> None:
        super().__init__(tmux)
        self.fake = fake
        self.settings["operators"] = [str(fake.world.operator)]
        self.settings["roster_path"] = str(self.directory / "roster.yaml")
        roster = {"connector": {"kind": "telegram", "telegram": {"chat_id": fake.chat_id}}}
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
                    "MOSAIC_TELEGRAM_API_URL": self.fake.api_url,
                    "TELEGRAM_BOT_TOKEN": TOKEN,
                    **environment,
                },
            )


@pytest.fixture
def telegram() -> Iterator[TelegramThread]:
    """A Telegram of this test's own."""
    telegram = TelegramThread()
    yield telegram
    telegram.close()


@pytest.fixture
def tmux() -> Iterator[TmuxServer]:
    """A tmux server of this test's own."""
    with tmux_server() as server:
        yield server


@pytest.fixture
def bridge(tmux: TmuxServer, telegram: TelegramThread) -> Iterator[TelegramBridge]:
    """A bridge that is not started yet; its log is shown when the test fails."""
    bridge = TelegramBridge(tmux, telegram.fake)
    yield bridge
    if bridge.process is not None and bridge.process.poll() is None:
        bridge.kill()
    print(bridge.log.read_text()[-6000:])  # noqa: T201 (pytest shows it beside a failure)


def numbered(lines: list[str], word: str) -> list[int]:
    """The numbers that arrived as `word N`, without those that say of themselves that they are repeats."""
    found = [re.search(rf"\b{word} (\d+)$", line) for line in lines if " repeated]" not in line]
    return [int(match[1]) for match in found if match]


@pytest.mark.fault(
    "Telegram at the wire: kills, lost answers, its own trouble, a limit, an outage, a group that moves",
    "in all once, in order; out none missing, and twice what lost its answer alone",
)
def test_faults_lose_nothing_and_double_what_lost_its_answer_alone(
    bridge: TelegramBridge, tmux: TmuxServer, telegram: TelegramThread
) -> None:
    """Kills, lost answers both ways, its own trouble, a limit, an outage and a group that moves, while both sides talk."""
    log, fake = tmux.start_agent(), telegram.fake
    telegram.call(fake.post, "in 0")  # before the very first start
    bridge.start()
    bridge.ask("send", text="out 0", id="out-0")
    for number in range(1, COUNT):
        telegram.call(fake.post, f"in {number}")
        bridge.ask("send", text=f"out {number}", id=f"out-{number}")
        if number in KILLED:
            bridge.kill()
            bridge.start()
        elif number in LOST:
            telegram.call(fake.fail, "sendMessage", cut="after")
        elif number == 3:
            telegram.call(fake.fail, "getUpdates", cut="after", times=2)
        elif number == 7:
            telegram.call(fake.fail, "getUpdates|sendMessage", 502, BAD_GATEWAY, times=3)
        elif number == 10:
            telegram.call(fake.limit, "sendMessage", 1)
        elif number == 12:
            telegram.call(fake.migrate, -1009876543210)
        elif number == 18:
            telegram.wait(fake.stop())
            time.sleep(0.5)
            telegram.wait(fake.start())
    everything = list(range(COUNT))
    wait_for(lambda: set(numbered(fake.texts(), "out")) == set(everything), "all answers", LIMIT)
    wait_for(lambda: len(numbered(submitted(log), "in")) >= COUNT, "all messages", LIMIT)
    assert numbered(submitted(log), "in") == everything
    out = numbered(fake.texts(), "out")
    assert list(dict.fromkeys(out)) == everything
    # The outage may take an answer with it, too.
    assert len(out) <= COUNT + len(LOST) + len(KILLED) + 1
    said = bridge.log.read_text()
    assert TOKEN not in said
    assert TOKEN.partition(":")[2] not in said


def test_a_revoked_token_ends_the_bridge_with_the_status_that_is_not_restarted(
    bridge: TelegramBridge, tmux: TmuxServer, telegram: TelegramThread
) -> None:
    """77, after two looks and no more."""
    tmux.start_agent()
    revoked = "1234567890:" + "x" * 35
    bridge.start(TELEGRAM_BOT_TOKEN=revoked)
    assert bridge.process is not None
    assert bridge.process.wait(30) == 77
    assert len(telegram.fake.calls) <= 6
    assert revoked not in bridge.log.read_text()
