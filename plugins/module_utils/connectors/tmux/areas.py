# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the input block may be: the areas around the cursor that something bounds, best evidence first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .cells import Colour, Row
from .screen import Cursor, Screen

BARS = "│┃║▌▐▏▕┆┊"
SIGN_LETTERS = "❯›»→➜➤❱⟩▶▸λ>"
"""What begins an input line although nothing bounds it."""

_SIGN = re.compile(rf"^(?P<indent>\s{{0,3}})(?P<sign>[{SIGN_LETTERS}])(?=[\s\u00a0]|$)")
_PROMPT = re.compile(
    r"^(?P<sign>"
    r">>>|\.\.\."  # python
    r"|In \[\d+\]:|\s*\.\.\.:"  # ipython
    r"|\([^()\s]{0,2}\s?[^()\s]{1,3}\)>"  # goose
    r"|[A-Za-z][\w.:-]{0,24}>"  # ask>, mysql>
    r"|(?:\([^()]*\)\s)?(?:\[[^\]]*\]|[\w.-]+@[\w.-]+[: ][^\s$#%]*|[\w.~/+-]*[A-Za-z~/])?\s?[$#%❯➜]"  # shells
    r"|\([a-zA-Z]?[a-z]+db\)"  # gdb, lldb, pdb
    r")(?=[ \u00a0]|$)"
)

MAX_HEIGHT = 60
"""How many rows an area without a sign is believed to have."""


@dataclass(frozen=True)
class Area:
    """A part of the screen that may be an input block."""

    kind: str
    """What bounds it: frame, ground, rules, sign, or prompt."""
    top: int
    bottom: int
    left: int
    right: int
    nested: bool = False
    """Whether it stands within another frame."""
    prompt: int = 0
    """How many columns of its first row are a prompt of letters."""


def areas(screen: Screen, cursor: Cursor) -> Iterator[Area]:
    """What may be the input block around the cursor."""
    if not 0 <= cursor.y < len(screen.rows):
        return
    for find in (_frame, _ground, _ruled, _signed, _prompted):
        area = find(screen, cursor)
        if area is not None:
            yield area


def _frame(screen: Screen, cursor: Cursor) -> Area | None:
    """Bars at the left: a box, or a bar alone with a background of its own."""
    row = screen.rows[cursor.y]
    lead = _lead(row, cursor.x)
    if not lead:
        return None
    left = lead[-1]
    right = _right_bar(row, cursor.x)
    ground = row.bg(left + 1)
    alike = right is None  # a bar alone has nothing but its colour to tell it from another's
    top = _walk(screen, (left, cursor.y), -1, ground, alike)
    bottom = _walk(screen, (left, cursor.y), 1, ground, alike)
    closed = _closes(screen, top - 1, left) and _closes(screen, bottom + 1, left)
    end = right if right is not None else _ground_end(row, cursor.x, ground, screen.columns)
    if not closed and not (right is not None and top > 0) and (ground is None or end is None):
        return None
    return Area("frame", top, bottom, left + 1, end or screen.columns, nested=len(lead) > 1)


def _lead(row: Row, before: int) -> list[int]:
    """The columns of the bars that the row begins with."""
    found = []
    for column, cell in enumerate(row.cells[:before]):
        if cell.text and cell.text in BARS:
            found.append(column)
        elif cell.text.strip():
            break
    return found


def _right_bar(row: Row, after: int) -> int | None:
    found = None
    for column in range(len(row.cells) - 1, after, -1):
        letter = row.cells[column].text
        if letter and letter in BARS:
            found = column
        elif letter.strip():
            break
    return found


def _walk(screen: Screen, start: tuple[int, int], step: int, ground: Colour | None, alike: bool) -> int:
    """The last row in this direction with the same bar (in the same colour, if `alike`) before the same background."""
    column, number = start
    edge = screen.rows[number].cells[column]
    while 0 <= number + step < len(screen.rows):
        row = screen.rows[number + step]
        if column >= len(row.cells) or row.cells[column].text != edge.text or row.bg(column + 1) != ground:
            break
        if alike and row.cells[column].style.fg != edge.style.fg:
            break
        number += step
    return number


def _closes(screen: Screen, number: int, column: int) -> bool:
    """Whether a row is the edge of a box that begins at this column, or the screen cuts it off there."""
    if number in (-1, len(screen.rows)):
        return True
    cells = screen.rows[number].cells
    return column < len(cells) and cells[column].text != "" and cells[column].text in "╭╰┌└├╔╚┏┗╹╻▄▀╷╵"


def _ground_end(row: Row, column: int, ground: Colour | None, columns: int) -> int | None:
    if ground is None:
        return None
    while column < columns and row.bg(column) == ground:
        column += 1
    return column


def _ground(screen: Screen, cursor: Cursor) -> Area | None:
    """A background of its own."""
    row = screen.rows[cursor.y]
    ground = row.bg(cursor.x) or row.bg(cursor.x - 1)
    if ground is None:
        return None
    x = cursor.x if row.bg(cursor.x) == ground else cursor.x - 1
    left = x
    while left > 0 and row.bg(left - 1) == ground:
        left -= 1
    right = _ground_end(row, x, ground, screen.columns) or screen.columns
    rows = [number for number, one in enumerate(screen.rows) if one.bg(left) == ground]
    top = bottom = cursor.y
    while top - 1 in rows:
        top -= 1
    while bottom + 1 in rows:
        bottom += 1
    whole = bottom - top + 1 >= 0.8 * len(screen.rows) and right - left >= 0.8 * screen.columns
    if whole or right - left < min(20, screen.columns // 2):
        return None
    return Area("ground", top, bottom, left, right)


def _ruled(screen: Screen, cursor: Cursor) -> Area | None:
    """Lines across above and below."""
    above = max((number for number in screen.rules if number < cursor.y), default=None)
    below = min((number for number in screen.rules if number > cursor.y), default=None)
    if above is None or below is None or cursor.y in screen.rules or below - above > MAX_HEIGHT:
        return None
    return Area("rules", above + 1, below - 1, 0, screen.columns)


def _signed(screen: Screen, cursor: Cursor) -> Area | None:
    """A sign at the line's begin, with the cursor behind it or in the lines that go on below it."""
    signed = _sign_row(screen, cursor)
    if signed is None:
        return None
    top, column = signed
    if cursor.x <= column or (top < cursor.y and cursor.x < column + 2):
        return None
    begin = screen.lines[top][: column + 1] + " "
    while top > 0 and screen.lines[top - 1].startswith(begin):
        top -= 1  # a program that repeats its sign at every line
    bottom = cursor.y
    while bottom + 1 < len(screen.rows) and screen.lines[bottom + 1].startswith(" " * (column + 2)):
        bottom += 1
    return Area("sign", top, bottom, 0, screen.columns)


def _sign_row(screen: Screen, cursor: Cursor) -> tuple[int, int] | None:
    """The row that begins the lines which the cursor is in, and the column of its sign: the outermost one."""
    found = None
    for number in range(cursor.y, -1, -1):
        line = screen.lines[number]
        match = _SIGN.match(line) if number not in screen.rules else None
        if match and (found is None or len(match["indent"]) < found[1]):
            found = (number, len(match["indent"]))
        if number in screen.rules or (line.strip() and not line.startswith("  ")) or (found and not found[1]):
            break
    return found


def _prompted(screen: Screen, cursor: Cursor) -> Area | None:
    """A prompt of letters in the cursor's line, the last one written: a shell, an interpreter."""
    if any(line.strip() for line in screen.lines[cursor.y + 1 :]):
        return None
    top = cursor.y
    while top > 0 and len(screen.rows[top - 1].cells) >= screen.columns > 0 and cursor.y - top < 20:
        top -= 1  # a line that runs on in the next row
    match = _PROMPT.match(screen.lines[top])
    if not match or (top == cursor.y and cursor.x <= match.end()):
        return None
    return Area("prompt", top, cursor.y, 0, screen.columns, prompt=match.end())
