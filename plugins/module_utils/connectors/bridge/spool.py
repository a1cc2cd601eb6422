# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attached files, copied on acceptance: accepted means durable, whatever becomes of the original.

The sender hands over the bytes, never a path to read: the bridge lives in a sandbox that does not see
the sender's files, and is not to be talked into reading what the sender may not.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

from ..durable import make_directory, sync_directory, sync_file
from ..errors import QueueFullError, StateError
from ..store.writer import write

ORPHAN_SECONDS = 24 * 3600.0
"""How long a file stays that no message of the outbox names: its sender was cut off."""

PRESSED_SECONDS = 600.0
"""The same where its room is needed; a sender names a file within seconds."""

SPOOL_BYTES = 2 * 1024 * 1024 * 1024
"""What files may take together, unless the settings say otherwise."""

LEAST_BYTES = 64 * 1024
"""What a file counts as at least: the smallest takes an inode, and somebody has to go through them."""


class Spool:
    """A directory with one directory for each file, so that every file keeps its name."""

    def __init__(
        self,
        state_dir: Path | None,
        bytes_limit: int = SPOOL_BYTES,
        needed: Callable[[], Iterable[str]] | None = None,
    ) -> None:
        """Bounded by `bytes_limit`; `needed` tells the files that messages of the outbox name.

        Where it is given, files of senders that were cut off are removed. What cannot be looked at is not counted.
        """
        self.directory = (
            state_dir or Path(tempfile.gettempdir()) / f"mosaic-connector-{os.getpid()}"
        ) / "spool"
        self.bytes_limit = bytes_limit
        self._needed = needed
        self._held = self._look()
        self._prune(ORPHAN_SECONDS)

    async def take(self, name: str, chunks: AsyncIterator[bytes], size: int = 0) -> str:
        """Store a file durably and return its path; `size` is what it is said to have, in bytes.

        Raises `QueueFullError` when there is no room for it, `StateError` when it cannot be stored, and
        leaves nothing then.
        """
        place = self.directory / uuid.uuid4().hex
        await write(self._reserve, place, size)
        try:
            path = place / _safe_name(name)
            await asyncio.to_thread(make_directory, place)
            # Each in a thread: a disk that is slow, or that nothing but a sync makes slow, stops no poll.
            file = await asyncio.to_thread(path.open, "xb")
            with file:
                async for chunk in chunks:
                    await asyncio.to_thread(file.write, chunk)
                await asyncio.to_thread(sync_file, file)
            await asyncio.to_thread(sync_directory, place)
            self._held[place] = max(path.stat().st_size, LEAST_BYTES)
        except BaseException as error:
            self._remove(place)
            if isinstance(error, OSError):
                raise StateError(f"The attachment cannot be stored in {self.directory}: {error}.") from error
            raise
        return str(path)

    def owns(self, path: str) -> bool:
        """Whether a path is that of a file which was handed over."""
        place = Path(path)
        try:
            return place.parent.parent == self.directory and ".." not in place.parts and place.is_file()
        except (OSError, ValueError):  # a name that no file system takes
            return False

    def discard(self, paths: Iterable[str]) -> None:
        """Remove files that are no longer needed; what is not ours stays."""
        for path in paths:
            if self.owns(path):
                self._remove(Path(path).parent)

    def _reserve(self, place: Path, size: int) -> None:
        cost = max(size, LEAST_BYTES)
        if self._taken() + cost > self.bytes_limit:
            self._prune(PRESSED_SECONDS)
        held = self._taken()
        if held and held + cost > self.bytes_limit:  # an empty one takes what is small enough by itself
            raise QueueFullError(
                f"Attached files of {held} bytes wait, and this one has {size}: {self.bytes_limit} are the limit "
                "(spool_bytes). Look at what waits with: mosaic-connector outbox"
            )
        self._held[place] = cost

    def _taken(self) -> int:
        return sum(
            tuple(self._held.values())
        )  # of one moment: a transfer that breaks off gives back in between

    def _prune(self, age: float) -> None:
        """Remove the files of senders that were cut off `age` seconds ago or earlier."""
        if self._needed is None:
            return
        kept = {Path(path).parent for path in self._needed()}
        for place in [one for one in self._held if one not in kept]:
            with contextlib.suppress(OSError):
                if place.stat().st_mtime < time.time() - age:
                    self._remove(place)

    def _look(self) -> dict[Path, int]:
        """What is there, and what each file counts as."""
        held = {}
        with contextlib.suppress(OSError):
            for place in self.directory.iterdir():
                with contextlib.suppress(OSError):
                    size = sum(file.stat().st_size for file in place.iterdir())
                    held[place] = max(size, LEAST_BYTES)
        return held

    def _remove(self, place: Path) -> None:
        shutil.rmtree(place, ignore_errors=True)
        self._held.pop(place, None)


def _safe_name(name: str) -> str:
    """The last part of a file name without anything a file system or a terminal would act on."""
    kept = "".join(character for character in name if character.isprintable() and character != "/")
    return kept.strip(". ")[-120:] or "file"
