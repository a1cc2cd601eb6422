# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second way: what the chat told in vain is given to the user's `escalation_command`, once, and not at night.

The fact is in the inbox (`reminded`): 1 is told in the chat, 2 is given to the command. It is stored before the command is
run, so that a restart never gives it twice; what was not run after all, since the unit was away, is given again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time

from ..ending import within
from ..errors import StateError
from ..helpers.client import HelperAwayError, HelperError, Helpers
from ..retries import Backoff
from ..store.database import Database
from ..store.writer import write
from ..terminal import one_line
from .counters import Counters
from .progress import Progress
from .unanswered import LOOK_SECONDS, Unanswered, Waiting, worded

logger = logging.getLogger(__name__)

STEP_SECONDS = 240.0
"""The longest that a look takes: the command's bound, and a slow disk."""

_LONGEST_PAUSE = 600.0
"""Seconds between two tries of a unit that is away."""

_DUE = "state = 'done' AND awaiting IS NOT NULL AND reminded = 1"


class Escalation:
    """Gives the sentence that messages wait to the command."""

    def __init__(
        self,
        database: Database,
        unanswered: Unanswered,
        helpers: Helpers,
        kind: str,
        *,
        progress: Progress,
        counters: Counters,
    ) -> None:
        """`unanswered` says when nobody is to be told; `kind` is the channel's."""
        self.enabled = False
        self.trouble: str | None = None
        """Why the last try failed."""
        self._db = database
        self._unanswered = unanswered
        self._helpers = helpers
        self._kind = kind
        self._progress = progress
        self._counters = counters
        self._backoff = Backoff(LOOK_SECONDS, _LONGEST_PAUSE)
        self._not_before = 0.0
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Something was told in the chat."""
        self._wake.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._progress.beat("escalation", LOOK_SECONDS + STEP_SECONDS)
            self._wake.clear()
            try:
                await self.look(time.time())
            except StateError as error:
                logger.error("escalation: %s", error)  # noqa: TRY400 (the sentence says it all)
            except Exception:
                self._counters.add("unexpected", loop="escalation")
                logger.exception("escalation failed unexpectedly")
            with contextlib.suppress(asyncio.TimeoutError):
                await within(self._wake.wait(), LOOK_SECONDS)

    async def look(self, now: float) -> None:
        """Give what is due at `now` to the command, unless it is quiet; raises `StateError`."""
        quiet = self._unanswered.quiet
        if not self.enabled or not self._unanswered.after or time.monotonic() < self._not_before:
            return
        if (quiet is not None and quiet.holds(now)) or not self._due():
            return
        taken = await write(self._begin)
        if not taken:
            return  # an answer came first
        waiting = self._unanswered.waiting() or Waiting(len(taken), now)
        words = f"{socket.gethostname()} ({self._kind}): {worded(waiting, now)}"
        try:
            await self._helpers.escalate(words)
        except HelperAwayError as error:
            await write(self._take_back, taken)
            self._not_before = time.monotonic() + self._backoff.next()
            self._failed("away", error)
        except HelperError as error:
            self._failed("failed", error)
        else:
            logger.info("escalated: %s", words)
            self._counters.add("escalations", outcome="done")
            self.trouble = None
            self._backoff.reset()

    def _failed(self, outcome: str, error: HelperError) -> None:
        sentence = one_line(str(error), 300)
        self._counters.add("escalations", outcome=outcome)
        if (outcome, sentence) != ("away", self.trouble):  # said once, however often it is tried
            logger.error("escalation_command: %s", sentence)
        self.trouble = sentence

    def _due(self) -> list[int]:
        """The messages that were told in vain."""
        return [int(row[0]) for row in self._db.rows(f"SELECT id FROM inbox WHERE {_DUE}")]  # noqa: S608 (our own words)

    def _begin(self) -> list[int]:
        """Note of what is due that it is given; which messages that are."""
        with self._db.transaction():
            taken = self._due()
            self._db.change(f"UPDATE inbox SET reminded = 2 WHERE {_DUE}")  # noqa: S608 (our own words)
        return taken

    def _take_back(self, taken: list[int]) -> None:
        """Nothing was run for them."""
        with self._db.transaction():
            for number in taken:
                self._db.change("UPDATE inbox SET reminded = 1 WHERE id = ? AND reminded = 2", (number,))
