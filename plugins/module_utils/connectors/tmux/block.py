# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live input block: what stands in the area around the cursor, and whether that is certain."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .areas import Area, areas
from .cells import Row
from .placeholder import PLACEHOLDER
from .reading import InputBlock
from .screen import Cursor, Screen

_BOX = re.compile(r"^\s*[╭┌]─{3}")
_MARKED = re.compile(r"^[\s│┃|]*[❯›●▶]\s*\d+[.)]\s+\S")

_BLANK_ROWS = 3
"""How many rows an input block without a sign has at most where nothing is typed."""

_NO_SIGNS = frozenset("\"'`([{<-*+=~.,;:_/\\^@")


@dataclass(frozen=True)
class Found:
    """An area as it was read, or why none was."""

    why: str
    area: Area | None = None
    cursor: Cursor | None = None
    block: InputBlock | None = None
    typed: bool = False
    """Whether something stands left of the cursor."""
    menu: bool = False
    """Whether it is a choice in a list that the cursor is at."""
    at_sign: bool = False
    """Whether the cursor stands on the sign that marks a choice."""
    above: bool = False
    """Whether the drawn cursor is one that was left above what is open."""


def find(screen: Screen) -> Found:
    """Read the first area around the cursor that can be an input block."""
    cursors = screen.cursors
    if not cursors:
        return Found("the cursor is hidden, and nothing is drawn that stands for it")
    found = [_find_at(screen, cursor) for cursor in cursors]
    # Of several the lowest: what is above it belongs to a picture that nobody erased.
    last = next((one for one in reversed(found) if one.block is not None), found[-1])
    if last.block is not None and cursors[0].drawn and _asks_below(screen, last.block.bottom):
        return Found("the drawn cursor stands in a picture above an open dialog", above=True)
    return last


def _asks_below(screen: Screen, bottom: int) -> bool:
    """Whether a box begins below a row in which a choice is marked: what is open now, whatever stands above it."""
    edges = [number for number in range(bottom + 1, len(screen.lines)) if _BOX.match(screen.line(number))]
    return bool(edges) and any(_MARKED.match(line) for line in screen.lines[edges[0] :])


def _find_at(screen: Screen, cursor: Cursor) -> Found:
    why = f"nothing bounds the place of the cursor (row {cursor.y}, column {cursor.x})"
    for area in areas(screen, cursor):
        found = _Reader(screen, cursor, area).read()
        if found.block is not None or found.menu:
            return found
        why = found.why
    below = _drawn_below(screen, cursor) or _left_behind(screen, cursor)
    return below or Found(why, at_sign=_at_sign(screen, cursor))


def _drawn_below(screen: Screen, cursor: Cursor) -> Found | None:
    """A draft whose cursor is drawn on the lower edge of its box, as a program does that counts its lines wrong.

    Nothing but a draft is believed to stand there.
    """
    if not cursor.drawn or cursor.y not in screen.rules or cursor.y == 0:
        return None
    above = replace(cursor, y=cursor.y - 1)
    for area in areas(screen, above):
        found = _Reader(screen, above, area).read()
        if area.kind == "frame" and found.block is not None and found.block.draft:
            return found
    return None


def _left_behind(screen: Screen, cursor: Cursor) -> Found | None:
    """The block above its lower edge, where a program left the cursor that drew no further than that edge.

    Only a line that begins with a sign is believed to be one, and only where nothing follows.
    """
    edge = screen.line(cursor.y)
    behind = cursor.y in screen.rules and cursor.x >= len(edge.rstrip()) and cursor.y > 0
    if cursor.drawn or not behind or any(line.strip() for line in screen.lines[cursor.y + 1 :]):
        return None
    number = next((n for n in range(cursor.y - 1, -1, -1) if n - 1 in screen.rules), None)
    if number is None:
        return None
    end = screen.rows[cursor.y - 1]
    above = replace(
        cursor, y=cursor.y - 1, x=len(end.text.rstrip(" │┃|")) + (1 if cursor.y - 1 == number else 0)
    )
    for area in areas(screen, above):
        reading = _Reader(screen, above, area)
        found = reading.read()
        if found.block is not None and reading._sign(number) and area.top <= number:
            return found
    return None


def explain(screen: Screen) -> Iterator[str]:
    """What was looked at to find the block, one sentence for each area."""
    for cursor in screen.cursors:
        kind = "drawn by the program" if cursor.drawn else "the terminal's"
        yield f"A cursor at row {cursor.y}, column {cursor.x}, {kind}."
        for area in areas(screen, cursor):
            found = _Reader(screen, cursor, area).read()
            verdict = "read" if found.block else "refused"
            yield (
                f"Rows {area.top} to {area.bottom}, columns {area.left} to {area.right}, "
                f"bounded by {_BOUNDS[area.kind]}: {verdict}, {found.why}."
            )
    if not screen.cursors:
        yield "No cursor: it is hidden, and nothing is drawn that could stand for it."


def _at_sign(screen: Screen, cursor: Cursor) -> bool:
    cells = screen.rows[cursor.y].cells if cursor.y < len(screen.rows) else ()
    return cursor.x < len(cells) and cells[cursor.x].text in ("❯", "›", "●", "▶")


class _Reader:
    """One area, read."""

    def __init__(self, screen: Screen, cursor: Cursor, area: Area) -> None:
        self.screen = screen
        self.cursor = cursor
        self.area = area
        self.first = next((n for n in range(area.top, area.bottom + 1) if self._text(n).strip()), cursor.y)
        self.start = self._text_start()

    def read(self) -> Found:
        sign = self._sign(self.cursor.y)
        if self.first < self.cursor.y and sign and not self._repeats(sign):
            return Found("the cursor is at a choice of a list", self.area, self.cursor, menu=True)
        if self.cursor.y == self.first and self.cursor.x < self.start and self._text(self.first).strip():
            return Found("the cursor is at the sign and not behind it", self.area)
        if self.cursor.y < self.first and self._sign(self.first):
            return Found("the cursor is above the line that begins with a sign", self.area)
        if self._vague():
            return Found("the cursor is in an empty area that could be anything", self.area)
        draft = self._draft()
        commands = self._sign(self.first) == "!"
        scrolled = self.area.kind in ("rules", "frame") and bool(draft) and not self._sign(self.first)
        typed = any(line.strip() for line in self._left())
        bare = self.area.kind in ("sign", "prompt")
        told = {"scrolled": scrolled, "commands": commands, "at_start": not typed, "bare": bare}
        block = InputBlock(draft, self.area.top, self.area.bottom, **told)
        why = f"the cursor is in an area bounded by {_BOUNDS[self.area.kind]}"
        return Found(why, self.area, self.cursor, block, typed=typed)

    def _vague(self) -> bool:
        """Whether the area is blank, and bounded by what any full-screen program has: a background, far lines."""
        if any(self._text(number).strip() for number in range(self.area.top, self.area.bottom + 1)):
            return False
        return self.area.kind == "ground" or (
            self.area.kind == "rules" and self.area.bottom - self.area.top >= _BLANK_ROWS
        )

    def _text(self, number: int) -> str:
        return self.screen.rows[number].between(self.area.left, self.area.right)

    def _sign(self, number: int) -> str:
        """The sign that a row of the area begins with, if it does."""
        text = self._text(number)
        stripped = text.lstrip()
        if not stripped or not _may_be_sign(stripped[0]):
            return ""
        if self._touches(number):
            # What stands right before the cursor was typed, unless no keyboard has it.
            return "" if stripped[0].isascii() else stripped[0]
        return stripped[0] if len(stripped) == 1 or stripped[1].isspace() else ""

    def _touches(self, number: int) -> bool:
        """Whether the cursor stands right behind the first letter of a row."""
        return number == self.cursor.y and self.cursor.x == self.area.left + _indent(self._text(number)) + 1

    def _repeats(self, sign: str) -> bool:
        """Whether the sign stands before every line of the area, as some programs write it."""
        return self.area.kind == "sign" and all(
            self._sign(number) == sign for number in range(self.area.top, self.cursor.y + 1)
        )

    def _text_start(self) -> int:
        """The column at which what is typed begins."""
        if self.area.prompt:
            return self.area.prompt + 1
        if self._sign(self.first):
            return self.area.left + _indent(self._text(self.first)) + 2 - self._touches(self.first)
        texts = [self._text(number) for number in range(self.area.top, self.cursor.y + 1)]
        indents = [_indent(text) for text in texts if text.strip()]
        return min(self.area.left + min(indents, default=0), max(self.cursor.x, self.area.left))

    def _draft(self) -> str:
        left = self._left()
        here = self.screen.rows[self.cursor.y]
        if not any(line.strip() for line in left):
            rest = [self._row(n) for n in range(self.cursor.y, self.area.bottom + 1)]
            if self._placeholder(here, rest):
                return ""
        behind = _bright(here, self._column(self.cursor.x), self.area.right)
        if behind:
            left[-1] = left[-1].ljust(self._length(self.cursor.x)) + behind
        return "\n".join([*left, *self._below()]).strip()

    def _left(self) -> list[str]:
        """The rows of the area up to the cursor."""
        return [self._row(number, until=True) for number in range(self.area.top, self.cursor.y + 1)]

    def _below(self) -> list[str]:
        """What was typed below the cursor: up to a blank line, for a block may end in a line of its own."""
        lines = []
        for number in range(self.cursor.y + 1, self.area.bottom + 1):
            line = _bright(self.screen.rows[number], self.area.left, self.area.right).strip()
            if not line and self.area.kind != "rules":
                break
            lines.append(line)
        return lines

    def _length(self, x: int) -> int:
        """How many letters of the cursor's row stand before column `x`, blanks at the end included."""
        row = self.screen.rows[self.cursor.y]
        return len(row.between(self._row_start(self.cursor.y), min(x, self.area.right)))

    def _column(self, x: int) -> int:
        """The column from which on a text is right of the cursor, what leads to the row's text left out."""
        return max(x + self.cursor.letter, self._row_start(self.cursor.y))

    def _row(self, number: int, until: bool = False) -> str:
        """What is typed in a row, up to the cursor if that is asked."""
        row = self.screen.rows[number]
        start = self._row_start(number)
        end = self.cursor.x if until and number == self.cursor.y else self.area.right
        return row.between(start, min(end, self.area.right)).rstrip() if end > start else ""

    def _row_start(self, number: int) -> int:
        """The column at which a row's typed text begins."""
        marked = number == self.first or self._repeats(self._sign(number) or "?")
        blank = not self.screen.rows[number].between(self.area.left, self.start).strip()
        return self.start if marked or blank else self.area.left

    def _placeholder(self, here: Row, rest: list[str]) -> bool:
        """Whether what stands at and behind the cursor was written there by the program."""
        text = rest[0].strip()
        if PLACEHOLDER.match(text):
            return True
        behind = self._column(self.cursor.x)
        if (
            self.cursor.drawn
            and self.cursor.x == behind
            and _bright(here, behind + 1, self.area.right).strip() == ""
        ):
            if not text:
                return not any(self._below())  # a human may have gone up to an empty first line
            return bool(here.between(behind + 1, self.area.right).strip())
        return not _bright(here, behind, self.area.right).strip() and not any(self._below())


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _bright(row: Row, start: int, end: int) -> str:
    """The text of these columns without what is dim."""
    return "".join(
        " " if cell.style.dim and cell.text else cell.text for cell in row.cells[max(start, 0) : end]
    ).rstrip()


def _may_be_sign(letter: str) -> bool:
    return letter not in _NO_SIGNS and unicodedata.category(letter)[0] in "SP"


_BOUNDS = {
    "frame": "a frame",
    "ground": "a background of its own",
    "rules": "lines above and below",
    "sign": "the sign before it",
    "prompt": "the prompt before it",
}
