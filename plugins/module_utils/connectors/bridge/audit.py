# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit record: who said, asked, answered and commanded what, and when; only ever added to, each entry chained to the last.

A table beside the inbox, so that an act and its entry are stored together or not at all, and a backup has both. The agent
runs as the bridge's user and can write into the file: so each new head also goes to the journal.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from ..errors import StateError
from ..store.database import Database
from ..store.tidying import TIDY_EVERY, Every
from ..store.writer import submit
from ..terminal import one_line
from ..times import iso_time
from .audit_chain import GENESIS, announcement, digest_of, head_of

logger = logging.getLogger(__name__)

LONGEST_WORDS = 500
"""Characters of a text that are kept where words are kept at all."""

_COLUMNS = "id, at, what, sender, about, digest, words, prev, head"


class Audit:
    """Entries, the oldest of which go when there are too many: what follows them names the head they ended with."""

    def __init__(self, database: Database, *, limit: int, log_bodies: bool) -> None:
        """Keeps `limit` entries at least, and their words where `log_bodies` says so; raises `StateError`."""
        self._db = database
        self.limit = limit
        self.log_bodies = log_bodies
        self._tidy = Every(TIDY_EVERY)
        last = self._last()
        self._announced = last["id"] if last else 0
        if last:
            logger.info("%s", announcement(last["id"], last["head"]))

    def record(self, what: str, sender: str, words: str = "", about: str = "") -> None:
        """Add an entry, by the thread that writes; within a transaction it is stored with that or not at all.

        `what` happened, by whom, in which words (of which the digest is kept), and what it is about: the id of a
        message or of a question. Raises `StateError`.
        """
        with self._db.transaction():
            last = self._last()
            number, prev = (int(last["id"]) + 1, str(last["head"])) if last else (1, GENESIS)
            entry = {
                "id": number,
                "at": iso_time(time.time()),
                "what": what,
                "sender": sender,
                "about": about,
                "digest": digest_of(words),
                "words": one_line(words, LONGEST_WORDS) if self.log_bodies else "",
            }
            self._db.change(
                f"INSERT INTO audit ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)",  # noqa: S608 (our own words)
                (*entry.values(), prev, head_of(prev, entry)),
            )
            if self._tidy.is_time():
                self._db.change("DELETE FROM audit WHERE id <= ?", (number - self.limit,))
        # Behind all that is written now: what is taken back with its transaction is never announced.
        submit(self._announce)

    def together(self, call: Callable[[], bool], what: str, sender: str, words: str, about: str) -> bool:
        """Carry `call` out and record it, both or neither; where it returns False nothing is recorded."""
        with self._db.transaction():
            done = call()
            if done:
                self.record(what, sender, words, about)
        return done

    def course(self, about: str) -> set[str]:
        """All that is recorded of a message or a question, in its words for `what`."""
        return {row["what"] for row in self._db.rows("SELECT what FROM audit WHERE about = ?", (about,))}

    def listing(self, after: int, most: int) -> list[dict[str, Any]]:
        """The entries behind number `after`, oldest first, `most` of them at most."""
        return entries_of(self._db, after, most)

    def _announce(self) -> None:
        try:
            for row in self._db.rows(
                "SELECT id, head FROM audit WHERE id > ? ORDER BY id", (self._announced,)
            ):
                logger.info("%s", announcement(row["id"], row["head"]))
                self._announced = row["id"]
        except StateError as error:
            # The next one announces them all; so does whoever opens the state next that was let go of.
            if not self._db.closed:
                logger.error("the audit record's head is not announced yet: %s", error)  # noqa: TRY400 (the sentence says it all)
        except Exception:
            logger.exception("the head of the audit record could not be announced")

    def _last(self) -> Any:
        rows = self._db.rows("SELECT id, head FROM audit ORDER BY id DESC LIMIT 1")
        return rows[0] if rows else None


def entries_of(database: Database, after: int, most: int) -> list[dict[str, Any]]:
    """The same from the file itself, while no bridge runs."""
    rows = database.rows(
        f"SELECT {_COLUMNS} FROM audit WHERE id > ? ORDER BY id LIMIT ?",  # noqa: S608 (our own words)
        (after, most),
    )
    return [dict(row) for row in rows]
