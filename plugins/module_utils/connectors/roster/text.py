# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a roster's text has to tell, in whatever format: where each top-level member stands and what it means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import RosterError

MOST_DEEP = 200
"""How deep a document may be nested: a bound below what Python's own calls take, wherever we are called from."""

MOST_DEEP_BLOCK = 32
"""... and what of it is understood: our block has three levels, the settings two."""


@dataclass(frozen=True)
class Member:
    """One top-level member: character offsets of its key and of its value's two ends."""

    key: str
    start: int
    value_start: int
    value_end: int


@dataclass(frozen=True)
class Spot:
    """One key or value: the path to it, its character offset, and its text (None for a collection)."""

    path: tuple[str, ...]
    start: int
    is_key: bool
    text: str | None


@dataclass(frozen=True)
class RosterText(ABC):
    """A parsed roster with positions; `name` is what errors call it.

    `flow` says whether the members stand in braces; `column` is where the keys of a block mapping
    begin; a new member goes to `insert_at` where there is no other.
    """

    text: str
    name: str
    flow: bool
    column: int
    insert_at: int
    members: tuple[Member, ...]
    root: Any

    @abstractmethod
    def reparse(self, text: str) -> RosterText:
        """Parse another text in this one's format."""

    @abstractmethod
    def value(self, key: str) -> Any:
        """What the top-level `key` means, or None where there is no such key."""

    @abstractmethod
    def shape(self, without: str) -> Any:
        """A comparable picture of everything but one top-level key."""

    @abstractmethod
    def spots(self) -> Iterator[Spot]:
        """Every key and value of the document with its place, in the order of the text."""

    def scalars(self) -> Iterator[Spot]:
        """Every key and scalar of the document."""
        return (spot for spot in self.spots() if spot.text is not None)

    def locate(self, path: tuple[str, ...]) -> str:
        """`name:line:column` of the deepest key of `path` that exists."""
        spot = self.spot(path)
        return self.name if spot is None else self.position(spot.start)

    def spot(self, path: tuple[str, ...], *, value: bool = False) -> Spot | None:
        """The deepest key of `path` that exists, or rather its `value`; None when there is none at all."""
        best: Spot | None = None
        for spot in self.spots():
            deep = len(spot.path)
            if spot.path == path[:deep] and (
                best is None or deep > len(best.path) or (value and deep == len(best.path))
            ):
                best = spot
        return best

    @property
    def newline(self) -> str:
        """The line end this file uses (its first one decides)."""
        first = self.text.find("\n")
        return "\r\n" if first > 0 and self.text[first - 1] == "\r" else "\n"

    def member(self, key: str) -> Member | None:
        """The member called `key`, or None; raises `RosterError` when there are several."""
        found = [member for member in self.members if member.key == key]
        if len(found) > 1:
            lines = " and ".join(str(self.line_of(member.start)) for member in found)
            raise RosterError(
                f"{self.name}: the key {key!r} is expected once, found on lines {lines}. Remove all but one.",
                code="duplicate_key",
                place=self.place_of(found[-1].start),
            )
        return found[0] if found else None

    def line_of(self, offset: int) -> int:
        """The line number, from 1, of a character offset."""
        return self.text.count("\n", 0, offset) + 1

    def place_of(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of a character offset."""
        return self.line_of(offset), offset - self.text.rfind("\n", 0, offset)

    def position(self, offset: int) -> str:
        """`name:line:column`, from 1, of a character offset."""
        line, column = self.place_of(offset)
        return f"{self.name}:{line}:{column}"

    def member_indent(self) -> str | None:
        """The white space in front of the members of a flow mapping; None when they share a line."""
        if not self.members:
            return None
        line_start = self.text.rfind("\n", 0, self.members[0].start) + 1
        lead = self.text[line_start : self.members[0].start]
        return lead if line_start > 0 and not lead.strip() else None


def require_mapping(is_mapping: bool, name: str, found: str) -> None:
    """Refuse a document that is no mapping; raises `RosterError`."""
    if not is_mapping:
        raise RosterError(
            f"{name} is expected to be a mapping (agents, connector, …), found a {found}. Is it the right file?",
            code="wrong_type",
        )


def depth_of(document: Any) -> int:
    """How deep a document of lists and dictionaries is nested; a loop, since it may be deeper than Python calls."""
    depth, level = 0, [document]
    while level:
        inner: list[Any] = []
        for one in level:
            inner += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        collections = any(isinstance(one, (dict, list)) for one in level)
        depth, level = depth + collections, inner
    return depth
