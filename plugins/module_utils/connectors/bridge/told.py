# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was told already, so that neither a restart nor whoever writes on makes a second sentence of it on the same day."""

from __future__ import annotations

import time

from ..store.database import Database

DAY = 86_400.0
"""For how long nothing is told twice, in seconds."""

MOST_A_DAY = 20
"""Different things that are told in a day; of more, nobody reads."""

_KEPT = 1000
"""Rows that are kept."""


class Told:
    """What was told, and when."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def is_first(self, what: str, written: float | None = None) -> bool:
        """Note that `what` is told now; False when it was told in the last day, or enough was.

        `written` is when it happened, in seconds since the epoch, now by default: what is older than a day, or than the
        last time that it was told, is told no more. By the thread that writes; raises `StateError`.
        """
        now = time.time()
        written = now if written is None else written
        with self._db.transaction():
            last = self._db.rows("SELECT at FROM told WHERE what = ?", (what,))
            if last and (abs(now - last[0]["at"]) < DAY or written <= last[0]["at"]):
                return False
            recent = self._db.rows("SELECT count(*) FROM told WHERE at > ?", (now - DAY,))[0][0]
            if now - written > DAY or recent >= MOST_A_DAY:
                return False
            self._db.change("REPLACE INTO told (what, at) VALUES (?, ?)", (what, now))
            self._db.change(
                "DELETE FROM told WHERE what NOT IN (SELECT what FROM told ORDER BY at DESC LIMIT ?)",
                (_KEPT,),
            )
        return True
