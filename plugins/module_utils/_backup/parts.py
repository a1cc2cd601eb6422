# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes into an archive: walked in an order that is the same every time, devices and sockets left out.

The folders belong to services, which may put a link in the place of anything at any moment, while root packs. So what
is listed and what is read is reached from folder to open folder, and no link is followed below the part's own path.
"""

from __future__ import annotations

import contextlib
import errno
import fnmatch
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .manifest import BackupError
from .snapshot import COMPANIONS

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


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

    root: Path
    """The path of its part."""
    below: tuple[str, ...]
    """The names that lead to it from there."""
    size: int
    database: bool = False

    @property
    def path(self) -> Path:
        """Its whole path."""
        return self.root.joinpath(*self.below)

    @contextlib.contextmanager
    def folder(self) -> Iterator[int]:
        """The folder that it is in, open; raises `BackupError` where a link has taken the place of one on the way."""
        handle = os.open(self.root.parent, _FOLDER)
        try:
            for name in (self.root.name, *self.below)[:-1]:
                inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=handle)
                os.close(handle)
                handle = inner
            yield handle
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                raise
            raise BackupError(
                f"{self.path} must be reached through folders alone, but since it was listed a link has taken the place of "
                "one or of itself. Find out who put it there, and back up again."
            ) from error
        finally:
            os.close(handle)


def items(part: Part) -> list[Item]:
    """Everything of a part, directories before what is in them. Raises `BackupError`."""
    if not os.path.lexists(part.path):
        if part.optional:
            return []
        raise BackupError(
            f"{part.path} is expected to be there and is not, so this host has nothing of the kind to back up. Provision it first."
        )
    with Item(part.path, (), 0).folder() as folder:
        found = list(_walk(part, folder, ()))
    databases = [item for item in found if item.database]
    others = [item for item in found if not item.database]
    if part.databases_last:
        return others + databases
    parents = [item for item in others if any(item.path in database.path.parents for database in databases)]
    return parents + databases + [item for item in others if item not in parents]


def size_of(items_of_part: list[Item]) -> int:
    """How many bytes there are to archive, at most."""
    return sum(item.size for item in items_of_part)


def _walk(part: Part, folder: int, below: tuple[str, ...]) -> Iterator[Item]:
    """What stands in an open folder under the last of the names, and all that is below it."""
    name = (part.path.name, *below)[-1]
    relative = "/".join(below) or "."
    look = os.lstat(name, dir_fd=folder)
    if any(fnmatch.fnmatch(relative, pattern) for pattern in _left_out(part)):
        return
    if stat.S_ISREG(look.st_mode):
        database = any(fnmatch.fnmatch(relative, pattern) for pattern in part.databases)
        yield Item(part.path, below, look.st_size, database)
    elif stat.S_ISLNK(look.st_mode):
        yield Item(part.path, below, look.st_size)
    elif stat.S_ISDIR(look.st_mode):
        yield Item(part.path, below, look.st_size)
        handle = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
        try:
            for inner in sorted(os.listdir(handle)):  # noqa: PTH208 (of an open folder)
                # Gone since: a journal that was folded, an upload that was given up.
                with contextlib.suppress(FileNotFoundError):
                    yield from _walk(part, handle, (*below, inner))
        finally:
            os.close(handle)


def _left_out(part: Part) -> tuple[str, ...]:
    return part.exclude + tuple(
        f"{database}{companion}" for database in part.databases for companion in COMPANIONS
    )
