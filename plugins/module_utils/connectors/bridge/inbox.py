# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inbox: what the operator said, from the moment it is accepted until the pane has it."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

from ..errors import QueueFullError, StateError
from ..store.database import Database
from ..store.tidying import TIDY_EVERY, Every
from ..times import iso_time
from ..types import InboundMessage

WAITING_BYTES = 256 * 1024 * 1024
"""What may wait, in bytes of text, unless the settings say otherwise."""

BEGAN = "submitted"
"""The outcome of a message that the program is known to have taken: it began a turn, which an answer ends."""

KEPT_ROWS = 20_000
"""Finished rows kept, without their words, to recognise an event that comes again."""


@dataclass(frozen=True)
class InboxEntry:
    """A stored message of the operator; `token` names this very entry for ever.

    `entered`: Enter was about to be pressed for it, so a program that has ended since may have had it.
    """

    id: int
    token: str
    message: InboundMessage
    entered: bool
    created: float = 0.0
    """When it was stored, in seconds since the epoch."""
    kind: str = ""
    """The kind of channel that it came by."""


class Inbox:
    """Accepted means durable; an event id is accepted once."""

    def __init__(self, database: Database, limit: int, bytes_limit: int = WAITING_BYTES) -> None:
        """Bounded by `limit` messages and by `bytes_limit` bytes of text that wait."""
        self._db = database
        self.limit = limit
        self.bytes_limit = bytes_limit
        self._tidy = Every(TIDY_EVERY)

    def accept(self, kind: str, message: InboundMessage) -> bool:
        """Store a message; False when it is here already.

        Raises `QueueFullError` when as much waits as may, `StateError` when it cannot be stored.
        """
        event = _event(kind, message)
        size = len(message.text.encode("utf-8", "replace"))
        with self._db.transaction():
            if self._knows(event):
                return False
            self._refuse_more(size)
            self._db.change(
                "INSERT INTO inbox (event, kind, sender, text, thread, ts, created, bytes) VALUES (?,?,?,?,?,?,?,?)",
                (
                    event,
                    kind,
                    message.sender,
                    message.text,
                    message.thread_id,
                    message.ts,
                    time.time(),
                    size,
                ),
            )
        return True

    def settle(self, kind: str, message: InboundMessage, outcome: str) -> bool:
        """Store a message that the bridge itself acts on as finished, without its words; False when it is here already.

        It waits for nobody, so that no limit is asked. Raises `StateError` when it cannot be stored, in which case
        nothing is to be done for it.
        """
        event = _event(kind, message)
        with self._db.transaction():
            if self._knows(event):
                return False
            self._db.change(
                "INSERT INTO inbox (event, kind, sender, text, thread, ts, created, state, outcome)"
                " VALUES (?,?,?,'',?,?,?,'done',?)",
                (event, kind, message.sender, message.thread_id, message.ts, time.time(), outcome),
            )
            tidied = self._tidied(self._db.rows("SELECT max(id) FROM inbox")[0][0])
        if tidied:
            self._db.shrink()
        return True

    def next(self) -> InboxEntry | None:
        """The oldest message that waits."""
        waiting = self.listing(1)
        return waiting[0] if waiting else None

    def listing(self, most: int) -> list[InboxEntry]:
        """The messages that wait, oldest first, `most` of them at most."""
        return self._entries("ORDER BY id LIMIT ?", most)

    def get_waiting(self, number: int) -> InboxEntry | None:
        """The message of that number, if it waits."""
        found = self._entries("AND id = ?", number)
        return found[0] if found else None

    def _entries(self, which: str, value: int) -> list[InboxEntry]:
        rows = self._db.rows(f"SELECT * FROM inbox WHERE state = 'waiting' {which}", (value,))  # noqa: S608 (our own words)
        return [
            InboxEntry(
                row["id"],
                f"{self._db.identity}:{row['id']}",
                InboundMessage(
                    row["text"], row["sender"], row["ts"], row["thread"], row["event"].partition(":")[2]
                ),
                bool(row["entered"]),
                row["created"],
                row["kind"],
            )
            for row in rows
        ]

    def require_waiting(self, entry: InboxEntry) -> None:
        """Raise `StateError` when a message waits no longer, in which case it is not to be typed."""
        if self.get_waiting(entry.id) is None:
            raise StateError(
                f"Message {entry.id} of the inbox waits no longer: somebody else has settled it."
            )

    def entering(self, entry: InboxEntry) -> None:
        """Remember, before Enter is pressed, that from now on the program may have the message.

        Raises `StateError` also when it waits no longer, in which case Enter is not to be pressed.
        """
        if not self._db.change(
            "UPDATE inbox SET entered = 1, awaiting = ? WHERE id = ? AND state = 'waiting'",
            (time.time(), entry.id),
        ):
            raise StateError(
                f"Message {entry.id} of the inbox waits no longer: somebody else has settled it."
            )

    def finish(self, entry: InboxEntry, outcome: str) -> bool:
        """The pane has the message: remember the event and forget its words; False when that was done."""
        with self._db.transaction():
            changed = self._db.change(
                "UPDATE inbox SET state = 'done', outcome = ?1, text = '', bytes = 0,"
                " awaiting = CASE WHEN ?1 = ?2 THEN awaiting END WHERE id = ?3 AND state = 'waiting'",
                (outcome, BEGAN, entry.id),
            )
            tidied = self._tidied(entry.id)
        if tidied:
            self._db.shrink()
        return bool(changed)

    def expect_no_answer(self) -> None:
        """Wait for an answer to nothing that was delivered so far: its turn was ended by the operator himself."""
        self._db.change("UPDATE inbox SET awaiting = NULL WHERE awaiting IS NOT NULL")

    def _knows(self, event: str) -> bool:
        return bool(self._db.rows("SELECT 1 FROM inbox WHERE event = ?", (event,)))

    def _tidied(self, newest: int) -> bool:
        """Forget what was finished long before the row `newest`, if it is time to; whether it was."""
        due = self._tidy.is_time()
        if due:
            self._db.change("DELETE FROM inbox WHERE state = 'done' AND id <= ?", (newest - KEPT_ROWS,))
        return due

    def _refuse_more(self, size: int) -> None:
        count, held = self._db.rows(
            "SELECT count(*), ifnull(sum(bytes), 0) FROM inbox WHERE state = 'waiting'"
        )[0]
        if count >= self.limit:
            raise QueueFullError(
                f"{count} messages wait for the orchestrator, which is the limit (inbox_limit)."
            )
        if held and held + size > self.bytes_limit:  # an empty one takes whatever is small enough by itself
            raise QueueFullError(
                f"Messages of {held} bytes wait for the orchestrator, and this one has {size}: "
                f"{self.bytes_limit} are the limit (inbox_bytes)."
            )

    def waiting(self) -> int:
        """How many messages wait."""
        return int(self._db.rows("SELECT count(*) FROM inbox WHERE state = 'waiting'")[0][0])

    def oldest(self) -> float | None:
        """When the oldest message that waits was accepted, in seconds since the epoch."""
        value = self._db.rows("SELECT min(created) FROM inbox WHERE state = 'waiting'")[0][0]
        return None if value is None else float(value)

    def waiting_messages(self) -> set[str]:
        """The connector's ids of the messages that wait."""
        rows = self._db.rows("SELECT event FROM inbox WHERE state = 'waiting'")
        return {row["event"].partition(":")[2] for row in rows}

    def last(self) -> dict[str, Any] | None:
        """The newest message as JSON without its words: when, from whom, and what became of it."""
        rows = self._db.rows("SELECT created, sender, state, outcome FROM inbox ORDER BY id DESC LIMIT 1")
        if not rows:
            return None
        row = rows[0]
        return {
            "at": iso_time(row["created"]),
            "sender": row["sender"],
            "state": row["outcome"] or row["state"],
        }


def _event(kind: str, message: InboundMessage) -> str:
    """What a message is recognised by when it comes again; one without an id never is."""
    return f"{kind}:{message.message_id or uuid.uuid4().hex}"
