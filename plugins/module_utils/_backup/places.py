# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places that a restore replaces as a whole, so that what was there can be put back.

The new content is unpacked beside the old, on the same file system; then the old one is set aside and the new one takes
its name. A place that is a mount point stays, and its content changes.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from .manifest import BackupError

NEW, OLD = "mosaic-restore-new", "mosaic-restore-old"


@dataclass(frozen=True)
class Place:
    """A file or a directory of the host."""

    path: Path

    @property
    def mounted(self) -> bool:
        """Whether it is a mount point."""
        return self.path.is_mount()

    @property
    def new(self) -> Path:
        """Where the new content is unpacked."""
        return self._beside(NEW) / "content"

    @property
    def old(self) -> Path:
        """Where the old content is set aside."""
        return self._beside(OLD) / "content"

    def _beside(self, word: str) -> Path:
        return self.path / f".{word}" if self.mounted else self.path.parent / f".{self.path.name}.{word}"

    @property
    def empty(self) -> bool:
        """Whether nothing would be lost if it were replaced."""
        if self.path.is_dir() and not self.path.is_symlink():
            return not self._content()
        return not os.path.lexists(self.path)

    def prepare(self) -> None:
        """Have an empty place for the new content. Raises `BackupError`."""
        self._refuse_leftovers()
        for inner in _mount_points():
            if self.path in inner.parents:
                raise BackupError(
                    f"{inner} is a mount point, so {self.path} cannot be replaced as a whole. "
                    f"Unmount it for the restore, or mount at {self.path} instead."
                )
        self.discard_new()
        self.new.parent.mkdir(parents=True, mode=0o700)

    def put(self) -> None:
        """Let the new content take the place of the old one, which is set aside."""
        self._refuse_leftovers()
        if not os.path.lexists(self.new):
            raise BackupError(f"Nothing has been unpacked for {self.path}. Unpack an archive first.")
        self.old.parent.mkdir(mode=0o700)
        if self.mounted:
            _move_content(self.path, self.old, self._own_names())
            _move_content(self.new, self.path)
            _copy_rights(self.new, self.path)
        else:
            if os.path.lexists(self.path):
                self.path.rename(self.old)
            self.new.rename(self.path)
        shutil.rmtree(self.new.parent)

    def put_back(self) -> bool:
        """Undo `put`; whether there was anything to undo."""
        self.discard_new()
        if not self.old.parent.exists():
            return False
        if self.mounted:
            _empty(self.path, self._own_names())
            _move_content(self.old, self.path)
        else:
            _remove(self.path)
            if os.path.lexists(self.old):
                self.old.rename(self.path)
        shutil.rmtree(self.old.parent)
        return True

    def keep(self) -> bool:
        """Remove what was set aside; whether there was anything."""
        found = self.old.parent.exists()
        if found:
            shutil.rmtree(self.old.parent)
        return found

    def discard_new(self) -> None:
        """Remove what was unpacked and not put in place."""
        if self.new.parent.exists():
            shutil.rmtree(self.new.parent)

    def _refuse_leftovers(self) -> None:
        if self.old.parent.exists():
            raise BackupError(
                f"{self.old} holds what a restore set aside that was interrupted. Look at it and at {self.path}, keep the one "
                f"that you want as {self.path}, remove {self.old.parent}, and restore again."
            )

    def _own_names(self) -> tuple[str, ...]:
        return (f".{NEW}", f".{OLD}", "lost+found")

    def _content(self) -> list[str]:
        return [path.name for path in self.path.iterdir() if path.name not in self._own_names()]


def _mount_points() -> list[Path]:
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    return [Path(line.split()[1].replace("\\040", " ")) for line in lines]


def _move_content(source: Path, target: Path, but: tuple[str, ...] = ()) -> None:
    target.mkdir(mode=0o700, exist_ok=True)
    _copy_rights(source, target)
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
