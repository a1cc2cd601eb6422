# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes into an archive: walked in an order that is the same every time, devices and sockets left out."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .manifest import BackupError
from .snapshot import COMPANIONS


@dataclass(frozen=True)
class Part:
    """One path of the host with all that is below it; patterns are relative to it."""

    path: Path
    databases: tuple[str, ...] = ()
    """SQLite databases, which are copied as they are at one moment."""
    databases_last: bool = False
    """Whether they are copied after the other files, because those must not know more than the databases do."""
    exclude: tuple[str, ...] = ()
    optional: bool = False
    """Whether the path may be missing."""


@dataclass(frozen=True)
class Item:
    """A file, directory or link to be archived."""

    path: Path
    database: bool = False


def items(part: Part) -> list[Item]:
    """Everything of a part, directories before what is in them. Raises `BackupError`."""
    if not os.path.lexists(part.path):
        if part.optional:
            return []
        raise BackupError(
            f"{part.path} is expected to be there and is not, so this host has nothing of the kind to back up. Provision it first."
        )
    found = list(_walk(part, part.path))
    databases = [item for item in found if item.database]
    others = [item for item in found if not item.database]
    if part.databases_last:
        return others + databases
    parents = [item for item in others if any(item.path in database.path.parents for database in databases)]
    return parents + databases + [item for item in others if item not in parents]


def size_of(items_of_part: list[Item]) -> int:
    """How many bytes there are to archive, at most."""
    total = 0
    for item in items_of_part:
        with contextlib.suppress(FileNotFoundError):
            total += item.path.lstat().st_size
    return total


def _walk(part: Part, path: Path) -> Iterator[Item]:
    relative = str(path.relative_to(part.path))
    mode = path.lstat().st_mode
    if any(fnmatch.fnmatch(relative, pattern) for pattern in _left_out(part)):
        return
    if stat.S_ISREG(mode):
        yield Item(path, any(fnmatch.fnmatch(relative, pattern) for pattern in part.databases))
    elif stat.S_ISLNK(mode):
        yield Item(path)
    elif stat.S_ISDIR(mode):
        yield Item(path)
        for inner in sorted(path.iterdir()):
            try:
                yield from _walk(part, inner)
            except FileNotFoundError:
                continue  # gone since: a journal that was folded, an upload that was given up


def _left_out(part: Part) -> tuple[str, ...]:
    return part.exclude + tuple(
        f"{database}{companion}" for database in part.databases for companion in COMPANIONS
    )
