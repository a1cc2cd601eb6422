# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A captured screen as cells: one for every column, with what is drawn there and how.

Colours and attributes are evidence here: a placeholder is dim, a drawn cursor is one inverse cell, and an input
block may be nothing but another background.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

Colour = tuple[int, int, int]

_ESCAPE = re.compile(
    r"\x1b(?:\[([0-9;:]*)m|\[[0-9;:?<=>]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[()*+][A-Za-z0-9]|.)?"
)
_CONTROLS = re.compile("[\x00-\x1a\x1c-\x1f\x7f-\x9f]")
_ZERO_WIDTH_JOINER = "\u200d"
_INVISIBLE = frozenset("\u200b\u200c\u200e\u200f\u2060\ufeff\u00ad")
_ZERO_WIDTH = frozenset({"Mn", "Me", "Cf"})

_BASIC: tuple[Colour, ...] = (
    *((0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205)),
    *((229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255)),
    *((255, 0, 255), (0, 255, 255), (255, 255, 255)),
)


class Style(NamedTuple):
    """How a cell is drawn; None is the terminal's own colour."""

    bold: bool = False
    faint: bool = False
    inverse: bool = False
    fg: Colour | None = None
    bg: Colour | None = None

    @property
    def dim(self) -> bool:
        """Whether text in it is drawn to be passed over: faint, or a grey that is neither black nor white."""
        if self.faint:
            return True
        if self.fg is None or self.inverse:
            return False
        return max(self.fg) - min(self.fg) <= 40 and 48 <= max(self.fg) <= 192


class Cell(NamedTuple):
    """What stands in one column; the second column of a wide character holds nothing."""

    text: str
    style: Style


class Row(NamedTuple):
    """One line of the screen. What is right of its last cell is blank, and drawn as `tail` if that is known."""

    cells: tuple[Cell, ...]
    tail: Style | None

    @property
    def text(self) -> str:
        """The row without attributes."""
        return self.between(0, len(self.cells)).rstrip()

    def between(self, start: int, end: int | None = None) -> str:
        """The text of these columns."""
        return "".join(cell.text for cell in self.cells[max(start, 0) : end])

    def style(self, column: int) -> Style | None:
        """How this column is drawn; None when nobody can tell."""
        return self.cells[column].style if 0 <= column < len(self.cells) else self.tail

    def bg(self, column: int) -> Colour | None:
        """The background of this column, as far as it is known."""
        style = self.style(column)
        return style.bg if style else None


def parse_rows(captured: str) -> tuple[Row, ...]:
    """The rows of what `capture-pane -e -p` printed; attributes run on from one to the next, as tmux prints them."""
    rows = []
    style = Style()
    for line in captured.split("\n"):
        row, style = _parse_row(line, style)
        rows.append(row)
    return tuple(rows)


@lru_cache(maxsize=1024)
def _parse_row(line: str, style: Style) -> tuple[Row, Style]:
    cells: list[Cell] = []
    told = False
    for text, sgr in _pieces(line):
        _put(cells, _CONTROLS.sub("", text), style)
        if sgr is not None:
            style = apply_sgr(sgr, style)
            told = True
    # tmux leaves out the blanks at a row's end but not the attributes they are drawn with: a drawn cursor may be one.
    tail = style if told or cells else None
    if told and style.inverse and not (cells and cells[-1].style.inverse):
        cells.append(Cell(" ", style))
        tail = Style()
    return Row(tuple(cells), tail), style


def _pieces(line: str) -> Iterator[tuple[str, str | None]]:
    """Texts, and what select-graphic-rendition follows each; other escapes are passed over."""
    position = 0
    for match in _ESCAPE.finditer(line):
        yield line[position : match.start()], match.group(1)
        position = match.end()
    yield line[position:], None


def _put(cells: list[Cell], text: str, style: Style) -> None:
    joined = False
    for character in text:
        if character == _ZERO_WIDTH_JOINER:
            joined = True  # the next one is drawn over the one before
            _combine(cells, character)
            continue
        if character in _INVISIBLE:
            continue
        wide = width(character)
        if cells and (joined or wide == 0):
            _combine(cells, character)
        elif wide:
            cells.append(Cell(character, style))
            cells.extend([Cell("", style)] * (wide - 1))
        joined = False


def _combine(cells: list[Cell], character: str) -> None:
    if not cells:
        return
    index = len(cells) - 1
    while index > 0 and not cells[index].text:
        index -= 1
    cells[index] = Cell(cells[index].text + character, cells[index].style)


@lru_cache(maxsize=4096)
def width(character: str) -> int:
    """How many columns a character takes."""
    if character.isascii():
        return 1
    if unicodedata.category(character) in _ZERO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@lru_cache(maxsize=1024)
def apply_sgr(parameters: str, style: Style) -> Style:
    """The style after one select-graphic-rendition."""
    codes = iter((parameters or "0").split(";"))
    for code in codes:
        if code.partition(":")[0] in ("38", "48", "58"):
            style = _extended(code, codes, style)
        else:
            # A colon belongs to one parameter: "4:2" is a double underline and neither 4 nor 2.
            style = _plain(int(code), style) if code.isdigit() else (_plain(0, style) if not code else style)
    return style


def _plain(code: int, style: Style) -> Style:
    if code == 0:
        return Style()
    if code in _ATTRIBUTES:
        return _ATTRIBUTES[code](style)
    for first, bright in ((30, 0), (90, 8)):
        if first <= code < first + 8:
            return style._replace(fg=_BASIC[code - first + bright])
        if first + 10 <= code < first + 18:
            return style._replace(bg=_BASIC[code - first - 10 + bright])
    return style


_ATTRIBUTES: dict[int, Callable[[Style], Style]] = {
    1: lambda style: style._replace(bold=True),
    2: lambda style: style._replace(faint=True),
    7: lambda style: style._replace(inverse=True),
    22: lambda style: style._replace(bold=False, faint=False),
    27: lambda style: style._replace(inverse=False),
    39: lambda style: style._replace(fg=None),
    49: lambda style: style._replace(bg=None),
}


def _extended(code: str, codes: Iterator[str], style: Style) -> Style:
    """An extended colour: 38;5;n, 38;2;r;g;b, or the same with colons (where a colour space may stand before r)."""
    kind, *arguments = code.split(":")
    if not arguments:
        mode = next(codes, "")
        arguments = [mode, *(next(codes, "") for _unused in range({"2": 3, "5": 1}.get(mode, 0)))]
    if not arguments[-1].isdigit():
        return style  # cut off
    numbers = [min(int(one), 255) if one.isdigit() else 0 for one in arguments]
    colour: Colour | None = None
    if numbers[0] == 5 and len(numbers) > 1:
        colour = indexed(numbers[1])
    elif numbers[0] == 2 and len(numbers) > 3:
        red, green, blue = numbers[-3:] if len(numbers) <= 5 else numbers[2:5]
        colour = (red, green, blue)
    if colour is None or kind == "58":
        return style
    return style._replace(fg=colour) if kind == "38" else style._replace(bg=colour)


def indexed(number: int) -> Colour:
    """What one of the 256 colours looks like."""
    if number < 16:
        return _BASIC[number]
    if number >= 232:
        grey = 8 + 10 * (number - 232)
        return (grey, grey, grey)
    steps = (0, 95, 135, 175, 215, 255)
    number -= 16
    return (steps[number // 36], steps[number // 6 % 6], steps[number % 6])
