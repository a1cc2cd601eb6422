# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places that a restore replaces as a whole, so that what was there can be put back.

The new content is unpacked beside the old, on the same file system; then the old one is set aside and the new one takes
its name. A place that is a mount point stays, and its content changes.

A restore that was killed can be undone wherever it was: what was there is set aside first, then a note is made that it is
out of the way, and only then the new content comes. So nothing is removed before that note is there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path

from .manifest import BackupError

NEW, OLD, GONE = "mosaic-restore-new", "mosaic-restore-old", "mosaic-restore-gone"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Place:
    """A file or a directory of the host."""

    def __init__(self, path: Path) -> None:
        """Name it; nothing is touched."""
        self.path = path
        self._held: dict[str, int] = {}

    @property
    def mounted(self) -> bool:
        """Whether it is a mount point."""
        return self.path.is_mount()

    @property
    def new(self) -> Path:
        """Where the new content is unpacked."""
        return self._room(NEW) / "content"

    @property
    def old(self) -> Path:
        """Where the old content is set aside."""
        return self._room(OLD) / "content"

    @property
    def waiting(self) -> bool:
        """Whether new content waits to be put in its place."""
        return os.path.lexists(self.new)

    @property
    def aside(self) -> bool:
        """Whether something is set aside, or was and is not removed yet."""
        return any(os.path.lexists(self._beside(word)) for word in (OLD, GONE))

    @property
    def folder(self) -> Path:
        """The folder that is there and whose file system the new content needs room on."""
        around = [self.path, *self.path.parents] if self.mounted else self.path.parents
        return next(folder for folder in around if folder.exists())

    @property
    def empty(self) -> bool:
        """Whether nothing would be lost if it were replaced."""
        if os.path.lexists(self.old):
            return False
        if self.path.is_dir() and not self.path.is_symlink():
            return not self._content()
        return not os.path.lexists(self.path)

    def prepare(self) -> None:
        """Have an empty place for the new content, and undo what a killed restore left. Raises `BackupError`."""
        for inner in _mount_points():
            if self.path in inner.parents:
                raise BackupError(
                    f"{inner} is a mount point, so {self.path} cannot be replaced as a whole. "
                    f"Unmount it for the restore, or mount at {self.path} instead."
                )
        self.put_back()
        self._make(NEW)

    def put(self) -> None:
        """Let the new content take the place of the old one, which is set aside. Raises `BackupError`."""
        if not self.waiting:
            raise BackupError(f"Nothing has been unpacked for {self.path}. Unpack an archive first.")
        if self.aside:
            raise BackupError(
                f"{self._beside(OLD)} must not be there yet, but holds what a restore set aside that was interrupted. "
                "Restore again from the beginning."
            )
        self._make(OLD)
        if self.mounted:
            self.old.mkdir(mode=0o700)
            _copy_rights(self.path, self.old)
            _move_content(self.path, self.old, _OWN_NAMES)
        elif os.path.lexists(self.path):
            self.path.rename(self.old)
        self._out_of_the_way.touch()
        if self.mounted:
            _move_content(self.new, self.path)
            _copy_rights(self.new, self.path)
        else:
            self.new.rename(self.path)
        self._remove(NEW)

    def put_back(self) -> bool:
        """Undo `put`, however far it came; whether there was anything to undo."""
        found = self.aside
        self._remove(GONE)
        if self._out_of_the_way.exists():
            if self.mounted:
                _empty(self.path, _OWN_NAMES)
                _copy_rights(self.old, self.path)
            else:
                _remove(self.path)
            self._out_of_the_way.unlink()
        if os.path.lexists(self.old):
            if self.mounted:
                _move_content(self.old, self.path)  # their folder has its rights again by now
            else:
                self.old.rename(self.path)
        self._remove(OLD)
        self.discard_new()
        return found

    def keep(self) -> bool:
        """Remove what was set aside; whether there was anything."""
        found = self.aside
        self._remove(GONE)
        if os.path.lexists(self._beside(OLD)):
            # In one step, so that nothing half removed is ever put back.
            self._room(OLD)
            self._beside(OLD).rename(self._beside(GONE))
            self._remove(GONE)
        return found

    def discard_new(self) -> None:
        """Remove what was unpacked and not put in place."""
        self._remove(NEW)

    @property
    def _out_of_the_way(self) -> Path:
        return self._room(OLD) / "out-of-the-way"

    def _beside(self, word: str) -> Path:
        return self.path / f".{word}" if self.mounted else self.path.parent / f".{self.path.name}.{word}"

    def _make(self, word: str) -> None:
        room = self._beside(word)
        room.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        room.mkdir(mode=0o700)

    def _room(self, word: str) -> Path:
        """The folder of that word, by a descriptor: in a mounted place its owner could exchange what has the name."""
        room = self._beside(word)
        if word not in self._held:
            try:
                handle = os.open(room, _FOLDER)
            except FileNotFoundError:
                return room
            except OSError as error:
                raise _not_ours(room) from error
            look = os.fstat(handle)
            if look.st_uid != os.geteuid() or stat.S_IMODE(look.st_mode) != stat.S_IRWXU:
                os.close(handle)
                raise _not_ours(room)
            self._held[word] = handle
        return Path(f"/proc/self/fd/{self._held[word]}")

    def _remove(self, word: str) -> None:
        if not os.path.lexists(self._beside(word)):
            return
        _empty(self._room(word), ())
        os.close(self._held.pop(word))
        with contextlib.suppress(FileNotFoundError):  # its owner moved it away, empty as it is
            self._beside(word).rmdir()

    def _content(self) -> list[str]:
        return [path.name for path in self.path.iterdir() if path.name not in _OWN_NAMES]


_OWN_NAMES = (f".{NEW}", f".{OLD}", f".{GONE}", "lost+found")


def _not_ours(room: Path) -> BackupError:
    return BackupError(
        f"{room} must be a folder that a restore made for itself, but is something else. Find out who put it there, remove it, "
        "and restore again."
    )


def _mount_points() -> list[Path]:
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    return [Path(line.split()[1].replace("\\040", " ")) for line in lines]


def _move_content(source: Path, target: Path, but: tuple[str, ...] = ()) -> None:
    for path in list(source.iterdir()):
        if path.name not in but:
            path.rename(target / path.name)


def _copy_rights(source: Path, target: Path) -> None:
    look = source.stat()
    os.chown(target, look.st_uid, look.st_gid)
    target.chmod(look.st_mode & 0o777)


def _empty(path: Path, but: tuple[str, ...]) -> None:
    for inner in list(path.iterdir()):
        if inner.name not in but:
            _remove(inner)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()
