# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of a SQLite database that is in use, as it was at one moment."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from .manifest import BackupError

COMPANIONS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database that is in use: part of no copy, since the copy is whole."""


def snapshot(database: Path, copy: Path) -> None:
    """Copy a database by SQLite's online backup, and have SQLite check the copy. Raises `BackupError`."""
    try:
        with (
            closing(
                sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
            ) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            # In one step: a busy database would have a copy in steps begin again and again.
            source.backup(target)
            verdict = target.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise BackupError(
            f"The database {database} cannot be copied: {error}. Check the disk's free space, and that it is a SQLite database."
        ) from error
    if verdict != "ok":
        raise BackupError(
            f"The database {database} is damaged, so it was not backed up: {verdict}. Restore it from an older archive."
        )
