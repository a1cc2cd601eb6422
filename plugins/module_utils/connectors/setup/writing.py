# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several files written together: all of them, or every one stays the very file it was."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ..durable import sync_directory, write_beside
from ..errors import StateError
from ..roster import claimed


@dataclass(frozen=True)
class FileChange:
    """A file that says `before` (None: there is none) and shall say `after`; `mode` is for a new one."""

    path: Path
    before: str | None
    after: str
    mode: int = 0o644
    secret: bool = False
    """Whether its mode is set even where it exists, and its contents are never shown."""

    @property
    def needed(self) -> bool:
        """Whether anything would change."""
        return self.before != self.after

    @property
    def is_in_force(self) -> bool:
        """Whether the file says it by now."""
        with suppress(OSError):
            return self.path.read_bytes() == self.after.encode()
        return False


def write_together(changes: Iterable[FileChange]) -> list[Path]:
    """Write what differs, and return which files that were.

    Everything is prepared and on the disk before the first file is replaced; if a later one fails,
    the earlier ones are put back, the same inode with its time. Raises `StateError`, also when
    somebody else changed a file since it was read.
    """
    needed = [change for change in changes if change.needed]
    with ExitStack() as held:
        for change in needed:
            if not change.secret and Path(os.path.realpath(change.path)).parent.is_dir():
                held.enter_context(claimed(change.path))  # a run of Ansible may be at it
        _write(needed)
    return [change.path for change in needed]


def _write(needed: list[FileChange]) -> None:
    replacements: list[_Replacement] = []
    made: list[Path] = []
    with _uninterrupted():
        try:
            for change in needed:
                _refuse_stale(change)
                made += _make_folder(change.path)
                replacements.append(_Replacement(change))
            for replacement in replacements:
                replacement.swap()
        except BaseException as error:
            for replacement in reversed(replacements):
                replacement.undo()
            for folder in reversed(made):
                with suppress(OSError):
                    folder.rmdir()
            if isinstance(error, OSError):
                raise StateError(
                    f"{error.filename or 'A file'} cannot be written: {error.strerror}. Every file is as it was."
                ) from error
            raise
        for replacement in replacements:
            replacement.finish()


class _Replacement:
    """One file's new version, prepared beside it."""

    def __init__(self, change: FileChange) -> None:
        self.target = Path(os.path.realpath(change.path))
        self._backup: Path | None = None
        self._swapped = False
        self._new = write_beside(
            self.target, change.after.encode(), lambda descriptor: _dress(descriptor, change, self.target)
        )

    def swap(self) -> None:
        if self.target.exists():
            backup = self._new.path.with_name(f"{self._new.path.name}.old")
            try:
                os.link(self.target, backup)
            except OSError:  # a file system without links, or one that protects them
                _copy_closed(self.target, backup)
            self._backup = backup
        self._new.replace(self.target)
        self._swapped = True

    def undo(self) -> None:
        """Never raises: what can still be put back is put back."""
        with suppress(OSError):
            if self._swapped and self._backup is not None:
                self._backup.replace(self.target)
            elif self._swapped:
                self.target.unlink()
        self._drop()

    def finish(self) -> None:
        self._drop()
        with suppress(OSError):  # it is written; whether the power stays on is another matter
            sync_directory(self.target.parent)

    def _drop(self) -> None:
        with suppress(OSError):
            self._new.discard()
        if self._backup is not None:
            with suppress(OSError):
                self._backup.unlink(missing_ok=True)


def _copy_closed(source: Path, target: Path) -> None:
    """Copy a file that may hold secrets: nobody else can open the copy at any time before it has its own mode."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as copy, source.open("rb") as original:
        shutil.copyfileobj(original, copy)
        facts = os.fstat(original.fileno())
        if (facts.st_uid, facts.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, facts.st_uid, facts.st_gid)
    shutil.copystat(source, target)  # its mode, and its times for what is put back


def _dress(descriptor: int, change: FileChange, target: Path) -> None:
    """Give the new version the owner and mode of the old one."""
    mode = change.mode
    with suppress(FileNotFoundError):
        old = target.stat()
        if not change.secret:
            mode = stat.S_IMODE(old.st_mode)
        if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, mode)


def _refuse_stale(change: FileChange) -> None:
    try:
        now: str | None = Path(change.path).read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        now = None
    if (now or "") != (change.before or ""):
        raise StateError(
            f"{change.path} was changed by somebody else in the meantime. Nothing was written; run this again."
        )


def _make_folder(path: Path) -> list[Path]:
    """Make the folder of a file; returns what had to be made, outermost first."""
    missing = [folder for folder in Path(os.path.realpath(path)).parents if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir()
        folder.chmod(0o755)  # whatever the umask: the bridge may be another user
    return missing[::-1]


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """A Ctrl-C in these milliseconds waits until they are over.

    By handlers and not by a mask, which holds for one thread: another one, such as a look-up of a name leaves behind,
    would take the signal. Who writes in another thread than the main one is interrupted by none.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in signals}
    taken = {number: handler for number, handler in before.items() if handler not in (None, signal.SIG_IGN)}
    for number in taken:
        signal.signal(number, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)
        for that_came in came:
            signal.raise_signal(that_came)
