# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a connector remembers across restarts, kept so that a power cut costs nothing.

Two shapes: a small document, replaced whole, and a journal, a file of JSON lines that only grows
until it is folded. Both live under the state directory; without one, both live in memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .errors import StateError

STATE_VARIABLES = ("MOSAIC_STATE_DIR", "STATE_DIRECTORY")
"""The environment variables that may name the state directory; the first one set wins."""

FOLD_AFTER = 4096
"""Lines a journal grows by before it asks to be folded."""


def state_directory(environ: Mapping[str, str] | None = None) -> Path | None:
    """The directory for our state, or None when the environment names none (memory only)."""
    values = os.environ if environ is None else environ
    for name in STATE_VARIABLES:
        # systemd joins several directories with colons; the first is the service's own.
        value = values.get(name, "").split(":")[0]
        if value:
            return Path(value)
    return None


def write_atomically(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` by `content`, durably: a reader or a crash sees the old file or the new one.

    Raises `StateError`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_directory(path.parent)
    except OSError as error:
        raise _cannot("written", path, error) from error


def read_document(path: Path | None) -> dict[str, Any]:
    """The JSON object stored at `path`; an empty one when there is none.

    Raises `StateError` when the file cannot be read or holds something else.
    """
    if path is None:
        return {}
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _cannot("read", path, error) from error
    if not isinstance(document, dict):
        raise _cannot("read", path, ValueError("a JSON object is expected"))
    return document


def write_document(path: Path | None, document: Mapping[str, Any]) -> None:
    """Store a JSON object at `path`, durably; with None it is not stored. Raises `StateError`."""
    if path is not None:
        write_atomically(path, json.dumps(document).encode())


class Journal:
    """An append-only file of JSON lines, held by one process at a time."""

    def __init__(self, path: Path | None) -> None:
        """Name the journal; nothing is opened. None keeps nothing."""
        self.path = path
        self._descriptor = -1
        self._lock = -1
        self._grown = 0

    def open(self) -> list[Any]:
        """Take the journal for this process and return its entries.

        A last line that a crash cut short is dropped. Raises `StateError` when another process
        holds the journal or it cannot be read.
        """
        if self.path is None:
            return []
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._take_lock(self.path)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            content = self.path.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]
            if len(whole) < len(content):
                os.ftruncate(self._descriptor, len(whole))
        except OSError as error:
            self.close()
            raise _cannot("opened", self.path, error) from error
        entries = list(_entries(whole))
        self._grown = len(entries)
        return entries

    def append(self, *entries: Any, durable: bool = True) -> None:
        """Add entries; `durable` waits until they are on the disk. Raises `StateError`."""
        if self.path is None or not entries:
            return
        lines = b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)
        try:
            view = memoryview(lines)
            while view:
                view = view[os.write(self._descriptor, view) :]
            if durable:
                os.fdatasync(self._descriptor)
        except OSError as error:
            raise _cannot("written", self.path, error) from error
        self._grown += len(entries)

    @property
    def wants_folding(self) -> bool:
        """Whether the journal grew long enough to be rewritten by `fold`."""
        return self._grown >= FOLD_AFTER

    def fold(self, entries: Iterable[Any]) -> None:
        """Replace the whole journal by `entries` that say the same in fewer lines."""
        if self.path is None:
            return
        write_atomically(self.path, b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
        os.close(self._descriptor)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        self._grown = 0

    def close(self) -> None:
        """Let go of the journal; harmless when called twice."""
        for descriptor in (self._descriptor, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._descriptor = self._lock = -1

    def _take_lock(self, path: Path) -> None:
        # Here, since the platform's sanity check of a file that a module imports must pass anywhere.
        import fcntl

        # The lock has a file of its own: folding replaces the journal's.
        self._lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise StateError(
                f"{path} is in use by another process, which receives this connector's messages. "
                "Stop that one, or give this one another MOSAIC_STATE_DIR."
            ) from error


def _entries(content: bytes) -> Iterator[Any]:
    for line in content.splitlines():
        # A disk that lost power may leave a block of zeros behind; the lines around it still count.
        with contextlib.suppress(ValueError):
            yield json.loads(line)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot(done: str, path: Path, error: Exception) -> StateError:
    return StateError(
        f"The state file {path} cannot be {done}: {error}. "
        "Check that MOSAIC_STATE_DIR names a directory this user may write, on a disk with room."
    )
