# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inbox: what the operator said, from the moment it is accepted until the pane has it."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

from ..errors import QueueFullError
from ..times import iso_time
from ..types import InboundMessage
from .database import Database

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


class Inbox:
    """Accepted means durable; an event id is accepted once."""

    def __init__(self, database: Database, limit: int) -> None:
        self._db = database
        self.limit = limit

    def accept(self, kind: str, message: InboundMessage) -> bool:
        """Store a message; False when it is here already.

        Raises `QueueFullError` when `limit` messages wait, `StateError` when it cannot be stored.
        """
        event = f"{kind}:{message.message_id or uuid.uuid4().hex}"
        if self._db.rows("SELECT 1 FROM inbox WHERE event = ?", (event,)):
            return False
        waiting = self.waiting()
        if waiting >= self.limit:
            raise QueueFullError(
                f"{waiting} messages wait for the orchestrator, which is the limit (inbox_limit)."
            )
        return bool(
            self._db.change(
                "INSERT OR IGNORE INTO inbox (event, kind, sender, text, thread, ts, created) VALUES (?,?,?,?,?,?,?)",
                (event, kind, message.sender, message.text, message.thread_id, message.ts, time.time()),
            )
        )

    def next(self) -> InboxEntry | None:
        """The oldest message that waits."""
        rows = self._db.rows("SELECT * FROM inbox WHERE state = 'waiting' ORDER BY id LIMIT 1")
        if not rows:
            return None
        row = rows[0]
        message = InboundMessage(
            row["text"], row["sender"], row["ts"], row["thread"], row["event"].partition(":")[2]
        )
        return InboxEntry(row["id"], f"{self._db.identity}:{row['id']}", message, bool(row["entered"]))

    def entering(self, entry: InboxEntry) -> None:
        """Remember, before Enter is pressed, that from now on the program may have the message."""
        self._db.change("UPDATE inbox SET entered = 1 WHERE id = ?", (entry.id,))

    def finish(self, entry: InboxEntry, outcome: str) -> None:
        """The pane has the message: remember the event and forget its words."""
        self._db.change(
            "UPDATE inbox SET state = 'done', outcome = ?, text = '' WHERE id = ?", (outcome, entry.id)
        )
        self._db.change("DELETE FROM inbox WHERE state = 'done' AND id <= ?", (entry.id - KEPT_ROWS,))

    def waiting(self) -> int:
        """How many messages wait."""
        return int(self._db.rows("SELECT count(*) FROM inbox WHERE state = 'waiting'")[0][0])

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
