# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mailbox between the tmux connector and the operator's console, durable on disk.

One SQLite file with a row for every message either way: a message waits there while nobody is
attached, while the console restarts, and while the bridge is down.
"""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from ..characters import encodable
from ..errors import StateError
from ..types import InboundMessage, OutboundMessage

FILE_NAME = "operator.sqlite3"

KEPT_ROWS = 5_000
"""Finished rows kept each way, for the console's history and for recognising a repeated send."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS shown (
  id INTEGER PRIMARY KEY AUTOINCREMENT, txn TEXT NOT NULL UNIQUE, text TEXT NOT NULL, thread TEXT,
  attachments TEXT NOT NULL, ts TEXT NOT NULL, printed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS typed (
  id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL UNIQUE, text TEXT NOT NULL, thread TEXT,
  sender TEXT NOT NULL, ts TEXT NOT NULL, taken INTEGER NOT NULL DEFAULT 0);
"""


@dataclass(frozen=True)
class ShownMessage:
    """A message of the orchestrator as the console prints it; `ts` is ISO-8601 UTC."""

    id: int
    text: str
    thread_id: str | None
    attachments: tuple[str, ...]
    ts: str


class Mailbox:
    """Messages to and from the operator; every method is one short transaction."""

    def __init__(self, path: Path) -> None:
        """Open or make the mailbox; raises `StateError` when that fails."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # The words of the operator are nobody else's business; SQLite's side files follow this mode.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._db = sqlite3.connect(path, timeout=10.0, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise StateError(
                f"The operator's mailbox {path} cannot be opened: {error}. Check its owner."
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def put_shown(self, message: OutboundMessage, txn: str) -> str:
        """Store a message for the console and return its id; the same `txn` is stored once."""
        self._run(
            "INSERT OR IGNORE INTO shown (txn, text, thread, attachments, ts) VALUES (?, ?, ?, ?, ?)",
            (txn, message.text, message.thread_id, "\n".join(message.attachments), utc_now()),
        )
        stored = self._run("SELECT id FROM shown WHERE txn = ?", (txn,))
        return f"tmux-{stored[0][0]}"

    def unprinted(self) -> list[ShownMessage]:
        """What the console has not printed yet, oldest first."""
        return [_shown(row) for row in self._run(f"{_SELECT_SHOWN} WHERE printed = 0 ORDER BY id")]

    def history(self, count: int) -> list[ShownMessage]:
        """The last `count` printed messages, oldest first."""
        rows = self._run(f"{_SELECT_SHOWN} WHERE printed = 1 ORDER BY id DESC LIMIT ?", (count,))
        return [_shown(row) for row in reversed(rows)]

    def mark_printed(self, message: ShownMessage) -> None:
        """Remember that the console printed a message, and forget the oldest."""
        self._run("UPDATE shown SET printed = 1 WHERE id = ?", (message.id,))
        self._run("DELETE FROM shown WHERE printed = 1 AND id <= ?", (message.id - KEPT_ROWS,))

    def put_typed(self, text: str, sender: str, thread_id: str | None = None) -> None:
        """Store what the operator typed, for the connector."""
        self._run(
            "INSERT INTO typed (event, text, thread, sender, ts) VALUES (?, ?, ?, ?, ?)",
            (f"tmux-{uuid.uuid4().hex}", text, thread_id, sender, utc_now()),
        )

    def untaken(self) -> list[InboundMessage]:
        """What the operator typed and nobody has taken yet, oldest first."""
        rows = self._run(
            "SELECT text, sender, ts, thread, event FROM typed WHERE taken = 0 ORDER BY id LIMIT 100"
        )
        return [InboundMessage(*row) for row in rows]

    def mark_taken(self, message: InboundMessage) -> None:
        """Remember that a message was handled; its words are forgotten."""
        self._run("UPDATE typed SET taken = 1, text = '' WHERE event = ?", (message.message_id,))
        self._run("DELETE FROM typed WHERE taken = 1 AND id <= (SELECT max(id) FROM typed) - ?", (KEPT_ROWS,))

    def _run(self, statement: str, values: Iterable[object] = ()) -> list[tuple[str, ...]]:
        stored = tuple(encodable(value) if isinstance(value, str) else value for value in values)
        try:
            with closing(self._db.execute(statement, stored)) as cursor:
                return cursor.fetchall()
        except sqlite3.Error as error:
            raise StateError(f"The operator's mailbox {self.path} cannot be used: {error}.") from error


_SELECT_SHOWN = "SELECT id, text, thread, attachments, ts FROM shown"


def _shown(row: tuple[str, ...]) -> ShownMessage:
    attachments = tuple(part for part in row[3].split("\n") if part)
    return ShownMessage(int(row[0]), row[1], row[2], attachments, row[4])


def utc_now() -> str:
    """The time as ISO-8601 UTC with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
