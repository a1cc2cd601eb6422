# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing files so that a power cut costs nothing: the bytes are on the disk, and so is their name."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from .locks import try_lock


def sync_directory(directory: Path) -> None:
    """Have the names in a directory on the disk; raises `OSError`."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(file: BinaryIO) -> None:
    """Have what was written to an open file on the disk; raises `OSError`."""
    file.flush()
    os.fsync(file.fileno())


def make_directory(directory: Path, mode: int = 0o700) -> None:
    """Make a directory with all above it, durably; one that is there stays as it is. Raises `OSError`."""
    missing = [one for one in (directory, *directory.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=mode, exist_ok=True)
        sync_directory(one.parent)


def make_file(path: Path, mode: int = 0o600) -> None:
    """Have an empty file at `path`, durably; one that is there stays as it is. Raises `OSError`."""
    make_directory(path.parent)
    new = not path.exists()
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode))
    if new:
        sync_directory(path.parent)


class Beside:
    """A new file beside its place, whole and on the disk, and held by whoever means to put it there."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def replace(self, target: Path) -> None:
        """Put it in its place; raises `OSError`."""
        self.path.replace(target)
        self._let_go()

    def discard(self) -> None:
        """Remove it; harmless after it was put in its place. Raises `OSError`."""
        self.path.unlink(missing_ok=True)
        self._let_go()

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


def write_beside(path: Path, content: bytes, dress: Callable[[int], None]) -> Beside:
    """Write `content` into a new file beside `path`, and have it on the disk.

    `dress` gives the open descriptor its owner and mode. What processes that were killed had written beside `path` is
    removed. Raises `OSError`, and leaves nothing then.
    """
    # A name may be as long as the file system takes, in bytes, and this one is longer.
    stem = os.fsencode(path.name)[:100].decode(errors="ignore")
    prefix = f".{stem}."
    _forget_unfinished(path.parent, prefix)
    new = _make_held(path.parent, prefix)
    try:
        with os.fdopen(os.dup(new._descriptor), "wb") as file:
            dress(new._descriptor)
            file.write(content)
            sync_file(file)
    except BaseException:
        new.discard()
        raise
    return new


def _make_held(folder: Path, prefix: str) -> Beside:
    while True:
        descriptor, name = tempfile.mkstemp(prefix=prefix, dir=folder)
        new = Beside(Path(name), descriptor)
        with suppress(OSError):  # a file system without locks, on which nobody finds it unheld either
            if not try_lock(descriptor):
                new.discard()  # another one took it for a dead one's, and has removed it
                continue
        return new


def _forget_unfinished(folder: Path, prefix: str) -> None:
    """A process that is killed cannot remove what it wrote, but the kernel gives its lock back."""
    name = re.compile(re.escape(prefix) + r"[a-z0-9_]{8}\Z")
    with suppress(OSError):
        for entry in [entry for entry in os.scandir(folder) if name.match(entry.name)]:
            _forget_unheld(Path(entry.path))


def _forget_unheld(path: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode) and try_lock(descriptor):
                path.unlink()
        finally:
            os.close(descriptor)


def replace_file(path: Path, content: bytes, dress: Callable[[int], None]) -> None:
    """Replace `path` by `content`: a reader or a crash sees the old file or the new one. Raises `OSError`."""
    new = write_beside(path, content, dress)
    try:
        new.replace(path)
    except BaseException:
        new.discard()
        raise
    sync_directory(path.parent)
