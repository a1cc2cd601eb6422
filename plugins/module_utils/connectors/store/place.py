# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a connector is on its line, and which messages it has done: in memory, and in the store.

What is done is noted in memory at once, and kept in the store together with the place, in one
transaction. What the disk refuses is kept with the next: this process at least does not repeat itself.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from ..errors import StateError
from ..locks import Claim
from .database import FILE_NAME, Database
from .former import entries_of, facts_of, forget_if_proven
from .tidying import TIDY_EVERY, Every
from .writer import submit, write

_log = logging.getLogger(__name__)

SEEN_KEPT = 5000
"""Ids remembered. What is read again after a restart is a page and what follows it, so this is plenty."""

ID_BYTES = 255
"""The longest id that is kept as it is; of a longer one its digest stands for it."""


class Place(ABC):
    """The place on one line; a kind says what it consists of.

    Without a directory nothing outlives the process.
    """

    KEPT: ClassVar[tuple[str, ...]]
    """The attributes that are the place: JSON values, None or 0 before there is one."""

    def __init__(self, directory: Path | None, line: str) -> None:
        """Name the line; nothing is opened."""
        self._directory = directory
        self._line = line
        self._database: Database | None = None
        self._claim: Claim | None = None
        self._seen: dict[str, None] = {}
        self._unkept: dict[str, None] = {}
        self._tidy = Every(TIDY_EVERY)

    def open(self) -> None:
        """Take the line for this process and read its place.

        Raises `StateError` when another process has it or it cannot be read.
        """
        if self._directory is not None:
            # By the thread that writes: what a former holder of the line had to keep comes first.
            submit(self._open, self._directory).result()

    def close(self) -> None:
        """Keep what is noted and let go of the line, as soon as what was asked for before is written."""
        submit(self._close)

    def is_done(self, message: str | int) -> bool:
        """Whether the message of this id was handled, now or before a restart."""
        return _key(message) in self._seen

    async def keep(self) -> None:
        """Have all that is noted on the disk when this returns; raises `StateError`."""
        if self._database is not None:
            messages = list(self._unkept)
            await write(self._save, messages, self._values())
            for message in messages:
                self._unkept.pop(message, None)

    def _remember(self, message: str | int) -> None:
        key = _key(message)
        for known in (self._seen, self._unkept):
            known.pop(key, None)
            known[key] = None
            if len(known) > SEEN_KEPT:
                del known[next(iter(known))]

    @abstractmethod
    def _take_former(self, kind: Any, *values: Any) -> None:
        """Take in an entry of the journal that earlier versions kept; one that is not understood is passed over."""

    def _values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.KEPT}

    def _open(self, directory: Path) -> None:
        journal = directory / f"{self._line}.journal"
        try:
            # The name is that of earlier versions, so that none of them receives beside this one.
            self._claim = Claim.take(Path(f"{journal}.lock"))
        except OSError as error:
            raise StateError(
                f"The state directory {directory} cannot be used: {error}. Check its owner."
            ) from error
        if self._claim is None:
            raise StateError(
                f"The line {self._line} in {directory} is in use by another process, which receives this "
                "connector's messages. Stop that one, or give this one another MOSAIC_STATE_DIR."
            )
        try:
            self._database = Database(directory / FILE_NAME)
            self._load(self._database, journal)
        except BaseException:
            self._let_go()
            raise

    def _load(self, database: Database, journal: Path) -> None:
        found = database.rows("SELECT place, former, taken FROM place WHERE line = ?", (self._line,))
        for name, value in (json.loads(found[0]["place"]) if found else {}).items():
            if name in self.KEPT:
                setattr(self, name, value)
        newest = database.rows(
            "SELECT message FROM seen WHERE line = ? ORDER BY id DESC LIMIT ?", (self._line, SEEN_KEPT)
        )
        self._seen = {row["message"]: None for row in reversed(newest)}
        facts = facts_of(journal)
        if facts is None:
            return
        if found and found[0]["former"] == facts:
            forget_if_proven(journal, found[0]["taken"])
            return
        # New, or written since by an earlier version that was put back: it is the later of the two then.
        for entry in entries_of(journal):
            self._take_former(*entry)
        self._save(list(self._unkept), self._values(), facts)
        self._unkept.clear()
        _log.info("the place was taken over from %s, which stays as it is", journal)

    def _save(self, messages: list[str], values: dict[str, Any], former: str | None = None) -> None:
        database = self._database
        if database is None:
            raise StateError(f"The line {self._line} was let go of.")
        with database.transaction():
            for message in messages:
                database.change("REPLACE INTO seen (line, message) VALUES (?, ?)", (self._line, message))
            database.change(
                "INSERT INTO place (line, place, former, taken) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (line) DO"
                " UPDATE SET place = ?2, former = ifnull(?3, former), taken = ifnull(?4, taken)",
                (self._line, json.dumps(values), former, None if former is None else time.time()),
            )
            if self._tidy.is_time():
                oldest = "SELECT id FROM seen WHERE line = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2"
                database.change(
                    f"DELETE FROM seen WHERE line = ?1 AND id <= ({oldest})",  # noqa: S608 (our own words)
                    (self._line, SEEN_KEPT),
                )

    def _close(self) -> None:
        try:
            if self._unkept and self._database is not None:
                self._save(list(self._unkept), self._values())
        except StateError as error:
            _log.error("the place of %s: %s", self._line, error)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None
        if self._claim is not None:
            self._claim.release()
            self._claim = None


def _key(message: str | int) -> str:
    """What stands for an id on the disk and in memory: bounded, and sayable in UTF-8."""
    text = str(message)
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) <= ID_BYTES and not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"
