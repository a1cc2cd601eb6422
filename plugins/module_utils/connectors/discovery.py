# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where kinds come from: the packages beside this file that describe one, and the entry points of others.

Nothing stands in a list: a folder with a `kind.py` whose `KIND` describes it is a built-in kind, and a distribution
brings one by an entry point of the group `mosaic_connectors` of its name. Neither is loaded before it is asked for.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from .errors import ConfigError
from .kind import Kind

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT_GROUP = "mosaic_connectors"
"""Distributions advertise further kinds here: entry-point name = kind, value = its `Kind`, or a factory."""

_HERE = os.path.dirname(__file__)  # noqa: PTH120  # pathlib is a tenth of what this takes


class KindError(ConfigError):
    """A kind that somebody brings, and that cannot be used as it is."""


@lru_cache(maxsize=1)
def built_in() -> tuple[str, ...]:
    """The kinds that come with the library, sorted; none in a copy that travels in an archive with a module."""
    try:
        with os.scandir(_HERE) as entries:
            folders = [entry.name for entry in entries if entry.is_dir()]
    except NotADirectoryError:
        return ()
    return tuple(sorted(one for one in folders if os.path.isfile(f"{_HERE}/{one}/kind.py")))  # noqa: PTH113


def advertised() -> dict[str, EntryPoint]:
    """The kinds that other distributions bring, by name; none that has the name of a built-in one."""
    # What a distribution brings is made for the installed library, never for a copy that came with a module.
    return {} if __name__.startswith("ansible_collections.") else _entry_points(tuple(sys.path))


@lru_cache(maxsize=2)
def _entry_points(path: tuple[str, ...]) -> dict[str, EntryPoint]:
    # Loaded where there is something to be read: it takes as long as all else that a command loads, and a megabyte of memory.
    if not any(_may_advertise(folder or ".") for folder in path):
        return {}
    from importlib.metadata import entry_points

    found: dict[str, EntryPoint] = {}
    for one in entry_points(group=ENTRY_POINT_GROUP):
        if one.name not in built_in():
            found.setdefault(one.name, one)
    return dict(sorted(found.items()))


def _may_advertise(folder: str) -> bool:
    """Whether a distribution in a folder of the interpreter's path names our group; what is no folder, such as a zip file, may."""
    try:
        with os.scandir(folder) as entries:
            beside = [entry.path for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
    except FileNotFoundError:
        return False
    except OSError:
        return True
    for information in beside:
        try:
            with open(f"{information}/entry_points.txt", "rb") as file:  # noqa: PTH123  # as above
                if f"[{ENTRY_POINT_GROUP}]".encode() in file.read():
                    return True
        except OSError:
            continue
    return False


def load(name: str) -> Kind | None:
    """The description of a kind that comes with the library or is advertised; None for any other.

    Raises `KindError` when it is advertised and cannot be used.
    """
    if name in built_in():
        kind: Kind = import_module(f".{name}.kind", __package__).KIND
        return kind
    entry_point = advertised().get(name)
    if entry_point is None:
        return None
    found = _load(entry_point)
    if isinstance(found, str):
        raise KindError(f"The kind {name} comes from {_who(entry_point)}, {found}")
    return found


@lru_cache(maxsize=64)
def _load(entry_point: EntryPoint) -> Kind | str:
    """The description, or why there is none."""
    try:
        found = entry_point.load()
    except Exception as error:  # it is somebody else's code
        return (
            f"and its {entry_point.value} cannot be loaded: {type(error).__name__}: {error}. "
            "Install a version of it that fits, or remove it."
        )
    if isinstance(found, Kind):
        if found.name == entry_point.name:
            return found
        return f"whose description calls it {found.name!r}. Entry point and description must have one name."
    if callable(found):
        return Kind(
            name=entry_point.name, summary=f"a channel that {_who(entry_point)} brings", factory=found
        )
    return (
        f"and its {entry_point.value} must be a Kind or a factory, but is a {type(found).__name__}. "
        "Correct the entry point."
    )


def _who(entry_point: EntryPoint) -> str:
    return f"the distribution {entry_point.dist.name}" if entry_point.dist else "a distribution"
