# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions: what the operator was asked, from the moment it is accepted, and how each of them ended.

Exactly one answer counts, before the question expires. What has ended is never open again, whatever the clock does.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..errors import ConfigError, QueueFullError
from ..question_words import asked, new_id
from ..store.database import Database
from ..terminal import one_line
from ..times import iso_time
from ..types import AskedQuestion, OutboundMessage
from .outbox import Outbox

DIALOG = "dialog"
"""The asker of what the pane asks; nobody at the local socket has this name."""

KEPT_ROWS = 1_000
"""Questions that have ended, kept without their words, to answer an asker and an operator who come late."""


def nowhere(_what: str, _sender: str, _words: str, _about: str) -> None:
    """Record nothing."""


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to know of the operator: `seconds` is how long it may take."""

    text: str
    choices: tuple[str, ...]
    free_text: bool
    thread: str | None
    seconds: float

    @property
    def digest(self) -> str:
        """What it is recognised by when it is asked again."""
        parts = [self.text, list(self.choices), self.free_text, self.thread]
        return hashlib.sha256(json.dumps(parts).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class StoredQuestion:
    """A stored question; `state` is open, answered, expired or withdrawn, times are seconds since the epoch.

    `message` is the channel's id of the message that asks it, `told` whether that message says how it ended.
    """

    id: str
    asker: str
    key: str
    digest: str
    kind: str
    text: str
    choices: tuple[str, ...]
    free_text: bool
    thread: str | None
    txn: str
    message: str | None
    created: float
    expires: float
    state: str
    answer: str | None
    answered_by: str | None
    closed: float | None
    told: bool

    @property
    def question(self) -> AskedQuestion:
        """The question as a connector asks it."""
        words = asked(self.id, self.text, self.choices, until(self.expires), free_text=self.free_text)
        return AskedQuestion(self.id, OutboundMessage(words, self.thread), self.choices, self.free_text)

    @property
    def outcome(self) -> str:
        """How it ended, in one sentence."""
        if self.state == "answered":
            words, who = one_line(self.answer or "", 300), one_line(self.answered_by or "", 100)
            return f"{self.id} was answered at {until(self.closed or 0)} by {who}: {words}"
        if self.state == "withdrawn":
            why = f": {self.answer}" if self.answer else ""
            return f"{self.id} was withdrawn at {until(self.closed or 0)}{why}; no answer counts any more."
        return f"{self.id} expired at {until(self.closed or self.expires)} without an answer; none counts any more."


class Questions:
    """Accepted means durable; an asker's key is accepted once; what has ended stays so."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        limit: int,
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        record: Callable[[str, str, str, str], None] = nowhere,
    ) -> None:
        """Bounded by `limit` open questions; `wall` and `steady` are the clocks, in seconds; `record` as in `Audit`."""
        self._db = database
        self._outbox = outbox
        self.limit = limit
        self._wall = wall
        self._steady = steady
        self._record = record
        self._ends: dict[str, float] = {}

    def ask(self, kind: str, wanted: Wanted, asker: str, key: str) -> StoredQuestion:
        """Store a question and put it into the outbox; under a key that the asker used before, return that one.

        Raises `ConfigError` when another question was asked under this key, `QueueFullError` when as many are open
        as may or as much waits in the outbox as may, `StateError` when it cannot be stored.
        """
        with self._db.transaction():
            known = self.of_key(asker, key)
            if known is not None:
                if known.digest != wanted.digest:
                    raise ConfigError(
                        f"Another question was asked under the key {key!r}: {known.id}. Use a new key."
                    )
                return known
            self._refuse_more()
            now, word = self._wall(), self._new_id()
            txn = _txn(word)
            self._db.change(
                "INSERT INTO question (id, asker, key, digest, kind, text, choices, free_text, thread, txn, created,"
                " expires) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    word,
                    asker,
                    key,
                    wanted.digest,
                    kind,
                    wanted.text,
                    json.dumps(wanted.choices),
                    int(wanted.free_text),
                    wanted.thread,
                    txn,
                    now,
                    now + wanted.seconds,
                ),
            )
            stored = self._find("id = ?", (word,))[0]
            self._outbox.accept(kind, stored.question.message, txn, asker, asks=True)
            self._record("asked", asker, wanted.text, word)
            self._db.change(
                "DELETE FROM question WHERE state != 'open' AND told = 1 AND rowid <="
                " (SELECT max(rowid) FROM question) - ?",
                (KEPT_ROWS,),
            )
        self._end_of(stored)
        return stored

    def get(self, word: str) -> StoredQuestion | None:
        """The question of this id, as far as it is kept."""
        found = self._find("id = ?", (word,))
        return found[0] if found else None

    def of_key(self, asker: str, key: str) -> StoredQuestion | None:
        """The question that an asker calls by this key."""
        found = self._find("asker = ? AND key = ?", (asker, key))
        return found[0] if found else None

    def last_of(self, asker: str) -> StoredQuestion | None:
        """The newest question of an asker."""
        found = self._find("asker = ? ORDER BY rowid DESC LIMIT 1", (asker,))
        return found[0] if found else None

    def of_message(self, kind: str, message: str) -> StoredQuestion | None:
        """The question that is asked by this message of the channel."""
        found = self._find("kind = ? AND message = ?", (kind, message))
        return found[0] if found else None

    def to_ask(self, txn: str) -> AskedQuestion | None:
        """The open question that is asked by the outbox entry with this transaction id."""
        found = self._find("txn = ? AND state = 'open'", (txn,))
        return found[0].question if found else None

    def sent_as(self, txn: str, kind: str, message: str | None) -> None:
        """The channel of `kind` has the message that asks the question of this outbox entry, if it asks one."""
        self._db.change("UPDATE question SET kind = ?, message = ? WHERE txn = ?", (kind, message, txn))

    def open(self) -> list[StoredQuestion]:
        """The questions that can be answered, the first that expires first."""
        return self._find("state = 'open' ORDER BY expires")

    def ended(self) -> list[StoredQuestion]:
        """The questions that have ended, and whose messages do not say so yet."""
        return self._find("state != 'open' AND told = 0 ORDER BY closed")

    def words_known(self) -> set[str]:
        """What any question that is kept offers, in lower case."""
        rows = self._db.rows("SELECT DISTINCT choices FROM question")
        return {choice.casefold() for row in rows for choice in json.loads(row[0])}

    def answer(self, stored: StoredQuestion, words: str, by: str) -> bool:
        """Let an answer count; False when the question had ended before, or ends now since its time is over."""
        if self.is_over(stored):
            self._close(stored, "expired")
            return False
        return self._close(stored, "answered", words, by)

    def withdraw(self, stored: StoredQuestion, why: str | None = None) -> bool:
        """Let no answer count any more, for a reason if there is one; False when the question had ended before."""
        return self._close(stored, "withdrawn", why)

    def expire(self) -> list[str]:
        """End every open question whose time is over; returns their ids."""
        return [one.id for one in self.open() if self.is_over(one) and self._close(one, "expired")]

    def is_over(self, stored: StoredQuestion) -> bool:
        """Whether its time is over, by the clock or by what has passed in this run: a clock set back buys no time."""
        return self.left_of(stored) <= 0

    def left(self) -> float | None:
        """Seconds until the next question expires; None when none is open."""
        left = [self.left_of(one) for one in self.open()]
        return max(min(left), 0.0) if left else None

    def left_of(self, stored: StoredQuestion) -> float:
        """Seconds until a question expires, by the clock that says the earlier end."""
        return min(stored.expires - self._wall(), self._end_of(stored) - self._steady())

    def tell(self, stored: StoredQuestion) -> None:
        """Its message says how it ended, so that its words are not needed any more."""
        self._db.change("UPDATE question SET told = 1, text = '' WHERE id = ?", (stored.id,))

    def _close(
        self, stored: StoredQuestion, state: str, answer: str | None = None, by: str | None = None
    ) -> bool:
        self._ends.pop(stored.id, None)
        with self._db.transaction():
            closed = self._db.change(
                "UPDATE question SET state = ?, answer = ?, answered_by = ?, closed = ? WHERE id = ? AND state = 'open'",
                (state, answer, by, self._wall(), stored.id),
            )
            if closed:
                self._record(state, by or "host", answer or "", stored.id)
        return bool(closed)

    def _end_of(self, stored: StoredQuestion) -> float:
        """When it ends by the clock that is never set: by what was left of its time when this run saw it first."""
        whole = stored.expires - stored.created
        left = min(max(stored.expires - self._wall(), 0.0), whole)
        return self._ends.setdefault(stored.id, self._steady() + left)

    def _refuse_more(self) -> None:
        count = self._db.rows("SELECT count(*) FROM question WHERE state = 'open'")[0][0]
        if count >= self.limit:
            raise QueueFullError(
                f"{count} questions are open, which is the limit (questions_limit). Look at them with: "
                "mosaic-connector status"
            )

    def _new_id(self) -> str:
        while True:
            word = new_id()
            known = "SELECT 1 FROM question WHERE id = ?1 UNION SELECT 1 FROM outbox WHERE txn = ?2"
            if not self._db.rows(known, (word, _txn(word))):
                return word

    def _find(self, where: str, values: Iterable[object] = ()) -> list[StoredQuestion]:
        rows = self._db.rows(f"SELECT * FROM question WHERE {where}", tuple(values))  # noqa: S608 (our own words)
        return [_stored(row) for row in rows]


def _txn(word: str) -> str:
    return f"question-{word}"


def until(moment: float) -> str:
    """A time as a human reads it."""
    return f"{iso_time(moment)[:16].replace('T', ' ')} UTC"


def _stored(row: sqlite3.Row) -> StoredQuestion:
    fields = {name: row[name] for name in row.keys()}  # noqa: SIM118 (a row is no mapping)
    return StoredQuestion(
        **{
            **fields,
            "choices": tuple(json.loads(row["choices"])),
            "free_text": bool(row["free_text"]),
            "told": bool(row["told"]),
        }
    )
