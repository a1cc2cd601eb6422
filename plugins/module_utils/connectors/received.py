# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where received files are kept: in one directory, bounded together in bytes and in number.

The oldest make room for a new one, save those of messages that nobody has read yet. They are fetched when they are
asked for; how is what a kind brings.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Protocol

from .border import file_name, words
from .durable import make_directory
from .ending import within
from .errors import AttachmentError, ConnectorError, ResponseTooLargeError
from .retries import Bounds, Deadline
from .state import write_atomically
from .types import Recording

_log = logging.getLogger(__name__)

_BLOCK = 4096
"""Bytes that a file takes on a disk at least."""


class StoredPath(str):
    """Where a received file is; any other text in its place says why it is nowhere."""


def recordings(where: str, mimetype: str | None, what: str = "") -> tuple[Recording, ...]:
    """The recording that a file is: one that is stored, and is sound by its type or by `what` its kind calls it."""
    is_sound = what in ("audio", "voice") or (mimetype or "").lower().startswith("audio/")
    return (Recording(where, mimetype or ""),) if is_sound and isinstance(where, StoredPath) else ()


class ReceivedFiles:
    """The files of one directory, `most_bytes` and `most_files` of them at most."""

    def __init__(
        self,
        directory: Path,
        most_bytes: int,
        most_files: int,
        needed: Callable[[], Collection[str]] | None = None,
    ) -> None:
        """`needed` tells the ids of the messages whose files are not to go."""
        self._directory = directory
        self._most_bytes = most_bytes
        self._most_files = most_files
        self._needed = needed

    def path(self, name: str, message_id: str, part: str = "") -> Path:
        """Where a file of a message is kept: under a safe name that no other message's file has.

        `part` tells it from the other files of a message that may have several, all of one name.
        """
        parts = (_mark(message_id), *((_mark(part),) if part else ()), file_name(name))
        return self._directory / "-".join(parts)

    async def store(self, path: Path, data: bytes) -> None:
        """Keep `data` at `path`, durably.

        Raises `ResponseTooLargeError`, `AttachmentError` when nothing may make room, `StateError`, `OSError`.
        """
        kept = frozenset(map(_mark, self._needed() if self._needed else ()))
        await asyncio.to_thread(self._store, path, data, kept)

    def _store(self, path: Path, data: bytes, kept: Collection[str]) -> None:
        make_directory(path.parent)
        size = max(len(data), _BLOCK)
        if size > self._most_bytes:
            raise ResponseTooLargeError(f"{path.name} alone takes more than all received files may.")
        for file in self._in_the_way(path.parent, size, kept):
            file.unlink(missing_ok=True)
        write_atomically(path, data)

    def _in_the_way(self, directory: Path, size: int, kept: Collection[str]) -> list[Path]:
        """The oldest files, as many as have to go for one of `size` bytes; raises `AttachmentError` if all are kept."""
        facts = sorted(
            ((file.stat(), file) for file in directory.iterdir() if file.is_file()),
            key=lambda entry: entry[0].st_mtime_ns,
        )
        # An empty one takes its place, too.
        files = {file: max(fact.st_size, _BLOCK) for fact, file in facts}
        beyond = size + sum(files.values()) - self._most_bytes
        too_many = len(files) + 1 - self._most_files
        going: list[Path] = []
        for file, taken in files.items():
            if beyond <= 0 and too_many <= 0:
                break
            if file.name.partition("-")[0] not in kept:
                going.append(file)
                beyond, too_many = beyond - taken, too_many - 1
        if beyond > 0 or too_many > 0:
            raise AttachmentError(
                f"the {len(files) - len(going)} files of messages that nobody has read yet take the room there is. "
                "Ask for it again once they are read."
            )
        return going


async def fetch_each(fetches: Mapping[str, Callable[[], Awaitable[str]]], seconds: float) -> dict[str, str]:
    """Fetch the files of one message, one after another, and say of each where it is, or why it is not to be had.

    They have `seconds` together: what came in time is told, and the words beside them do not wait for the rest.
    """
    until = time.monotonic() + seconds
    where: dict[str, str] = {}
    for key, fetch in fetches.items():
        try:
            where[key] = await within(fetch(), max(until - time.monotonic(), 0.0))
        except asyncio.TimeoutError:
            where[key] = f"not stored: the files of one message have {seconds:g} seconds. Ask for it again."
    return where


class FileBounds(Bounds, Protocol):
    """What a connector's settings say about received files, all in bytes but the number."""

    @property
    def download_bytes(self) -> int:
        """The largest file that is stored."""

    @property
    def media_store_bytes(self) -> int:
        """What all may take together."""

    @property
    def media_store_files(self) -> int:
        """How many of them there may be."""


class FileFetcher:
    """Fetches a message's files when they are asked for, each once, and stores them."""

    def __init__(
        self,
        directory: Path | None,
        settings: FileBounds,
        needed: Callable[[], Collection[str]] | None = None,
    ) -> None:
        """Without `directory` no file is stored; `needed` tells the ids of the messages whose files are not to go."""
        self._settings = settings
        bounds = settings.media_store_bytes, settings.media_store_files
        self._files = ReceivedFiles(directory, *bounds, needed) if directory else None
        self.limit = min(settings.download_bytes, settings.media_store_bytes)
        """The largest file that is taken, in bytes: what all may take together bounds the single one, too."""

    @property
    def stores(self) -> bool:
        """Whether there is a directory for files."""
        return self._files is not None

    async def fetch(
        self,
        name: str,
        message_id: str,
        download: Callable[[Deadline], Awaitable[bytes]],
        *,
        size: int | None,
        part: str = "",
        where: str = "",
        whose_limit: str = "",
    ) -> str:
        """Store a received file; returns its path, or a sentence that says why it was not stored.

        `download` gets the file before a deadline, which is reckoned by the `size` in bytes that it is said to have,
        and raises `ConnectorError`. `part` is as in `ReceivedFiles.path`. The sentence begins with `where` the file
        is, and `whose_limit` adds to it what the bound stems from.
        """
        untaken = f"{where}, not stored" if where else "not stored"
        if self._files is None:
            return f"{untaken}: there is no state directory (MOSAIC_STATE_DIR)"
        try:
            path = self._files.path(name, message_id, part)
            if not path.exists():
                deadline = Deadline(self._settings, min(size or 0, self.limit))
                await self._files.store(path, await download(deadline))
        except ResponseTooLargeError:
            return f"{untaken}: larger than {self.limit} bytes{whose_limit}"
        except (ConnectorError, OSError) as error:
            _log.warning("a received file was not stored: %s", error)
            return f"{untaken}: {words(str(error))}"
        return StoredPath(path)


def _mark(message_id: str) -> str:
    """How the names of a message's files begin."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:12]
