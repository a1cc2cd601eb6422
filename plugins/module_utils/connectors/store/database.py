# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SQLite file of ours: one opener, one set of pragmas, durable when a call returns."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..characters import encodable
from ..durable import make_file
from ..errors import StateError
from .migrations import BRIDGE, Schema, required
from .writer import write

FILE_NAME = "bridge.sqlite3"
"""In the state directory. Also of a connector without a bridge: the name is that of the versions before it."""

BUSY_SECONDS = 10.0
"""How long a statement waits for another process, such as an administrator's sqlite3."""

WAL_BYTES = 64 * 1024 * 1024
"""What the write-ahead log may keep of the disk once it is worked off."""

VACUUM_PAGES = 2_000


@dataclass(frozen=True)
class _Held:
    """A connection, and the turn of who uses it: SQLite does not outlive one that is closed in the middle of a statement."""

    connection: sqlite3.Connection
    turn: threading.RLock = field(default_factory=threading.RLock)


class Database:
    """A file, with a connection for each thread; every call outside of `transaction` is one by itself.

    Reading disturbs nobody and is done where it is needed. What writes belongs into `writer.write`
    wherever an event loop runs.
    """

    def __init__(self, path: Path | None, schema: Schema = BRIDGE) -> None:
        """Open or make the file (None: in memory) and bring it to the newest schema; raises `StateError`."""
        self.name = str(path or "(in memory)")
        self._path = path
        self._local = threading.local()
        self._opened: list[_Held] = []
        self._opening = threading.Lock()
        self.closed = False
        # A database in memory is one connection, which its threads share by turns.
        self._only = self._connect() if path is None else None
        try:
            with self._explained():
                if path is not None:
                    # What people wrote to each other is nobody else's business; the side files follow this mode.
                    make_file(path)
                self._migrate(schema)
            self.identity = self._identity() if schema is BRIDGE else ""
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file, once every statement that runs is done; harmless when called twice."""
        with self._opening:
            self.closed = True
            opened, self._opened = self._opened, []
        for held in opened:
            with held.turn:
                held.connection.close()

    async def aclose(self) -> None:
        """Let go of the file once everything is written that was asked for."""
        await write(self.close)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Run one statement and return its rows; raises `StateError`."""
        with self._executed(statement, values) as cursor:
            return cursor.fetchall()

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run one statement and return how many rows it changed; raises `StateError`."""
        with self._executed(statement, values) as cursor:
            return cursor.rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All calls within, or none of them; one within another is a part of that. Raises `StateError`."""
        with self._explained(), self._using() as connection:
            if connection.in_transaction:
                yield
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                connection.execute("COMMIT")
            except BaseException:
                # A disk that is full may have rolled it back already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def shrink(self) -> None:
        """Give pages that nothing uses any more back to the disk, some at a time; raises `StateError`.

        Within a transaction, which a script would end, nothing is done: the next time is soon enough.
        """
        with self._explained(), self._using() as connection:
            if connection.in_transaction:
                return
            # As a script: a statement by itself would be stepped once, which is one page.
            connection.executescript(f"PRAGMA incremental_vacuum({VACUUM_PAGES})")

    def _connect(self) -> _Held:
        with self._opening:
            self._require_open()
            held = _Held(
                sqlite3.connect(
                    self._path or ":memory:",
                    timeout=BUSY_SECONDS,
                    isolation_level=None,
                    check_same_thread=False,
                )
            )
            self._opened.append(held)
        with held.turn:
            self._require_open()
            connection = held.connection
            connection.row_factory = sqlite3.Row
            # Before anything is written: a file that has a page keeps what it began with.
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA journal_size_limit={WAL_BYTES}")
        return held

    def _require_open(self) -> None:
        if self.closed:
            raise StateError(f"The state {self.name} is closed: whoever used it has stopped.")

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        held: _Held | None = self._only or getattr(self._local, "held", None)
        if held is None:
            held = self._local.held = self._connect()
        with held.turn:
            self._require_open()
            yield held.connection

    @contextmanager
    def _executed(self, statement: str, values: Sequence[Any]) -> Iterator[sqlite3.Cursor]:
        with (
            self._explained(),
            self._using() as connection,
            closing(connection.execute(statement, _storable(values))) as cursor,
        ):
            yield cursor

    def _migrate(self, schema: Schema) -> None:
        """Take the steps that are missing; what fails leaves the file as it was."""
        with self._using() as connection:
            needed = connection.execute("PRAGMA user_version").fetchone()[0]
            if needed > len(schema):
                raise StateError(
                    f"The state {self.name} has schema version {needed}, this program knows up to {len(schema)}. "
                    "Install the newer program again, or move the file away to start empty."
                )
            if _taken(connection) >= len(schema):
                return
            with self.transaction():
                # Asked again: another process may have been at it.
                for number in range(_taken(connection), len(schema)):
                    for statement in schema[number].statements:
                        connection.execute(statement)
                connection.execute("CREATE TABLE IF NOT EXISTS step (taken INTEGER NOT NULL)")
                connection.execute("DELETE FROM step")
                connection.execute("INSERT INTO step VALUES (?)", (len(schema),))
                connection.execute(f"PRAGMA user_version = {max(needed, required(schema, len(schema)))}")

    def _identity(self) -> str:
        """A word that tells this file from another one that took its place."""
        known = self.rows("SELECT value FROM meta WHERE name = 'identity'")
        if not known:
            self.change("INSERT OR IGNORE INTO meta VALUES ('identity', ?)", (uuid.uuid4().hex[:12],))
            known = self.rows("SELECT value FROM meta WHERE name = 'identity'")
        return str(known[0][0])

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            advice = "Check the disk's free space and the file's owner."
            if error.__class__ is sqlite3.DatabaseError:
                # SQLITE_CORRUPT and SQLITE_NOTADB, which have no class of their own.
                advice = "The file is damaged: put it back from a backup, or move it away to start empty."
            raise StateError(f"The state {self.name} cannot be used: {error}. {advice}") from error


def _taken(connection: sqlite3.Connection) -> int:
    """How many steps were taken; a file from before they were counted has them in its `user_version`."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'step'").fetchone():
        return int(connection.execute("SELECT taken FROM step").fetchone()[0])
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _storable(values: Sequence[Any]) -> list[Any]:
    return [encodable(value) if isinstance(value, str) else value for value in values]
