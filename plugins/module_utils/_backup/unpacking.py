# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an archive holds, written beside the places that it belongs to, and nowhere else.

Whoever has the public key can make an archive, so nothing in one is trusted: a path leads below the places that the
caller named or the archive is refused, and no link is followed.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path

from .manifest import DUMPS, FILES, About, BackupError, Entry, entry_of
from .places import Place
from .reading import Blocks


class Unpacker:
    """Takes the members of an archive, each into the new content of its place."""

    def __init__(self, places: Sequence[Place], dumps: Path | None) -> None:
        self._places = places
        self._dumps = dumps
        self.dumped: list[Path] = []
        """The dumps that were written."""
        self._directories: list[tuple[Path, Entry]] = []

    def take(self, member: tarfile.TarInfo, blocks: Blocks) -> None:
        """Write one member. Raises `BackupError`."""
        entry = entry_of(member)
        if self._dumps is not None and member.name.startswith(DUMPS):
            self.dumped.append(self._inside(self._dumps, member.name.removeprefix(DUMPS)))
            self._write(self.dumped[-1], entry, blocks)
            return
        target = self._target(member.name)
        if entry.kind == "file":
            self._write(target, entry, blocks)
        elif entry.kind == "link":
            target.symlink_to(entry.target)
            os.chown(target, *_owner(entry), follow_symlinks=False)
        else:
            target.mkdir(mode=0o700)
            self._directories.append((target, entry))

    def finish(self) -> None:
        """Give the directories their owners and modes, which they get last."""
        for path, entry in reversed(self._directories):
            os.chown(path, *_owner(entry))
            path.chmod(entry.mode)
        os.sync()

    def _target(self, name: str) -> Path:
        path = name.removeprefix(FILES)
        for place in self._places:
            if path == str(place.path):
                return place.new
            if path.startswith(f"{place.path}/"):
                return self._inside(place.new, path[len(str(place.path)) + 1 :])
        raise BackupError(
            f"The archive holds {path}, which is none of {', '.join(str(place.path) for place in self._places)}: "
            "this host's role would not have written it. Use another archive."
        )

    @staticmethod
    def _inside(root: Path, relative: str) -> Path:
        *parents, name = relative.split("/")
        folder = root
        for part in [*parents, name]:
            if part in ("", ".", ".."):
                raise BackupError(
                    f"The archive holds the path {relative}, which leads elsewhere. Use another archive."
                )
        for part in parents:
            folder /= part
            if folder.is_symlink() or not folder.is_dir():
                raise BackupError(
                    f"The archive holds {relative} below what is no directory. Use another archive."
                )
        return folder / name

    @staticmethod
    def _write(path: Path, entry: Entry, blocks: Blocks) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            for block in blocks:
                file.write(block)
            os.fchown(file.fileno(), *_owner(entry))
            os.fchmod(file.fileno(), entry.mode)


def check_room(places: Sequence[Place], about: About) -> None:
    """Refuse to unpack where there is too little room for it. Raises `BackupError`."""
    for place in places:
        needed = about.sizes.get(str(place.path), 0)
        free = shutil.disk_usage(place.folder).free
        if free < needed:
            raise BackupError(
                f"{place.path} needs {needed} bytes of room, and {place.folder} has {free} left. Make room, and restore again."
            )


def _owner(entry: Entry) -> tuple[int, int]:
    try:
        return pwd.getpwnam(entry.owner).pw_uid, grp.getgrnam(entry.group).gr_gid
    except KeyError as error:
        raise BackupError(
            f"The archive's files belong to {entry.owner}:{entry.group}, and this host has no such user or group. "
            "Provision the host first, and restore then."
        ) from error
