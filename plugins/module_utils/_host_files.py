# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set of files and directories: looked at first, prepared and proven beside their places, then put there all at once."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .connectors.durable import Beside, sync_directory, write_beside
from .connectors.errors import ConfigError, StateError

MOST_BYTES = 16 * 1024 * 1024
"""What is read of a file that is there: configuration is shorter, and what is longer differs from it anyway."""

Attributes = dict[str, str]
Validate = Callable[[str, str], str]
"""Given a command with `%s` in it and the path of what it is to look at: why it refuses that, or nothing."""


@dataclass(frozen=True)
class Wanted:
    """What is wanted at one path.

    `content` None leaves what a file holds; `mark` is what the first line of a file of ours holds: one
    without it is somebody else's, which is never removed or replaced. `secret`: never in a diff. Folders
    between `below` and the path come and go with the file.
    """

    path: Path
    state: str
    owner: str | None = None
    group: str | None = None
    mode: str | None = None
    content: bytes | None = None
    secret: bool = False
    validate: str | None = None
    mark: str | None = None
    below: Path | None = None

    def attributes(self) -> Attributes:
        """Owner, group and mode, as far as they are asked for."""
        asked = {"owner": self.owner, "group": self.group, "mode": self.mode}
        return {name: value for name, value in asked.items() if value is not None}


@dataclass(frozen=True)
class Found:
    """What is at a path: `kind` is file, directory, link, other, or empty for nothing."""

    kind: str = ""
    attributes: Attributes = field(default_factory=dict)
    content: bytes | None = None


@dataclass(frozen=True)
class Step:
    """What is wanted at a path, and what is there."""

    wanted: Wanted
    found: Found

    @property
    def needs_content(self) -> bool:
        """Whether a file has to be written."""
        if self.wanted.state not in ("file", "present"):
            return False
        return self.found.kind != "file" or self.wanted.content not in (None, self.found.content)

    @property
    def needs_attributes(self) -> bool:
        """Whether what is there belongs to others, or is open to others."""
        asked = self.wanted.attributes()
        return self.wanted.state != "absent" and any(
            self.found.attributes.get(name) != value for name, value in asked.items()
        )

    @property
    def needed(self) -> bool:
        """Whether anything differs."""
        if self.wanted.state == "absent":
            return self.found.kind != "" and not self.others
        if self.wanted.state == "directory":
            return self.found.kind != "directory" or self.needs_attributes
        return self.needs_content or self.needs_attributes

    @property
    def others(self) -> bool:
        """Whether somebody else wrote the file that is there; an empty one is nobody's."""
        mark = self.wanted.mark
        if mark is None or self.found.kind != "file" or not self.found.content:
            return False
        return mark.encode() not in self.found.content.split(b"\n", 1)[0]


def look(wanted: Wanted) -> Step:
    """See what is at a path; raises `ConfigError` for what may not be replaced, `StateError` for what cannot be read."""
    try:
        found = _found(wanted)
    except OSError as error:
        raise StateError(f"{wanted.path} cannot be looked at: {error.strerror}.") from error
    step = Step(wanted, found)
    _require_fitting(step)
    return step


def _found(wanted: Wanted) -> Found:
    try:
        there = wanted.path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return Found()
    if stat.S_ISLNK(there.st_mode):
        # A folder may lie elsewhere: by root's own link, and by nobody else's.
        if wanted.state != "directory" or there.st_uid not in (0, os.geteuid()):
            return Found("link")
        there = wanted.path.stat()
    if stat.S_ISDIR(there.st_mode):
        return Found("directory", _attributes(there))
    if not stat.S_ISREG(there.st_mode):
        return Found("other")
    reads = wanted.content is not None or wanted.mark is not None
    return Found("file", _attributes(there), _content(wanted.path) if reads else None)


def _content(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(MOST_BYTES)


def _attributes(there: os.stat_result) -> Attributes:
    return {
        "owner": _name(pwd.getpwuid, there.st_uid),
        "group": _name(grp.getgrgid, there.st_gid),
        "mode": f"{stat.S_IMODE(there.st_mode):04o}",
    }


def _name(find: Callable[[int], Any], number: int) -> str:
    try:
        return str(find(number)[0])
    except KeyError:
        return str(number)


def _require_fitting(step: Step) -> None:
    wanted, kind = step.wanted, step.found.kind
    expected = "directory" if wanted.state == "directory" else "file"
    # A link in a file's place is replaced, and never followed; a folder's takes what is below it elsewhere.
    fits = kind in ("", expected) or (kind == "link" and expected == "file")
    if not fits:
        article = "a link of another user's" if kind == "link" else f"a {kind}" if kind != "other" else "none"
        raise ConfigError(
            f"{wanted.path} is expected to be a {expected}, and is {article}. Move it away, and run again."
        )
    if wanted.state == "file" and step.others:
        raise ConfigError(
            f"{wanted.path} was written by hand: its first line does not hold {wanted.mark!r}. Keep what it "
            "holds, remove it, and run again."
        )


def apply(steps: Iterable[Step], validate: Validate) -> None:
    """Make every path what it should be: all files or none, short of a crash. Raises `ConfigError`, `StateError`."""
    needed = [step for step in steps if step.needed]
    prepared: list[tuple[Step, Beside]] = []
    try:
        for step in needed:
            with _explained(step.wanted):
                if step.wanted.state == "directory":
                    _make_directory(step)
        for step in needed:
            if step.needs_content:
                with _explained(step.wanted):
                    prepared.append((step, _prepare(step.wanted)))
                _require_valid(step.wanted, prepared[-1][1].path, validate)
        while prepared:
            step, new = prepared[0]
            with _explained(step.wanted):
                new.replace(step.wanted.path)
                sync_directory(step.wanted.path.parent)
            prepared.pop(0)
        for step in needed:
            with _explained(step.wanted):
                if step.wanted.state == "absent":
                    _remove(step)
                elif step.wanted.state != "directory" and not step.needs_content:
                    _dress_path(step.wanted, os.O_NOFOLLOW | os.O_NONBLOCK)
    finally:
        for _step, new in prepared:
            new.discard()


def _require_valid(wanted: Wanted, new: Path, validate: Validate) -> None:
    refusal = validate(wanted.validate, str(new)) if wanted.validate else ""
    if refusal:
        raise ConfigError(
            f"{wanted.path} would be wrong, and nothing was changed: {refusal.replace(str(new), str(wanted.path))}"
        )


def _prepare(wanted: Wanted) -> Beside:
    """The file that is to be, complete and beside its place."""
    return write_beside(wanted.path, wanted.content or b"", lambda descriptor: _dress(descriptor, wanted))


def _make_directory(step: Step) -> None:
    wanted = step.wanted
    if step.found.kind == "":
        # For its owner alone until it is his.
        wanted.path.mkdir(mode=0o700)
        sync_directory(wanted.path.parent)
    _dress_path(wanted, os.O_DIRECTORY)


def _remove(step: Step) -> None:
    path = step.wanted.path
    if step.found.kind != "directory":
        path.unlink()
    else:
        try:
            path.rmdir()
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
            return  # somebody has put something there meanwhile
    sync_directory(path.parent)


def _dress_path(wanted: Wanted, flags: int) -> None:
    descriptor = os.open(wanted.path, os.O_RDONLY | os.O_CLOEXEC | flags)
    try:
        _dress(descriptor, wanted)
    finally:
        os.close(descriptor)


def _dress(descriptor: int, wanted: Wanted) -> None:
    """Owner and group before the mode, which the kernel takes a part of when they change."""
    owner = -1 if wanted.owner is None else _number(pwd.getpwnam, wanted.owner, "user")
    group = -1 if wanted.group is None else _number(grp.getgrnam, wanted.group, "group")
    os.fchown(descriptor, owner, group)
    if wanted.mode is not None:
        os.fchmod(descriptor, int(wanted.mode, 8))


def _number(find: Callable[[str], Any], name: str, what: str) -> int:
    try:
        return int(find(name)[2])
    except KeyError as error:
        raise ConfigError(
            f"There is no {what} {name} on this host. Create it first, and run again."
        ) from error


class _explained:
    """An error of the system, as a sentence about the path."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            advice = "Check the disk, and who may write there."
            if error.errno == errno.ENOENT:
                advice = f"The folder {self._wanted.path.parent} is expected and missing: make it first."
            raise StateError(f"{self._wanted.path} cannot be made: {error.strerror}. {advice}") from error
