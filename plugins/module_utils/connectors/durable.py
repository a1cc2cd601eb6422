# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing files so that a power cut costs nothing: the bytes are on the disk, and so is their name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


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


def write_beside(path: Path, content: bytes, dress: Callable[[int], None]) -> Path:
    """Write `content` into a new file beside `path`, have it on the disk, and return where it is.

    `dress` gives the open descriptor its owner and mode. Raises `OSError`, and leaves nothing then.
    """
    # A name may be as long as the file system takes, in bytes, and this one is longer.
    stem = os.fsencode(path.name)[:100].decode(errors="ignore")
    descriptor, name = tempfile.mkstemp(prefix=f".{stem}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            dress(descriptor)
            file.write(content)
            sync_file(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def replace_file(path: Path, content: bytes, dress: Callable[[int], None]) -> None:
    """Replace `path` by `content`: a reader or a crash sees the old file or the new one. Raises `OSError`."""
    new = write_beside(path, content, dress)
    try:
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)
