# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge as a process of its own, a real tmux, and Slack at the wire: what is said arrives, whatever breaks."""

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
from fakes.slack import FakeSlack
from integration.bridge.conftest import BridgeProcess
from integration.tmux_server import TmuxServer, submitted, tmux_server, wait_for

Result = TypeVar("Result")

COUNT = 24
LIMIT = 60.0


class SlackThread:
    """A fake Slack in a thread of its own, so that the test may wait for other things."""

    def __init__(self) -> None:
        self.fake = FakeSlack()
        self.fake.sockets.ack_within = 0.5
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


class SlackBridge(BridgeProcess):
    """`mosaic-connector run` with a roster of kind slack."""

    def __init__(self, tmux: TmuxServer, slack: SlackThread) -> None:
        super().__init__(tmux)
        self.slack = slack
        self.settings["operators"] = ["U0OPERATOR1"]
        self.settings["roster_path"] = str(self.directory / "roster.yaml")
        roster = {"connector": {"kind": "slack", "slack": {"channel_id": slack.fake.world.channel_id}}}
        (self.directory / "roster.yaml").write_text(json.dumps(roster))

    def start(self, **environment: str) -> None:
        (self.directory / "settings.yaml").write_text(json.dumps(self.settings))
        world = self.slack.fake.world
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mosaic_connectors.cli.main", "run"],
                stderr=log,
                env={
                    **os.environ,
                    "MOSAIC_SETTINGS": str(self.directory / "settings.yaml"),
                    "MOSAIC_STATE_DIR": str(self.directory / "state"),
                    "MOSAIC_SLACK_API_URL": self.slack.fake.api_url,
                    "SLACK_APP_TOKEN": world.app_token,
                    "SLACK_BOT_TOKEN": world.bot_token,
                    **environment,
                },
            )


@pytest.fixture
def slack() -> Iterator[SlackThread]:
    """A Slack of this test's own."""
    slack = SlackThread()
    yield slack
    slack.close()


@pytest.fixture
def tmux() -> Iterator[TmuxServer]:
    """A tmux server of this test's own."""
    with tmux_server() as server:
        yield server


@pytest.fixture
def bridge(tmux: TmuxServer, slack: SlackThread) -> Iterator[SlackBridge]:
    """A bridge that is not started yet; its log is shown when the test fails."""
    bridge = SlackBridge(tmux, slack)
    yield bridge
    if bridge.process is not None and bridge.process.poll() is None:
        bridge.kill()
    print(bridge.log.read_text()[-6000:])  # noqa: T201 (pytest shows it beside a failure)


def numbered(lines: list[str], word: str) -> list[int]:
    """The numbers that arrived as `word N`, without those that say of themselves that they are repeats."""
    found = [re.search(rf"\b{word} (\d+)$", line) for line in lines if " repeated]" not in line]
    return [int(match[1]) for match in found if match]


@pytest.mark.fault(
    "Slack at the wire: kills, cut sockets, refreshes, lost answers and acknowledgements, limits, an outage",
    "all once, in order",
)
def test_faults_lose_double_and_disorder_nothing(
    bridge: SlackBridge, tmux: TmuxServer, slack: SlackThread
) -> None:
    """Kills, cut sockets, refreshes, lost answers, lost acknowledgements, limits and an outage, while both sides talk."""
    log, fake = tmux.start_agent(), slack.fake
    bridge.start()
    # From here on, everything that is said has to arrive.
    wait_for(lambda: fake.sockets.links, "the first socket")
    wait_for(lambda: bridge.ask("status").get("ready", True), "readiness")
    wait_for(lambda: any(one.method == "conversations.history" for one in fake.calls), "the beginning")
    fake.limits["chat.postMessage"] = (8, 1.0)
    for number in range(COUNT):
        slack.call(fake.say, f"in {number}")
        bridge.ask("send", text=f"out {number}", id=f"out-{number}")
        if number in (5, 13, 19):
            bridge.kill()
            bridge.start()
        elif number in (3, 16):
            slack.call(fake.sockets.cut)
        elif number in (7, 17):
            slack.wait(fake.sockets.warn())
        elif number in (8, 18):
            slack.wait(fake.sockets.end_warned())
        elif number in (9, 15):
            slack.call(lambda: fake.fail("chat.postMessage", cut="after"))
        elif number == 11:
            fake.sockets.lose_acknowledgements = 3
        elif number == 21:
            slack.wait(fake.stop())
            time.sleep(0.5)
            slack.wait(fake.start())
    everything = list(range(COUNT))
    wait_for(lambda: len(numbered(fake.texts(), "out")) >= COUNT, "all answers", LIMIT)
    wait_for(lambda: len(numbered(submitted(log), "in")) >= COUNT, "all messages", LIMIT)
    assert numbered(fake.texts(), "out") == everything
    assert numbered(submitted(log), "in") == everything


ROUNDS, EACH = 20, 5
UNANSWERED = (1, 2, 4, 7, 9, 10)


@pytest.mark.fault(
    "100 questions on Slack at the wire, through 10 kills and 10 cuts, lost answers of the far side between them",
    "each asked once; each answered once, or told as expired",
)
def test_questions_in_flight_are_answered_once_or_told_as_expired(
    bridge: SlackBridge, tmux: TmuxServer, slack: SlackThread
) -> None:
    """In every round one question is answered twice, and in some nobody answers one."""
    tmux.start_agent()
    fake = slack.fake
    bridge.start()
    wait_for(lambda: fake.sockets.links, "the first socket")
    wait_for(lambda: any(one.method == "conversations.history" for one in fake.calls), "the beginning")
    expected: dict[str, str | None] = {}
    for turn in range(ROUNDS):
        asked = [f"Question {turn:02}-{number}?" for number in range(EACH)]
        for text in asked:
            unanswered = text is asked[-1] and turn in UNANSWERED
            expected[text] = None if unanswered else ("yes", "no")[(turn + asked.index(text)) % 2]
            bridge.ask("ask", **question(text), timeout=15 if unanswered else 600)
        if turn % 4 < 2:
            disturb(bridge, slack, kill=turn % 4 == 0)
        wait_for(lambda asked=asked: all(one in standing(fake) for one in asked), f"round {turn}")
        ids = standing(fake)
        for text in asked:
            if (word := expected[text]) is not None:
                slack.call(fake.say, f"{word} {ids[text]}")
        slack.call(fake.say, f"no {ids[asked[0]]}")
        if turn % 4 >= 2:
            disturb(bridge, slack, kill=turn % 4 == 2)
    for text, answer in expected.items():
        found = bridge.ask("ask", **question(text), timeout=15 if answer is None else 600, wait=20)
        assert (found["state"], found["answer"]) == ("expired" if answer is None else "answered", answer), (
            text
        )
    wait_for(lambda: len(over(fake, "no\n\n")) - len(standing(fake)) == len(expected), "the edits")
    assert sorted(re.findall(r"Question \d\d-\d\?", "\n".join(fake.texts()))) == sorted(expected)
    assert len(over(fake, "expired")) == list(expected.values()).count(None) == len(UNANSWERED)
    wait_for(lambda: len(over(fake, "changes nothing")) == ROUNDS, "what is said of second answers")


def question(text: str) -> dict[str, Any]:
    return {"text": text, "choices": ["yes", "no"], "key": text[9:-1]}


def standing(fake: FakeSlack) -> dict[str, str]:
    """The ids of the questions that the channel shows, by their first lines."""
    texts = [text for text in fake.texts() if "Answer until" in text]
    return {text.partition("\n")[0]: re.findall(r"`yes (\w{5})`", text)[0] for text in texts}


def over(fake: FakeSlack, part: str) -> list[str]:
    return [text for text in fake.texts() if part in text]


def disturb(bridge: SlackBridge, slack: SlackThread, *, kill: bool) -> None:
    """Kill the bridge, or cut its socket and lose the answers to what it sends and edits next."""
    if kill:
        bridge.kill()
        bridge.start()
        return
    slack.call(slack.fake.sockets.cut)
    for method in ("chat.postMessage", "chat.update"):
        slack.call(lambda method=method: slack.fake.fail(method, cut="after"))
