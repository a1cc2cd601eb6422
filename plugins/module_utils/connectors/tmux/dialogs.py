# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dialog as a value: what it asks, what it offers, and whether all of it is on the screen."""

from __future__ import annotations

import re

from . import modal
from .block import Found
from .choices import Choices, find_choices
from .reading import Dialog
from .screen import Screen, is_rule

_EDGES = " │┃║|\u00a0"
_CUT = re.compile(r"\[?…\s?\+?\d* (?:more )?lines|^\W*[↑↓▲▼]\W*$|\(\d+ more\)")
_MOST_ROWS = 40
"""How many written rows from the last one up a dialog is looked for in."""

_FAR = 25
"""How many rows below a list its keys may be named."""

_STEP = re.compile(r"^◆\s{2}\S")
"""How clack, which many installers ask with, begins what is open."""

_DASHES = "╌┄┈╎┆┊"


def read_dialog(
    screen: Screen, found: Found, *, digits: bool = False, line: str | None = None
) -> Dialog | None:
    """What holds the screen, or None where nothing says that it is a dialog.

    `line` is one that is known to be of a dialog; `digits` says that a choice's number takes it at once.
    """
    anchor = _row_of(screen, line) if line is not None else _anchor(screen, found)
    if anchor is None:
        return None
    panel = modal.panel_title(screen.line(anchor))
    if panel:
        return Dialog(panel, title=panel)
    choices = None if modal.editor(screen) else find_choices(screen, anchor, digits)
    if choices and abs(choices.bottom - anchor) > _FAR:
        choices = None
    if choices and _boxed(screen, anchor) and not _boxed(screen, choices.top):
        choices = None
    if _asked_in_line(screen, anchor) and (choices is None or choices.top == anchor):
        return _one_line(screen, anchor, choices)
    return _written(screen, anchor, choices, line)


def _boxed(screen: Screen, row: int) -> bool:
    """Whether a row stands in a frame."""
    return screen.lines[row].lstrip()[:1] in ("│", "┃", "║")


def _one_line(screen: Screen, anchor: int, choices: Choices | None) -> Dialog:
    """A dialog that is a prompt and nothing else."""
    shown = screen.logical(anchor).strip(_EDGES)
    offered = choices.choices if choices else ()
    return Dialog(shown, title=shown, whole=True, choices=offered, secret=modal.secret(shown))


def _written(screen: Screen, anchor: int, choices: Choices | None, line: str | None) -> Dialog:
    """A dialog of several lines."""
    top = _top(screen, choices, anchor)
    said = _said(screen, top, choices.top if choices else anchor)
    head = said[0] if said else ""
    shown = screen.line(anchor).strip(_EDGES)
    asked = next((one for one in (head, *reversed(said)) if one.endswith("?")), "")
    wanted = any(modal.secret(one) or modal.wants_secret(one) for one in (*said, shown))
    return Dialog(
        line=line.strip(_EDGES) if line else (asked or head or shown),
        title=head,
        body="\n".join(said[1:]),
        whole=_whole(screen, top, choices),
        choices=choices.choices if choices else (),
        secret=choices is None and wanted,
    )


def _asked_in_line(screen: Screen, anchor: int) -> bool:
    """Whether the line alone is the dialog: a prompt, a pager's or an editor's last line."""
    line = screen.line(anchor)
    if modal.editor(screen) or modal.pager(line):
        return True
    return (
        anchor == screen.cursor_y
        and line.lstrip()[:1] not in ("│", "┃")
        and (modal.question(line) or modal.asks(line))
    )


def _anchor(screen: Screen, found: Found) -> int | None:
    """The row that shows best that a dialog is open."""
    written = [row for row, text in enumerate(screen.lines) if text.strip()][-_MOST_ROWS:]
    rows = (find(screen, found, written) for find in _ANCHORS)
    return next((row for row in rows if row is not None), None)


def _at_cursor(screen: Screen, _found: Found, _written: list[int]) -> int | None:
    here = screen.line(screen.cursor_y)
    return screen.cursor_y if modal.question(here) or modal.secret(here) or modal.pager(here) else None


def _in_editor(screen: Screen, _found: Found, written: list[int]) -> int | None:
    return written[-1] if written and modal.editor(screen) else None


def _at_footer(screen: Screen, _found: Found, written: list[int]) -> int | None:
    return next((row for row in reversed(written) if modal.footer(screen, row)), None)


def _at_step(screen: Screen, _found: Found, written: list[int]) -> int | None:
    return next((row for row in reversed(written) if _STEP.match(screen.lines[row])), None)


def _at_buttons(screen: Screen, _found: Found, written: list[int]) -> int | None:
    return next((row for row in reversed(written) if modal.buttons(screen.lines[row])), None)


def _at_status(screen: Screen, _found: Found, written: list[int]) -> int | None:
    """A last line in inverse before the cursor, as a pager shows what it reads."""
    row = screen.cursor_y
    if not written or row != written[-1] or not screen.cursor_visible or screen.cursor_x < 1:
        return None
    cells = screen.rows[row].cells[: screen.cursor_x]
    drawn = [cell.style.inverse for cell in cells if cell.text.strip()]
    return row if drawn and all(drawn) else None


def _at_panel(screen: Screen, _found: Found, written: list[int]) -> int | None:
    return next((row for row in written if modal.panel_title(screen.lines[row])), None)


def _at_choice(screen: Screen, found: Found, _written: list[int]) -> int | None:
    return screen.cursor_y if (found.menu or found.at_sign) and screen.line(screen.cursor_y) else None


def _at_end(screen: Screen, _found: Found, written: list[int]) -> int | None:
    last = screen.lines[written[-1]] if written else ""
    return written[-1] if modal.question(last) or modal.pager(last) else None


def _at_list(screen: Screen, found: Found, written: list[int]) -> int | None:
    """A row of choices that are the last thing on a screen without a cursor."""
    if (screen.cursors and not found.above) or not written:
        return None
    choices = find_choices(screen, written[-1])
    return (
        choices.bottom if choices and choices.bottom >= written[-1] - 6 and len(choices.choices) > 1 else None
    )


def _at_prompt(screen: Screen, _found: Found, _written: list[int]) -> int | None:
    return screen.cursor_y if screen.cursor_visible and modal.asks(screen.line(screen.cursor_y)) else None


_ANCHORS = (
    _at_cursor,
    _in_editor,
    _at_footer,
    _at_buttons,
    _at_panel,
    _at_choice,
    _at_end,
    _at_list,
    _at_prompt,
    _at_step,
    _at_status,
)


def _row_of(screen: Screen, line: str) -> int | None:
    return next(
        (row for row in range(len(screen.lines) - 1, -1, -1) if screen.lines[row].strip() == line.strip()),
        None,
    )


def _top(screen: Screen, choices: Choices | None, anchor: int) -> int:
    """The first row of the dialog: an edge, two blank rows, or a text further left ends it."""
    below = choices.top if choices else anchor
    rows = range(choices.top, choices.bottom + 1) if choices else range(anchor, anchor + 1)
    column = min(_indent(screen.lines[row]) for row in rows if screen.lines[row].strip())
    boxed = screen.lines[below].lstrip()[:1] in "│┃║"
    top = below
    for row in range(below - 1, -1, -1):
        text = screen.lines[row]
        blank = not text.strip()
        if boxed and (blank or text.lstrip()[:1] not in "│┃║"):
            break
        if not boxed and (text.lstrip()[:1] in ("│", "┃") or _is_edge(screen, row)):
            break
        if blank and not screen.line(row - 1).strip() and top < below:
            break
        if not blank and not boxed and row not in screen.rules and _indent(text) < min(column, 1):
            break
        if not blank:
            top = row
    return top


def _is_edge(screen: Screen, row: int) -> bool:
    """Whether a line across ends the dialog; a dashed one is within it, around what it shows."""
    text = screen.lines[row]
    return row in screen.rules and _indent(text) <= 1 and not any(letter in _DASHES for letter in text)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _said(screen: Screen, top: int, end: int) -> list[str]:
    """The texts from the first row to the one before `end`."""
    rows = range(top, end)
    texts = [screen.lines[row].strip(_EDGES) for row in rows if row not in screen.rules]
    return [text for text in texts if text and not is_rule(text)]


def _whole(screen: Screen, top: int, choices: Choices | None) -> bool:
    """Whether nothing is cut off: it begins below something, and neither its text nor its list is shortened."""
    if choices is None:
        return top > 0 or screen.line(0).strip() != ""
    region = screen.lines[top : choices.bottom + 3]
    shortened = any(text.rstrip(_EDGES).endswith("…") for text in screen.lines[top : choices.top])
    return 0 < top < choices.top and not shortened and not any(_CUT.search(text) for text in region)
