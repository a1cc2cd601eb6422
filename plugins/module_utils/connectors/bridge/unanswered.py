# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that nobody answered: told once more, and not at night.

A message waits for an answer from the moment that Enter is pressed for it, if the program is known to have taken it,
until the orchestrator has handed over anything to be sent, be it an answer or a question, or the operator has stopped
the turn. The facts are columns of the inbox, so that a restart changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import QueueFullError, StateError
from ..quiet_hours import QuietHours
from ..store.database import Database
from ..store.writer import write
from ..times import iso_time
from ..types import OutboundMessage
from .counters import Counters
from .outbox import BRIDGE_ORIGIN, Outbox
from .progress import Progress

logger = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
"""Between two looks."""

STEP_SECONDS = 120.0
"""The longest that a look takes."""


@dataclass(frozen=True)
class Waiting:
    """How many messages wait for an answer, and since when the oldest one does, in seconds since the epoch."""

    count: int
    since: float


class Unanswered:
    """Tells the operator, once, that his messages wait."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        kind: str,
        *,
        wake_dispatcher: Callable[[], None],
        progress: Progress,
        counters: Counters,
        after: float,
        quiet: QuietHours | None,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """`after` is how long a message may wait, in seconds, 0 for ever; `kind` is the channel's."""
        self.after = after
        self.quiet = quiet
        self.reminded: Callable[[str], None] = lambda _sentence: None
        """Told the sentence once it is stored: here a second way begins."""
        self._db = database
        self._outbox = outbox
        self._kind = kind
        self._wake_dispatcher = wake_dispatcher
        self._progress = progress
        self._counters = counters
        self._look_seconds = look_seconds

    def waiting(self) -> Waiting | None:
        """What waits for an answer, be it told already or not."""
        return self._waiting("")

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._progress.beat("unanswered", self._look_seconds + STEP_SECONDS)
            try:
                await self.look(time.time())
            except StateError as error:
                logger.error("unanswered messages: %s", error)  # noqa: TRY400 (the sentence says it all)
            except Exception:
                self._counters.add("unexpected", loop="unanswered")
                logger.exception("looking for unanswered messages failed unexpectedly")
            await asyncio.sleep(self._look_seconds)

    async def look(self, now: float) -> None:
        """Tell what waits for too long at `now`, unless it is quiet; raises `StateError`."""
        if not self.after or (self.quiet is not None and self.quiet.holds(now)):
            return
        untold = self._waiting("AND reminded = 0")
        if untold is None:
            return
        if untold.since > now:
            # The clock was set back: it waits since now, as far as anybody can say.
            await write(self._db.change, "UPDATE inbox SET awaiting = ?1 WHERE awaiting > ?1", (now,))
        elif now - untold.since >= self.after:
            await self._remind(now)

    async def _remind(self, now: float) -> None:
        try:
            sentence = await write(self._store, now)
        except QueueFullError as error:
            logger.warning("that messages wait for an answer is not told: %s", error)
            return
        if sentence:
            logger.info("reminded: %s", sentence)
            self._counters.add("reminders")
            self._wake_dispatcher()
            self.reminded(sentence)

    def _store(self, now: float) -> str:
        """Store the sentence and that it was said, both or neither; empty when an answer came first."""
        with self._db.transaction():
            if self._waiting("AND reminded = 0") is None:
                return ""
            sentence = worded(self.waiting() or Waiting(0, now), now)
            self._outbox.accept(self._kind, OutboundMessage(sentence), uuid.uuid4().hex, BRIDGE_ORIGIN)
            self._db.change(
                "UPDATE inbox SET reminded = 1 WHERE awaiting IS NOT NULL AND state = 'done' AND reminded = 0"
            )
        return sentence

    def _waiting(self, which: str) -> Waiting | None:
        count, since = self._db.rows(
            "SELECT count(*), min(awaiting) FROM inbox"  # noqa: S608 (our own words)
            f" WHERE awaiting IS NOT NULL AND state = 'done' {which}"
        )[0]
        return Waiting(int(count), float(since)) if count else None


def worded(waiting: Waiting, now: float) -> str:
    """One sentence: how many wait, and since when."""
    minutes = max(int((now - waiting.since) // 60), 0)
    long = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
    long = long if minutes else "less than a minute"
    since = f"{iso_time(waiting.since)[:16].replace('T', ' ')} UTC"
    if waiting.count == 1:
        return f"Your message that the orchestrator took at {since}, {long} ago, is not answered yet."
    return (
        f"{waiting.count} of your messages that the orchestrator took are not answered yet, the first since {since}, "
        f"{long} ago."
    )
