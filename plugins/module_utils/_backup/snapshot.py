# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of a SQLite database that is in use, as it was at one moment."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from .manifest import BackupError
from .rights import as_user

COMPANIONS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database that is in use: part of no copy, since the copy is whole."""


@contextlib.contextmanager
def copied(database: Path, uid: int, spool: Path) -> Iterator[BinaryIO]:
    """A copy of a database, made by SQLite's online backup as the user `uid` where we are root, checked and open.

    SQLite opens a database and its companions by their names, and follows links: who may put one there can also be who
    follows it. The copy is gone afterwards. Raises `BackupError`.
    """
    place = spool / "database"
    place.mkdir(mode=0o700)
    try:
        if os.geteuid() == 0:
            os.chown(place, uid, -1)
        as_user(uid, lambda: _copy(database, place / "copy"))
        with _opened(place / "copy", database) as file:
            yield file
    finally:
        shutil.rmtree(place)


def _opened(copy: Path, database: Path) -> BinaryIO:
    """The copy, which lies where that user may exchange it for something of another's; then raises `BackupError`."""
    with contextlib.suppress(OSError):
        handle = os.open(copy, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        look = os.fstat(handle)
        if stat.S_ISREG(look.st_mode) and look.st_uid == copy.parent.stat().st_uid:
            return os.fdopen(handle, "rb")
        os.close(handle)
    raise BackupError(
        f"The copy of {database} must be a file of that database's owner, but was exchanged while it was made. "
        "Find out which of the owner's programs did it, and back up again."
    )


def _copy(database: Path, copy: Path) -> None:
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
