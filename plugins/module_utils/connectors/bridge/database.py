# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SQLite file of the bridge: opened, migrated, and its failures put into words."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ..errors import StateError

FILE_NAME = "bridge.sqlite3"

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE inbox (
      id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
      sender TEXT NOT NULL, text TEXT NOT NULL, thread TEXT, ts TEXT NOT NULL,
      state TEXT NOT NULL DEFAULT 'waiting', outcome TEXT, created REAL NOT NULL);
    CREATE INDEX inbox_waiting ON inbox (id) WHERE state = 'waiting';
    CREATE TABLE outbox (
      id INTEGER PRIMARY KEY AUTOINCREMENT, txn TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
      text TEXT NOT NULL, thread TEXT, attachments TEXT NOT NULL DEFAULT '[]', origin TEXT NOT NULL,
      state TEXT NOT NULL DEFAULT 'waiting', attempts INTEGER NOT NULL DEFAULT 0,
      first_tried REAL, next_try REAL NOT NULL DEFAULT 0, message_id TEXT, error TEXT, created REAL NOT NULL);
    CREATE INDEX outbox_waiting ON outbox (ifnull(thread, ''), id) WHERE state = 'waiting';
    CREATE INDEX outbox_state ON outbox (state, id);
    """,
    "ALTER TABLE inbox ADD COLUMN entered INTEGER NOT NULL DEFAULT 0;",
    "CREATE INDEX inbox_thread ON inbox (thread) WHERE thread IS NOT NULL;",
)
"""Step n leads from schema version n to n + 1; a step that was released is never edited."""


class Database:
    """One connection; every call is one transaction, durable when it returns."""

    def __init__(self, path: Path | None) -> None:
        """Open or make the file (None: in memory) and bring it to the newest schema; raises `StateError`."""
        self.name = str(path or "(in memory)")
        with self._explained():
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                # What people wrote to each other is nobody else's business; the side files follow this mode.
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._db = sqlite3.connect(path or ":memory:", timeout=10.0, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._migrate()
        self.identity = self._identity()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Run one statement and return its rows; raises `StateError`."""
        with self._explained(), closing(self._db.execute(statement, values)) as cursor:
            return cursor.fetchall()

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run one statement and return how many rows it changed; raises `StateError`."""
        with self._explained(), closing(self._db.execute(statement, values)) as cursor:
            return cursor.rowcount

    def _migrate(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise StateError(
                f"The state {self.name} has schema version {version}, this program knows up to {len(MIGRATIONS)}. "
                "Install the newer program again, or move the file away to start empty."
            )
        for number in range(version, len(MIGRATIONS)):
            self._db.executescript(
                f"BEGIN IMMEDIATE; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
            )

    def _identity(self) -> str:
        """A word that tells this file from another one that took its place."""
        self.change("INSERT OR IGNORE INTO meta VALUES ('identity', ?)", (uuid.uuid4().hex[:12],))
        return str(self.rows("SELECT value FROM meta WHERE name = 'identity'")[0][0])

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            advice = "Check the disk's free space and the file's owner."
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
                # SQLITE_CORRUPT and SQLITE_NOTADB, which have no class of their own.
                advice = "The file is damaged: put it back from a backup, or move it away to start empty."
            raise StateError(f"The state {self.name} cannot be used: {error}. {advice}") from error
