# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pane shows: its cells and where what is typed next appears."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from .cells import Row, parse_rows

_RULE_LETTERS = "─━═▀▄▁▔╌┄┈▂▃▆▇█"
_RULE = re.compile(rf"^[\s╭╮╰╯┌┐└┘├┤╹╻▗▖▝▘]*[{_RULE_LETTERS}]{{3,}}.*$")
_BLOCK_LETTERS = "█▉▊▋▌▍▎▏"
_ART = "▀▄▐░▒▓▖▗▘▙▚▛▜▝▞▟╗╔╝╚"
_CORNERS = "╭╮╰╯┌┐└┘├┤╹╻▗▖▝▘"


@dataclass(frozen=True)
class Cursor:
    """The place of the next letter."""

    x: int
    y: int
    drawn: bool
    """Whether the program hides the terminal's cursor and draws one of its own."""
    letter: bool = False
    """Whether a letter is drawn for it, which is none of the text then."""


@dataclass(frozen=True)
class Screen:
    """One picture of a pane."""

    rows: tuple[Row, ...]
    cursor_x: int = 0
    cursor_y: int = 0
    history: int = 0
    cursor_visible: bool = True
    columns: int = 0
    alternate: bool = False
    line_mode: bool | None = None
    """Whether its terminal hands on whole lines, as it does for a plain reader; None where nobody can tell."""

    @classmethod
    def parse(
        cls,
        captured: str,
        cursor_x: int = 0,
        cursor_y: int = 0,
        history: int = 0,
        *,
        cursor_visible: bool = True,
        columns: int = 0,
        alternate: bool = False,
        line_mode: bool | None = None,
    ) -> Screen:
        """Read the output of `capture-pane -e -p`; `alternate` says whether it is of the alternate screen."""
        rows = parse_rows(captured)
        columns = columns or max((len(row.cells) for row in rows), default=0)
        return cls(rows, cursor_x, cursor_y, history, cursor_visible, columns, alternate, line_mode)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The rows without attributes."""
        return tuple(row.text for row in self.rows)

    @cached_property
    def rules(self) -> frozenset[int]:
        """The rows that are lines drawn across, the edges of boxes among them."""
        return frozenset(number for number, line in enumerate(self.lines) if is_rule(line))

    @cached_property
    def drawn_cells(self) -> tuple[tuple[int, int], ...]:
        """The places of inverse cells that stand alone in their row's inverse."""
        found = []
        for y, row in enumerate(self.rows):
            inverse = [x for x, cell in enumerate(row.cells) if cell.style.inverse]
            if len(inverse) == 1 or (len(inverse) == 2 and not row.cells[inverse[1]].text):
                found.append((inverse[0], y))
        return tuple(found)

    @cached_property
    def block_letters(self) -> tuple[tuple[int, int], ...]:
        """The places of half or whole blocks that stand alone: pictures have more of them, and so have scroll bars."""
        found = []
        for y, line in enumerate(self.lines):
            places = [
                x for x, cell in enumerate(self.rows[y].cells) if cell.text and cell.text in _BLOCK_LETTERS
            ]
            drawn = y in self.rules or any(letter in _ART for letter in line)
            if len(places) == 1 and places[0] < self.columns - 1 and not drawn:
                found.append((places[0], y))
        columns = [x for x, _unused in found]
        return tuple((x, y) for x, y in found if columns.count(x) == 1)

    @cached_property
    def cursors(self) -> tuple[Cursor, ...]:
        """Where the next letter may appear: at the cursor; where that is hidden, at a cell drawn in its stead."""
        place = (self.cursor_x, self.cursor_y)
        if self.cursor_visible:
            return (Cursor(*place, drawn=False),)
        if place in self.drawn_cells:
            return (Cursor(*place, drawn=True),)
        cells = [Cursor(x, y, drawn=True) for x, y in self.drawn_cells]
        letters = [Cursor(x, y, drawn=True, letter=True) for x, y in self.block_letters]
        return tuple(sorted((*cells, *letters), key=lambda cursor: (cursor.y, cursor.x)))

    def line(self, number: int) -> str:
        """A row's text; empty for one that is not there."""
        return self.lines[number] if 0 <= number < len(self.lines) else ""

    def logical(self, number: int) -> str:
        """The text that ends in a row, with the rows before it that ran on into it."""
        first = number
        while first > 0 and len(self.rows[first - 1].cells) >= self.columns > 0 and number - first < 10:
            first -= 1
        return "".join(row.between(0, self.columns) for row in self.rows[first : number + 1]).rstrip()

    def tail(self, count: int = 8) -> str:
        """The last written lines, for a human."""
        return "\n".join([line for line in self.lines if line.strip()][-count:])


def is_rule(line: str) -> bool:
    """Whether a line is drawn across, with a short title in it at most."""
    stripped = line.strip()
    if not _RULE.match(line):
        return False
    drawn = sum(letter in _RULE_LETTERS or letter in _CORNERS for letter in stripped)
    return drawn >= max(4, len(stripped) // 2)
