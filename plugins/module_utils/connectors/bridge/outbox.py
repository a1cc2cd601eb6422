# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outbox: what the orchestrator said, from the moment it is accepted until the channel has it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import QueueFullError
from ..store.database import Database
from ..store.tidying import TIDY_EVERY, Every
from ..times import iso_time
from ..types import OutboundMessage

LARGEST_NUMBER = 2**63 - 1
"""What SQLite can count to."""

WAITING_BYTES = 256 * 1024 * 1024
"""What may wait and be dead letters, in bytes of words, threads and addresses of files, unless the settings say otherwise."""

LONGEST_PUT_OFF = 600.0
"""Seconds beyond which nobody puts off a message: what the dispatcher grants, doubled."""

KEPT_ROWS = 2_000
"""Sent rows kept, without their words, to answer a sender that asks again."""

BRIDGE_ORIGIN = "bridge"
"""The origin of a notice that the bridge itself writes."""


@dataclass(frozen=True)
class OutboxLine:
    """A stored message to the operator without its words; `state` is waiting, sent, dead or dropped."""

    id: int
    txn: str
    kind: str
    thread: str | None
    chars: int
    attachments: tuple[str, ...]
    origin: str
    state: str
    attempts: int
    first_tried: float | None
    next_try: float
    message_id: str | None
    error: str | None
    created: float


@dataclass(frozen=True)
class OutboxEntry(OutboxLine):
    """The same with its words, to be sent."""

    message: OutboundMessage


class Outbox:
    """Accepted means durable; a transaction id is accepted once; order per thread is kept."""

    def __init__(
        self,
        database: Database,
        limit: int,
        bytes_limit: int = WAITING_BYTES,
        record: Callable[[str, str, str, str], None] | None = None,
    ) -> None:
        """Bounded by `limit` messages and by `bytes_limit` bytes that wait or are dead letters; `record` as in `Audit`."""
        self._db = database
        self._record = record
        self.limit = limit
        self.bytes_limit = bytes_limit
        self._tidy = Every(TIDY_EVERY)

    def accept(
        self, kind: str, message: OutboundMessage, txn: str, origin: str, *, asks: bool = False
    ) -> OutboxLine:
        """Store a message under the sender's `txn` and return it as it stands.

        An answer into a thread that came by another kind of channel is kept as one of that kind, for
        its thread means nothing to the channel of today. `asks`: it is a question, and recorded as one.
        Raises `QueueFullError` when as much waits as may, `StateError` when it cannot be stored.
        """
        attachments = json.dumps(list(message.attachments))
        size = len(f"{message.text}{message.thread_id or ''}{attachments}".encode("utf-8", "replace"))
        with self._db.transaction():
            known = self._lines("WHERE txn = ?", (txn,))
            if known:
                return known[0]
            self._refuse_more(size)
            if origin != BRIDGE_ORIGIN:
                # The orchestrator speaks: what it took before is answered.
                self._db.change("UPDATE inbox SET awaiting = NULL WHERE awaiting IS NOT NULL")
            self._db.change(
                "INSERT INTO outbox (txn, kind, text, thread, attachments, origin, created, bytes)"
                " VALUES (?,?,?,?,?,?,?,?)",
                (
                    txn,
                    self._kind_of(message.thread_id) or kind,
                    message.text,
                    message.thread_id,
                    attachments,
                    origin,
                    time.time(),
                    size,
                ),
            )
            if self._record is not None and origin != BRIDGE_ORIGIN and not asks:
                self._record("sent", origin, message.text, txn)
            return self._lines("WHERE txn = ?", (txn,))[0]

    def get(self, number: int) -> OutboxLine | None:
        """The entry of that number, if it is still kept."""
        found = self._lines("WHERE id = ?", (number,))
        return found[0] if found else None

    def by_txn(self, txn: str) -> OutboxLine | None:
        """The entry of that transaction id, if it is still kept."""
        found = self._lines("WHERE txn = ?", (txn,))
        return found[0] if found else None

    def next(self, now: float) -> OutboxEntry | None:
        """The oldest entry that may be tried: the first of its thread, and not put off beyond `now`.

        One that is put off for longer than anybody puts off was so by a clock that was wrong.
        """
        found = self._db.rows(_NEXT, (now, LONGEST_PUT_OFF))
        return _entry(found[0]) if found else None

    def next_try(self) -> float | None:
        """When the first entry that is put off may be tried again, in seconds since the epoch."""
        value = self._db.rows(_NEXT_TRY)[0][0]
        return None if value is None else float(value)

    def trying(self, entry: OutboxLine, now: float) -> bool:
        """Remember the time of the first try before it is made; False when it is not to be made any more."""
        return bool(
            self._db.change(
                "UPDATE outbox SET first_tried = ifnull(first_tried, ?) WHERE id = ? AND state = 'waiting'",
                (now, entry.id),
            )
        )

    def sent(self, entry: OutboxLine, message_id: str | None) -> bool:
        """The channel has it: keep the proof and forget the words; False when it waited no longer."""
        with self._db.transaction():
            changed = self._db.change(
                "UPDATE outbox SET state = 'sent', message_id = ?, error = NULL, text = '', bytes = 0,"
                " attachments = '[]' WHERE id = ? AND state = 'waiting'",
                (message_id, entry.id),
            )
            tidy = self._tidy.is_time()
            if tidy:
                self._db.change(
                    "DELETE FROM outbox WHERE state IN ('sent', 'dropped') AND id <= ?",
                    (entry.id - KEPT_ROWS,),
                )
        if tidy:
            self._db.shrink()
        return bool(changed)

    def failed(self, entry: OutboxLine, error: str, *, next_try: float, counts: bool, dead: bool) -> bool:
        """It was not sent: put it off, or make a dead letter of it; False when it waited no longer."""
        return bool(
            self._db.change(
                "UPDATE outbox SET state = ?, attempts = attempts + ?, error = ?, next_try = ?"
                " WHERE id = ? AND state = 'waiting'",
                ("dead" if dead else "waiting", int(counts), error, next_try, entry.id),
            )
        )

    def counts(self) -> dict[str, int]:
        """How many entries are in which state."""
        rows = self._db.rows("SELECT state, count(*) FROM outbox GROUP BY state")
        return {str(row[0]): int(row[1]) for row in rows}

    def oldest(self) -> float | None:
        """When the oldest message that waits was accepted, in seconds since the epoch."""
        value = self._db.rows("SELECT min(created) FROM outbox WHERE state = 'waiting'")[0][0]
        return None if value is None else float(value)

    def listing(self, states: Iterable[str] = ("waiting", "dead")) -> list[OutboxLine]:
        """The entries in the given states without their words, oldest first."""
        chosen = list(states)
        return self._lines(f"WHERE state IN ({','.join('?' * len(chosen))}) ORDER BY id", chosen)

    def attachments(self) -> list[str]:
        """The files and URLs of the entries that wait or are dead letters."""
        rows = self._db.rows(
            "SELECT attachments FROM outbox WHERE state IN ('waiting', 'dead') AND attachments != '[]'"
        )
        return [one for row in rows for one in json.loads(row[0])]

    def last(self) -> dict[str, Any] | None:
        """The newest message of the orchestrator as JSON without its words: when, and what became of it."""
        found = self._db.rows(
            "SELECT created, state, error FROM outbox WHERE origin != ? ORDER BY id DESC LIMIT 1",
            (BRIDGE_ORIGIN,),
        )
        if not found:
            return None
        return {"at": iso_time(found[0]["created"]), "state": found[0]["state"], "detail": found[0]["error"]}

    def retry(self, number: int | None = None) -> int:
        """Give dead letters (one, or all) new attempts; returns how many."""
        return len(self._settle("state = 'waiting', attempts = 0, next_try = 0", "state = 'dead'", number))

    def drop(
        self, number: int | None = None, *, forget: Callable[[Iterable[str]], None] | None = None
    ) -> int:
        """Give entries up: dead letters, or the one of that number though it still waits; returns how many.

        `forget` is told the files that nothing needs any more.
        """
        which = "state = 'dead'" if number is None else "state IN ('dead', 'waiting')"
        dropped = self._settle("state = 'dropped', text = '', bytes = 0, attachments = '[]'", which, number)
        if forget is not None:
            forget(path for attachments in dropped for path in attachments)
        return len(dropped)

    def _refuse_more(self, size: int) -> None:
        rows = self._db.rows(
            "SELECT state, count(*), ifnull(sum(bytes), 0) FROM outbox WHERE state IN ('waiting', 'dead') GROUP BY state"
        )
        counts = {str(row[0]): int(row[1]) for row in rows}
        held = sum(row[2] for row in rows)
        waiting, dead = counts.get("waiting", 0), counts.get("dead", 0)
        if waiting + dead >= self.limit:
            limit = "together that is the limit (outbox_limit)"
        elif held and held + size > self.bytes_limit:  # an empty one takes what is small enough by itself
            limit = (
                f"with {held} bytes, and this one has {size}: {self.bytes_limit} are the limit (outbox_bytes)"
            )
        else:
            return
        raise QueueFullError(
            f"{waiting} messages wait for the channel and {dead} are dead letters: {limit}. "
            "Look at them with: mosaic-connector outbox"
        )

    def _kind_of(self, thread_id: str | None) -> str | None:
        """The kind of channel that a thread was last seen on, as far as it is remembered."""
        found = self._db.rows(
            "SELECT kind FROM inbox WHERE thread = ?1"
            " UNION ALL SELECT kind FROM outbox WHERE state = 'sent' AND message_id = ?1 LIMIT 1",
            (thread_id,),
        )
        return str(found[0][0]) if thread_id and found else None

    def _settle(self, change: str, which: str, number: int | None) -> list[list[str]]:
        """Change entries; returns the attachments of each of them."""
        if number is not None and not 0 < number <= LARGEST_NUMBER:
            return []
        where = f"WHERE {which} AND (?1 IS NULL OR id = ?1)"
        with self._db.transaction():
            rows = self._db.rows(f"SELECT attachments FROM outbox {where}", (number,))  # noqa: S608 (our own words)
            self._db.change(f"UPDATE outbox SET {change} {where}", (number,))  # noqa: S608
        return [json.loads(row[0]) for row in rows]

    def _lines(self, where: str, values: Iterable[object]) -> list[OutboxLine]:
        rows = self._db.rows(f"SELECT {_LINE} FROM outbox {where}", tuple(values))  # noqa: S608
        return [OutboxLine(**_fields(row)) for row in rows]


# Never the words of all: a listing of a full outbox would take all of the memory.
_LINE = (
    "id, txn, kind, thread, length(text) AS chars, attachments, origin, state, attempts, first_tried,"
    " next_try, message_id, error, created"
)
# The first of each thread: those that follow it are not due before it, whenever that is.
_HEADS = "SELECT min(id) FROM outbox WHERE state = 'waiting' GROUP BY ifnull(thread, '')"
_NEXT = (
    f"SELECT {_LINE}, text FROM outbox WHERE id IN ({_HEADS})"  # noqa: S608 (our own words)
    " AND (next_try <= ?1 OR next_try > ?1 + ?2) ORDER BY id LIMIT 1"
)
_NEXT_TRY = f"SELECT min(next_try) FROM outbox WHERE id IN ({_HEADS})"  # noqa: S608


def _fields(row: sqlite3.Row) -> dict[str, Any]:
    fields = {name: row[name] for name in row.keys() if name != "text"}  # noqa: SIM118 (a row is no mapping)
    return {**fields, "attachments": tuple(json.loads(row["attachments"]))}


def _entry(row: sqlite3.Row) -> OutboxEntry:
    fields = _fields(row)
    message = OutboundMessage(row["text"], row["thread"], fields["attachments"])
    return OutboxEntry(**fields, message=message)
