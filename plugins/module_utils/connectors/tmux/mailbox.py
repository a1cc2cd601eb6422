# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mailbox between the tmux connector and the operator's console, durable on disk.

One SQLite file with a row for every message either way: a message waits there while nobody is
attached, while the console restarts, and while the bridge is down.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from ..errors import QueueFullError, StateError
from ..store.database import Database
from ..store.migrations import MAILBOX
from ..store.tidying import TIDY_EVERY, Every
from ..types import InboundMessage, OutboundMessage

FILE_NAME = "operator.sqlite3"

KEPT_ROWS = 5_000
"""Finished rows kept each way, for recognising a repeated send."""

HISTORY_ROWS = 200
"""Printed messages whose words are kept, for a console that starts again."""

WAITING_BYTES = 256 * 1024 * 1024
"""What may wait for the console, in bytes of text."""

_AT_ONCE = 100


@dataclass(frozen=True)
class ShownMessage:
    """A message of the orchestrator as the console prints it; `ts` is ISO-8601 UTC."""

    id: int
    text: str
    thread_id: str | None
    attachments: tuple[str, ...]
    ts: str


class Mailbox:
    """Messages to and from the operator; every method is one short transaction and raises `StateError`."""

    def __init__(self, path: Path) -> None:
        """Open or make the mailbox."""
        self.path = path
        with self._explained():
            self._db = Database(path, MAILBOX)
        self._tidy = Every(TIDY_EVERY)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def put_shown(self, message: OutboundMessage, txn: str) -> str:
        """Store a message for the console and return its id; the same `txn` is stored once.

        Raises `QueueFullError` when nothing prints them and `WAITING_BYTES` wait.
        """
        with self._explained(), self._db.transaction():
            self._refuse_more(len(message.text.encode("utf-8", "replace")))
            self._db.change(
                "INSERT OR IGNORE INTO shown (txn, text, thread, attachments, ts) VALUES (?, ?, ?, ?, ?)",
                (txn, message.text, message.thread_id, "\n".join(message.attachments), utc_now()),
            )
            stored = self._db.rows("SELECT id FROM shown WHERE txn = ?", (txn,))
            return f"tmux-{stored[0][0]}"

    def unprinted(self) -> list[ShownMessage]:
        """What the console has not printed yet, oldest first, some at a time."""
        return self._shown(f"{_SELECT_SHOWN} WHERE printed = 0 ORDER BY id LIMIT {_AT_ONCE}")

    def history(self, count: int) -> list[ShownMessage]:
        """The last `count` printed messages, oldest first."""
        return self._shown(f"{_SELECT_SHOWN} WHERE printed = 1 ORDER BY id DESC LIMIT ?", (count,))[::-1]

    def mark_printed(self, message: ShownMessage) -> None:
        """Remember that the console printed a message, and now and then forget the oldest."""
        with self._explained():
            self._db.change("UPDATE shown SET printed = 1 WHERE id = ? AND printed = 0", (message.id,))
            if self._tidy.is_time():
                # Of the old ones the id stays, for a send that is repeated.
                old = (message.id - HISTORY_ROWS,)
                self._db.change(
                    "UPDATE shown SET text = '' WHERE printed = 1 AND id <= ? AND text != ''", old
                )
                gone = (message.id - KEPT_ROWS,)
                self._db.change("DELETE FROM shown WHERE printed = 1 AND id <= ?", gone)
                self._db.shrink()

    def put_typed(self, text: str, sender: str, thread_id: str | None = None) -> None:
        """Store what the operator typed, for the connector."""
        with self._explained():
            self._db.change(
                "INSERT INTO typed (event, text, thread, sender, ts) VALUES (?, ?, ?, ?, ?)",
                (f"tmux-{uuid.uuid4().hex}", text, thread_id, sender, utc_now()),
            )

    def untaken(self) -> list[InboundMessage]:
        """What the operator typed and nobody has taken yet, oldest first, some at a time."""
        with self._explained():
            rows = self._db.rows(
                "SELECT text, sender, ts, thread, event FROM typed WHERE taken = 0 ORDER BY id LIMIT ?",
                (_AT_ONCE,),
            )
        return [InboundMessage(*row) for row in rows]

    def mark_taken(self, message: InboundMessage) -> None:
        """Remember that a message was handled; its words are forgotten."""
        with self._explained():
            self._db.change(
                "UPDATE typed SET taken = 1, text = '' WHERE event = ? AND taken = 0", (message.message_id,)
            )
            if self._tidy.is_time():
                self._db.change(
                    "DELETE FROM typed WHERE taken = 1 AND id <= (SELECT max(id) FROM typed) - ?",
                    (KEPT_ROWS,),
                )
                self._db.shrink()

    def _refuse_more(self, size: int) -> None:
        held = self._db.rows("SELECT ifnull(sum(length(CAST(text AS BLOB))), 0) FROM shown WHERE printed = 0")
        if held[0][0] + size > WAITING_BYTES:
            raise QueueFullError(
                f"{held[0][0]} bytes wait for the operator's console, and at most {WAITING_BYTES} do. "
                "The console does not run: restart the bridge, which opens it."
            )

    def _shown(self, statement: str, values: Sequence[object] = ()) -> list[ShownMessage]:
        with self._explained():
            return [_message(row) for row in self._db.rows(statement, values)]

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except QueueFullError:
            raise
        except StateError as error:
            raise StateError(f"The operator's mailbox: {error}") from error


_SELECT_SHOWN = "SELECT id, text, thread, attachments, ts FROM shown"


def _message(row: sqlite3.Row) -> ShownMessage:
    attachments = tuple(part for part in row["attachments"].split("\n") if part)
    return ShownMessage(row["id"], row["text"], row["thread"], attachments, row["ts"])


def utc_now() -> str:
    """The time as ISO-8601 UTC with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
