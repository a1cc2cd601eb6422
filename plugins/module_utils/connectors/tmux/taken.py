# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What says that a program took a text, beside its being gone from the input block: it stands elsewhere now, or the
program is at work.

A program may empty its input block and drop what stood there: OpenCode does when its own server refuses the text.
"""

from __future__ import annotations

from .pane_look import View
from .programs import Programs
from .standing import SHOWN_LETTERS, letters

_SIGN_LETTERS = 3
"""How many letters a program draws at most before a row of what was said: a sign, a bar, both."""

_ROW_LETTERS = 8
"""How much of a text a row has at least to be taken for one of it."""

_ROOM_ROWS = 4
"""How many rows above its input block a program needs to show a text that waits."""

_EDGES = "│┃║|▌▐▏▕█"


def is_taken(now: View, pressed: View, text: str, programs: Programs) -> bool:
    """Whether there is evidence that `text` was taken, which stood in the input block when `pressed` was seen.

    Of a program that no table knows nothing more can be asked than that the text is gone; nor of one that is known by
    its prompt alone, as a shell is, whose history may be cleared by what was typed.
    """
    program = programs.named(pressed.reading.program) or programs.named(now.reading.program)
    if program is None or not program.marks or now.reading.dialog or now.took_a_line(pressed):
        return True
    worked = program.works(pressed.screen.lines) and not _is_cramped(now)
    if program.works(now.screen.lines) and not worked:
        return True
    wanted = [one for one in (text, pressed.reading.draft or "") if one.strip()]
    return any(_adds_rows(now, pressed, one) for one in wanted)


def _is_cramped(view: View) -> bool:
    """Whether there is no room above the input block for what was said: then a program at work has to do."""
    return view.reading.block is not None and view.reading.block.top < _ROOM_ROWS


def _adds_rows(now: View, pressed: View, wanted: str) -> bool:
    """Whether rows of a text stand outside the input block that did not before.

    In a small pane as many rows of an equal text may scroll away: a row that came below where the block stood is new.
    """
    rows = _rows(now, wanted)
    block, scrolled = pressed.reading.block, now.state.history - pressed.state.history
    below = [row for row in rows if block and scrolled > 0 and row + scrolled >= block.top]
    return bool(below) or len(rows) > len(_rows(pressed, wanted))


def _rows(view: View, wanted: str) -> list[int]:
    """The rows of the picture outside the input block that may be of a text."""
    block = view.reading.block
    inside = range(block.top, block.bottom + 1) if block else range(0)
    rows = {number: line.strip() for number, line in enumerate(view.screen.lines) if number not in inside}
    whole, lines = letters(wanted), {letters(line) for line in wanted.splitlines() if line.strip()}
    return [n for n, row in rows.items() if row and _is_row_of(letters(row.strip(_EDGES)), whole, lines)]


def _is_row_of(row: str, whole: str, lines: set[str]) -> bool:
    if whole[:SHOWN_LETTERS] in row:
        return True
    rests = [row[cut:] for cut in range(min(_SIGN_LETTERS, len(row)) + 1)]
    return any(rest in lines or (len(rest) >= _ROW_LETTERS and rest in whole) for rest in rests)
