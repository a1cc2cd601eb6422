# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands and the clock: what is of another moment is not carried out, and a clock that is set hides nothing of now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from mosaic_connectors.bridge.audit import Audit
from mosaic_connectors.bridge.commands.cut_off import tell_cut_off
from mosaic_connectors.bridge.commands.desk import CommandDesk
from mosaic_connectors.bridge.counters import Counters
from mosaic_connectors.bridge.inbox import Inbox
from mosaic_connectors.store.database import Database
from mosaic_connectors.times import iso_time
from mosaic_connectors.types import InboundMessage

TOKEN = "ghp_" + "a1B2" * 9


class Desk:
    """A desk over a store in memory, with clocks that the test sets."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_700_000_000.0, 100.0
        self.done: list[str] = []
        self.told: list[str] = []
        self.storing: Callable[[], None] = lambda: None
        self.database = Database(None)
        self.inbox = Inbox(self.database, 10)
        self.audit = Audit(self.database, limit=100, log_bodies=False)
        self.desk = CommandDesk(
            {"stop": self.stop},
            settle=self.settle,
            tell=self.tell,
            counters=Counters(),
            record=self.audit.record,
            enabled=True,
            allowed={},
            wall=lambda: self.wall,
            steady=lambda: self.steady,
        )

    def passes(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    async def stop(self, rest: str) -> str:
        self.done.append(rest)
        return f"No key was pressed: a draft stands there: {TOKEN} ok"

    async def tell(self, text: str, _thread: str | None) -> None:
        self.told.append(text)

    async def settle(self, message: InboundMessage, outcome: str) -> bool:
        self.storing()
        return self.audit.together(
            lambda: self.inbox.settle("k", message, outcome),
            outcome,
            message.sender,
            message.text,
            message.message_id or "",
        )

    async def say(self, event: str, ago: float = 0.0) -> None:
        assert await self.desk.take(InboundMessage("!stop", "@op", iso_time(self.wall - ago), None, event))

    def recorded(self) -> list[str]:
        return [entry["what"] for entry in self.audit.listing(0, 10)]


@pytest.mark.fault(
    "the disk takes a command only minutes after it was written", "it is not carried out, and told as expired"
)
async def test_a_command_that_is_stored_late_is_told_as_expired() -> None:
    desk = Desk()
    desk.storing = lambda: desk.passes(170)
    await desk.say("$1")
    assert desk.done == []
    assert "acts within 2 minutes" in desk.told[0]
    assert desk.recorded() == ["command", "command expired"]
    desk.storing = lambda: None
    await desk.say("$2")
    assert desk.done == [""]


async def test_an_answer_that_names_what_stands_in_the_pane_is_without_its_secrets() -> None:
    desk = Desk()
    await desk.say("$1")
    assert desk.told == [f"No key was pressed: a draft stands there: {'*' * len(TOKEN)} ok"]


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
@pytest.mark.fault(
    "the clock is set after the bridge began", "a command of now acts, one from before the start does not"
)
async def test_a_clock_that_is_set_makes_no_command_older_than_the_start(step: float) -> None:
    desk = Desk()
    desk.passes(30)
    desk.wall += step
    await desk.say("$1", ago=31)
    assert desk.done == []
    assert "nobody listened" in desk.told[0]
    await desk.say("$2", ago=5)
    assert desk.done == [""]


@pytest.mark.fault("the bridge is killed in the middle of a command", "told once, and never repeated")
async def test_a_command_that_was_cut_off_is_told_at_the_next_start() -> None:
    desk = Desk()

    async def killed(_rest: str) -> str:
        raise asyncio.CancelledError

    await desk.say("$1")
    desk.desk._deeds = {"stop": killed}
    with pytest.raises(asyncio.CancelledError):
        await desk.say("$2")
    desk.told.clear()
    for _start in range(2):
        await tell_cut_off(desk.database, "k", tell=desk.tell, record=desk.audit.record)
        await desk.say("$2")
    (told,) = desk.told
    assert told.startswith("What came of !stop, sent at ")
    assert desk.recorded() == ["command", "command done", "command", "command cut off"]
