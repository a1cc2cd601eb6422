# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that nobody answered: told once, over restarts, and not in quiet hours."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path

import pytest
from mosaic_connectors.bridge.counters import Counters
from mosaic_connectors.bridge.inbox import Inbox
from mosaic_connectors.bridge.outbox import Outbox
from mosaic_connectors.bridge.progress import Progress
from mosaic_connectors.bridge.unanswered import Unanswered, Waiting, worded
from mosaic_connectors.errors import ConfigError
from mosaic_connectors.quiet_hours import QuietHours
from mosaic_connectors.store.database import FILE_NAME, Database
from mosaic_connectors.types import InboundMessage, OutboundMessage

BOUND = 600.0


class Host:
    """The stores of a bridge, and what it has told."""

    def __init__(self, directory: Path | None = None, quiet: str | None = None) -> None:
        self.database = Database(directory / FILE_NAME if directory else None)
        self.inbox, self.outbox = Inbox(self.database, 100), Outbox(self.database, 100)
        self.unanswered = Unanswered(
            self.database,
            self.outbox,
            "matrix",
            wake_dispatcher=lambda: None,
            progress=Progress(),
            counters=Counters(),
            after=BOUND,
            quiet=QuietHours.parse(quiet) if quiet else None,
        )
        self.second: list[str] = []
        self.unanswered.reminded = self.second.append

    def took(self, number: int, outcome: str = "submitted") -> None:
        """The program took message `number`, or did not."""
        self.inbox.accept("matrix", InboundMessage("do it", "@ann:test", "", None, f"${number}"))
        entry = self.inbox.next()
        assert entry is not None
        self.inbox.entering(entry)
        self.inbox.finish(entry, outcome)

    def sends(self, origin: str = "agent") -> None:
        self.outbox.accept("matrix", OutboundMessage("done"), f"txn-{time.monotonic_ns()}", origin)

    async def later(self, seconds: float = BOUND + 1) -> None:
        await self.unanswered.look(time.time() + seconds)

    def told(self) -> list[str]:
        found = []
        while (entry := self.outbox.next(time.time())) is not None:
            found.append(entry.message.text)
            self.outbox.sent(entry, None)
        return found


async def test_what_nobody_answered_is_told_once_though_the_bridge_is_restarted(tmp_path: Path) -> None:
    """One sentence that says how many wait and since when; a second way is told the same."""
    host = Host(tmp_path)
    host.took(1)
    host.took(2)
    await host.later(BOUND - 30)
    assert host.told() == []
    await Host(tmp_path).later()
    again = Host(tmp_path)
    await again.later()
    assert again.second == []
    told = again.told()
    assert len(told) == 1
    assert told[0].startswith("2 of your messages")
    assert "10 min ago" in told[0]
    waiting = again.unanswered.waiting()
    assert waiting is not None
    assert waiting.count == 2
    again.took(3)  # a new one has its own bound, and the sentence names all that wait
    await again.later()
    assert [one[:1] for one in again.told()] == ["3"]
    assert len(again.second) == 1


async def test_what_is_answered_not_known_to_be_taken_or_stopped_is_not_told() -> None:
    """An answer is whatever the orchestrator hands over; a notice of the bridge is none."""
    host = Host()
    host.took(1)
    host.sends()
    host.took(2, "unverified")
    host.took(3, "dropped")
    host.took(4)
    host.inbox.expect_no_answer()
    host.told()
    await host.later()
    assert host.told() == []
    host.took(5)
    host.sends("bridge")
    host.told()
    host.unanswered.after = 0.0
    await host.later()
    assert host.told() == []
    host.unanswered.after = BOUND
    await host.later()
    assert [one[:12] for one in host.told()] == ["Your message"]


async def test_an_answer_while_enter_is_pressed_counts() -> None:
    """A program may be quicker than the evidence that it took the message."""
    host = Host()
    host.inbox.accept("matrix", InboundMessage("do it", "@ann:test", "", None, "$1"))
    entry = host.inbox.next()
    assert entry is not None
    host.inbox.entering(entry)
    host.sends()
    host.inbox.finish(entry, "submitted")
    host.told()
    await host.later()
    assert host.told() == []


async def test_a_clock_that_is_set_back_begins_the_wait_anew() -> None:
    host = Host()
    host.took(1)
    await host.later(-7200)
    await host.later(-7200 + BOUND - 1)
    assert host.told() == []
    await host.later(-7200 + BOUND + 1)
    assert len(host.told()) == 1


async def test_in_quiet_hours_nothing_is_told_and_when_they_end_it_is() -> None:
    now = time.time()
    hour = datetime.fromtimestamp(now + BOUND + 1, timezone.utc).hour
    host = Host(quiet=f"{hour:02}:00-{(hour + 1) % 24:02}:00 UTC")
    host.took(1)
    await host.later()
    assert host.told() == []
    await host.later(BOUND + 3600)
    assert len(host.told()) == 1


@pytest.mark.parametrize(
    ("text", "at", "holds"),
    [
        ("22:00-07:00 UTC", "2026-01-01T23:00", True),
        ("22:00-07:00 UTC", "2026-01-01T06:59", True),
        ("22:00-07:00 UTC", "2026-01-01T07:00", False),
        ("09:30-17:00 UTC", "2026-01-01T09:29", False),
        ("09:30-17:00 UTC", "2026-01-01T16:59", True),
        ("22:00-07:00 Europe/Berlin", "2026-07-01T20:30", True),  # summer time
        ("22:00-07:00 Europe/Berlin", "2026-01-01T20:30", False),
    ],
)
def test_quiet_hours_are_those_of_their_time_zone(text: str, at: str, holds: bool) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=timezone.utc).timestamp()
    assert QuietHours.parse(text).holds(moment) is holds


@pytest.mark.parametrize(
    "text", ["", "22-7", "24:00-07:00", "07:00-07:00", "22:00-07:00 Mars/Base", "22:00-07:00 ../x"]
)
def test_what_is_no_quiet_hours_says_what_is_expected(text: str) -> None:
    with pytest.raises(ConfigError, match="22:00-07:00"):
        QuietHours.parse(text)


@pytest.mark.parametrize(
    ("seconds", "long"), [(30, "less than a minute ago"), (60, "1 min ago"), (3700, "1 h 1 min ago")]
)
def test_how_long_it_waits_is_told_in_words(seconds: int, long: str) -> None:
    assert f", {long}" in worded(Waiting(1, 1000.0), 1000.0 + seconds)
    assert worded(Waiting(2, 1000.0), 1000.0 + seconds).endswith(f" {long}.")
