# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what humans write: a regular file, within bounds, in UTF-8, and a sentence when it is none of these."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from .errors import ConfigError


def read_regular(path: str | Path, limit: int) -> tuple[bytes, os.stat_result]:
    """The content of a regular file and its facts, at most one byte more than `limit`.

    Raises `OSError`, and of it `IrregularFileError` for a pipe or a device, which would be waited for without an end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        os.close(descriptor)
        if stat.S_ISDIR(facts.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        raise IrregularFileError(errno.EINVAL, "it is no regular file", str(path))
    with os.fdopen(descriptor, "rb") as file:
        return file.read(limit + 1), facts


class IrregularFileError(OSError):
    """A pipe, a device or a socket where a file is expected."""


def read_text(path: str | Path, what: str, limit: int, error: type[ConfigError]) -> str:
    """The text of a file that errors call `what`; raises `error`: missing, unreadable, irregular, too large, not UTF-8."""
    try:
        raw, _facts = read_regular(path, limit)
    except FileNotFoundError as failure:
        raise error(
            f"{path}: {what} is expected here and there is no such file. Check the path."
        ) from failure
    except IrregularFileError as failure:
        raise error(f"{path}: {what} is expected to be a regular file. Check the path.") from failure
    except OSError as failure:
        raise error(
            f"{path}: {what} cannot be read: {failure.strerror}. Check path and permissions."
        ) from failure
    if len(raw) > limit:
        raise error(f"{path}: larger than {limit} bytes. Is it the right file?")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as failure:
        raise error(
            f"{path}: expected UTF-8 text, found other bytes at offset {failure.start} of {what}."
        ) from failure
