# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attached files, copied on acceptance: accepted means durable, whatever becomes of the original.

The sender hands over the bytes, never a path to read: the bridge lives in a sandbox that does not see
the sender's files, and is not to be talked into reading what the sender may not.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from ..errors import StateError

ORPHAN_SECONDS = 24 * 3600.0
"""How long a file stays that no message of the outbox names: its sender was cut off."""


class Spool:
    """A directory with one directory for each file, so that every file keeps its name."""

    def __init__(self, state_dir: Path | None) -> None:
        self.directory = (
            state_dir or Path(tempfile.gettempdir()) / f"mosaic-connector-{os.getpid()}"
        ) / "spool"

    async def take(self, name: str, chunks: AsyncIterator[bytes]) -> str:
        """Store a file durably and return its path; raises `StateError`, and leaves nothing then."""
        place = self.directory / uuid.uuid4().hex
        try:
            place.mkdir(parents=True, mode=0o700)
            path = place / _safe_name(name)
            with path.open("xb") as file:
                async for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        except BaseException as error:
            shutil.rmtree(place, ignore_errors=True)
            if isinstance(error, OSError):
                raise StateError(f"The attachment cannot be stored in {self.directory}: {error}.") from error
            raise
        return str(path)

    def owns(self, path: str) -> bool:
        """Whether a path is that of a file which was handed over."""
        place = Path(path)
        try:
            return place.parent.parent == self.directory and ".." not in place.parts and place.is_file()
        except (OSError, ValueError):  # a name of thousands of letters, a NUL
            return False

    def discard(self, paths: Iterable[str]) -> None:
        """Remove files that are no longer needed; what is not ours stays."""
        for path in paths:
            if self.owns(path):
                shutil.rmtree(Path(path).parent, ignore_errors=True)

    def prune(self, needed: Iterable[str]) -> None:
        """Remove the files of senders that were cut off."""
        kept = {Path(path).parent for path in needed}
        with contextlib.suppress(OSError):
            for place in self.directory.iterdir():
                if place not in kept and place.stat().st_mtime < time.time() - ORPHAN_SECONDS:
                    shutil.rmtree(place, ignore_errors=True)


def _safe_name(name: str) -> str:
    """The last part of a file name without anything a file system or a terminal would act on."""
    kept = "".join(character for character in name if character.isprintable() and character != "/")
    return kept.strip(". ")[-120:] or "file"
