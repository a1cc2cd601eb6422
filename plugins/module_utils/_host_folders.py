# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders that come with the files in them, and go with the last one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ._host_files import Found, Step, Wanted, look

MODE = "0755"
"""Of a folder that is made: what is secret says so by a mode of its own."""


def with_folders(steps: Iterable[Step]) -> list[Step]:
    """The steps, with those before them that make what is missing, and those behind that remove what nothing is in any more.

    A folder that is there stays as it is. It is removed where a file of ours is removed from it, and nothing else is in it;
    never `below` itself. Raises what `look` raises, where something else stands in a folder's place.
    """
    whole = list(steps)
    known = {step.wanted.path for step in whole}
    return [*(one for step in whole for one in (*_missing(step, known), step)), *_left_empty(whole)]


def _missing(step: Step, known: set[Path]) -> Iterator[Step]:
    """What has to be made for a file, the outermost first, short of what is known to be made or looked at."""
    if step.wanted.state == "absent":
        return
    for folder in reversed(_way(step.wanted)):
        if folder in known:
            continue
        known.add(folder)
        if look(Wanted(folder, "directory")).needed:
            yield Step(Wanted(folder, "directory", step.wanted.owner, step.wanted.group, MODE), Found())


def _left_empty(steps: list[Step]) -> Iterator[Step]:
    stays = {step.wanted.path for step in steps if step.wanted.state != "absent"}
    goes = {step.wanted.path for step in steps if step.wanted.state == "absent" and step.needed}
    for step in steps:
        if step.wanted.path not in goes:
            continue
        for folder in _way(step.wanted):
            if folder in goes:
                continue
            if not _holds_only(folder, goes) or any(folder in path.parents for path in stays):
                break
            goes.add(folder)
            yield Step(Wanted(folder, "absent"), Found("directory"))


def _way(wanted: Wanted) -> list[Path]:
    """The folders between `below` and a file, the file's own first; none where it is not below."""
    if wanted.below is None or wanted.below not in wanted.path.parents:
        return []
    return [one for one in wanted.path.parents if wanted.below in one.parents]


def _holds_only(folder: Path, goes: set[Path]) -> bool:
    """Whether a folder, and no link to one, holds nothing but what goes."""
    try:
        return not folder.is_symlink() and all(one in goes for one in folder.iterdir())
    except OSError:
        return False
