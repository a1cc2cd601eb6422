# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last 24 hours in figures, one sample in five minutes: for the page of the fleet, where no monitor keeps them."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from typing import Any

from ..border import BorderError, Foreign, read_json
from ..errors import StateError
from ..store.database import Database
from ..store.writer import write_within
from ..times import iso_time
from .progress import Progress

logger = logging.getLogger(__name__)

EVERY = 300
"""Seconds between two samples; they are taken at whole multiples of it, so that hosts can be compared."""

KEPT = 288
"""Samples of 24 hours; there are never more rows."""

FIGURES = ("up", "held", "inbox", "outbox", "questions", "received", "sent")
"""What a sample has: whether the channel is up and the inbox held, what waits, and what moved since the last sample."""

MOVED = ("received", "sent")
"""Figures that are counted since the bridge was started: a sample has the difference."""

DISK_SECONDS = 20.0

_NONE = Foreign()


class Samples:
    """The samples of one bridge, in its store."""

    def __init__(
        self,
        database: Database,
        read: Callable[[], dict[str, int]],
        *,
        progress: Progress,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`read` gives the figures of this moment."""
        self._db = database
        self._read = read
        self._progress = progress
        self._clock = clock
        self._before = dict.fromkeys(MOVED, 0)

    async def run(self) -> None:
        """Take samples until cancelled; one that the disk does not take is missing."""
        while True:
            pause = (self._slot() + 1) * EVERY - self._clock()
            self._progress.beat("samples", pause + DISK_SECONDS + 60)
            await asyncio.sleep(pause)
            try:
                await self.take()
            except StateError as error:
                logger.warning("the sample of these five minutes is missing: %s", error)

    async def take(self) -> None:
        """Store the figures of now; raises `StateError`."""
        figures = self._read()
        moved = {name: figures[name] - self._before[name] for name in MOVED}
        self._before = {name: figures[name] for name in MOVED}
        await write_within(DISK_SECONDS, self._store, self._slot(), json.dumps({**figures, **moved}))

    def history(self) -> dict[str, Any]:
        """The last 24 hours: `ends` (ISO-8601 UTC), `every` (seconds), and in `figures` a list for each, the oldest first.

        A sample that is missing is None: the bridge did not run then. Raises `StateError`.
        """
        return history_of(self._db, self._slot())

    def _slot(self) -> int:
        return slot_at(self._clock())

    def _store(self, slot: int, figures: str) -> None:
        with self._db.transaction():
            # Those to come were stored while the clock was wrong.
            self._db.change("DELETE FROM sample WHERE slot <= ? OR slot > ?", (slot - KEPT, slot))
            self._db.change("REPLACE INTO sample VALUES (?, ?)", (slot, figures))


def slot_at(seconds: float) -> int:
    """The slot of a time since 1970; a timer may be a little early."""
    return int((seconds + 1) // EVERY)


def history_of(database: Database, slot: int) -> dict[str, Any]:
    """The same from the file itself, while no bridge runs; `slot` is the last one."""
    rows = database.rows("SELECT slot, figures FROM sample WHERE slot > ? AND slot <= ?", (slot - KEPT, slot))
    taken = {row["slot"]: _figures(row["figures"]) for row in rows}
    slots = [taken.get(one, _NONE) for one in range(slot - KEPT + 1, slot + 1)]
    figures = {name: [sample.number(name) for sample in slots] for name in FIGURES}
    return {"ends": iso_time(slot * EVERY), "every": EVERY, "figures": figures}


def _figures(stored: str) -> Foreign:
    """A sample as it stands in a file that the agent's user may write as well."""
    try:
        return Foreign(read_json(stored))
    except BorderError:
        return _NONE
