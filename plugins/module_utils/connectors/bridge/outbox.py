# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outbox: what the orchestrator said, from the moment it is accepted until the channel has it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import QueueFullError
from ..times import iso_time
from ..types import OutboundMessage
from .database import Database

LARGEST_NUMBER = 2**63 - 1
"""What SQLite can count to."""

KEPT_ROWS = 2_000
"""Sent rows kept, without their words, to answer a sender that asks again."""

BRIDGE_ORIGIN = "bridge"
"""The origin of a notice that the bridge itself writes."""


@dataclass(frozen=True)
class OutboxEntry:
    """A stored message to the operator; `state` is waiting, sent, dead or dropped."""

    id: int
    txn: str
    kind: str
    message: OutboundMessage
    origin: str
    state: str
    attempts: int
    first_tried: float | None
    next_try: float
    message_id: str | None
    error: str | None
    created: float


class Outbox:
    """Accepted means durable; a transaction id is accepted once; order per thread is kept."""

    def __init__(self, database: Database, limit: int) -> None:
        self._db = database
        self.limit = limit

    def accept(self, kind: str, message: OutboundMessage, txn: str, origin: str) -> OutboxEntry:
        """Store a message under the sender's `txn` and return it as it stands.

        An answer into a thread that came by another kind of channel is kept as one of that kind, for
        its thread means nothing to the channel of today.
        Raises `QueueFullError` when `limit` messages wait, `StateError` when it cannot be stored.
        """
        known = self._select("WHERE txn = ?", (txn,))
        if known:
            return known[0]
        counts = self.counts()
        if counts.get("waiting", 0) + counts.get("dead", 0) >= self.limit:
            raise QueueFullError(
                f"{counts.get('waiting', 0)} messages wait for the channel and {counts.get('dead', 0)} are dead letters: "
                "together that is the limit (outbox_limit). Look at them with: mosaic-connector outbox"
            )
        self._db.change(
            "INSERT OR IGNORE INTO outbox (txn, kind, text, thread, attachments, origin, created) VALUES (?,?,?,?,?,?,?)",
            (
                txn,
                self._kind_of(message.thread_id) or kind,
                message.text,
                message.thread_id,
                json.dumps(list(message.attachments)),
                origin,
                time.time(),
            ),
        )
        return self._select("WHERE txn = ?", (txn,))[0]

    def get(self, number: int) -> OutboxEntry | None:
        """The entry of that number, if it is still kept."""
        found = self._select("WHERE id = ?", (number,))
        return found[0] if found else None

    def next(self, now: float) -> OutboxEntry | None:
        """The oldest entry that may be tried: the first of its thread, and not put off beyond `now`."""
        found = self._select(
            "WHERE id IN (SELECT min(id) FROM outbox WHERE state = 'waiting' GROUP BY ifnull(thread, ''))"
            " AND next_try <= ? ORDER BY id LIMIT 1",
            (now,),
        )
        return found[0] if found else None

    def next_try(self) -> float | None:
        """When the first entry that is put off may be tried again, in seconds since the epoch."""
        value = self._db.rows("SELECT min(next_try) FROM outbox WHERE state = 'waiting'")[0][0]
        return None if value is None else float(value)

    def trying(self, entry: OutboxEntry, now: float) -> None:
        """Remember the time of the first try before it is made."""
        if entry.first_tried is None:
            self._db.change("UPDATE outbox SET first_tried = ? WHERE id = ?", (now, entry.id))

    def sent(self, entry: OutboxEntry, message_id: str | None) -> None:
        """The channel has it: keep the proof and forget the words."""
        self._db.change(
            "UPDATE outbox SET state = 'sent', message_id = ?, error = NULL, text = '' WHERE id = ?",
            (message_id, entry.id),
        )
        self._db.change(
            "DELETE FROM outbox WHERE state IN ('sent', 'dropped') AND id <= ?", (entry.id - KEPT_ROWS,)
        )

    def failed(self, entry: OutboxEntry, error: str, *, next_try: float, counts: bool, dead: bool) -> None:
        """It was not sent: put it off, or make a dead letter of it."""
        self._db.change(
            "UPDATE outbox SET state = ?, attempts = attempts + ?, error = ?, next_try = ? WHERE id = ?",
            ("dead" if dead else "waiting", int(counts), error, next_try, entry.id),
        )

    def counts(self) -> dict[str, int]:
        """How many entries are in which state."""
        rows = self._db.rows("SELECT state, count(*) FROM outbox GROUP BY state")
        return {str(row[0]): int(row[1]) for row in rows}

    def listing(self, states: Iterable[str] = ("waiting", "dead")) -> list[OutboxEntry]:
        """The entries in the given states, oldest first."""
        chosen = list(states)
        return self._select(f"WHERE state IN ({','.join('?' * len(chosen))}) ORDER BY id", chosen)

    def last(self) -> dict[str, Any] | None:
        """The newest message of the orchestrator as JSON without its words: when, and what became of it."""
        found = self._select("WHERE origin != ? ORDER BY id DESC LIMIT 1", (BRIDGE_ORIGIN,))
        if not found:
            return None
        return {"at": iso_time(found[0].created), "state": found[0].state, "detail": found[0].error}

    def retry(self, number: int | None = None) -> int:
        """Give dead letters (one, or all) new attempts; returns how many."""
        return self._settle("state = 'waiting', attempts = 0, next_try = 0", "state = 'dead'", number)

    def drop(self, number: int | None = None) -> int:
        """Give entries up: dead letters, or the one of that number though it still waits; returns how many."""
        which = "state = 'dead'" if number is None else "state IN ('dead', 'waiting')"
        return self._settle("state = 'dropped', text = ''", which, number)

    def _kind_of(self, thread_id: str | None) -> str | None:
        """The kind of channel that a thread was last seen on, as far as it is remembered."""
        found = self._db.rows(
            "SELECT kind FROM inbox WHERE thread = ?1"
            " UNION ALL SELECT kind FROM outbox WHERE state = 'sent' AND message_id = ?1 LIMIT 1",
            (thread_id,),
        )
        return str(found[0][0]) if thread_id and found else None

    def _settle(self, change: str, which: str, number: int | None) -> int:
        if number is not None and not 0 < number <= LARGEST_NUMBER:
            return 0
        return self._db.change(
            f"UPDATE outbox SET {change} WHERE {which} AND (? IS NULL OR id = ?)",  # noqa: S608 (our own words)
            (number, number),
        )

    def _select(self, where: str, values: Iterable[object]) -> list[OutboxEntry]:
        return [_entry(row) for row in self._db.rows(f"SELECT * FROM outbox {where}", tuple(values))]  # noqa: S608


def _entry(row: sqlite3.Row) -> OutboxEntry:
    return OutboxEntry(
        id=row["id"],
        txn=row["txn"],
        kind=row["kind"],
        message=OutboundMessage(row["text"], row["thread"], tuple(json.loads(row["attachments"]))),
        origin=row["origin"],
        state=row["state"],
        attempts=row["attempts"],
        first_tried=row["first_tried"],
        next_try=row["next_try"],
        message_id=row["message_id"],
        error=row["error"],
        created=row["created"],
    )
