# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The orchestrator's screen for the chat: its last lines, without secrets, in a block of code."""

from __future__ import annotations

import re

from ...secrets import secret_spans
from ...terminal import neutralise
from ...tmux import modal
from ...tmux.pane_look import View

LINES = 40
"""The most that is shown."""

_TOGETHER = 6
"""Rows that one credential may be broken over, by a narrow pane or by the program that draws it."""

_TITLE = re.compile(
    r"(?i)^\W*(?:\w+ ){0,4}(?:password|passphrase|passcode|pin|token|secret|api[ _-]?key|code|otp|credentials?)\W*$"
)
"""A line that says no more than what is asked for, as the titles of boxes and of prompts without a colon do."""

_EDGE = " \u00a0│┃|"
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_KEY_ENDS = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")


def asks_for_secret(view: View) -> bool:
    """Whether a password, a key or a code is asked for, so that nothing of the screen is anybody's business."""
    if view.tty is not None and view.tty.secret:
        return True
    screen, dialog = view.screen, view.reading.dialog
    if dialog is not None and dialog.secret:
        return True
    near = [screen.line(screen.cursor_y - 1), screen.logical(screen.cursor_y)] if screen.rows else []
    if view.reading.block is not None:
        return any(modal.secret(line.strip(_EDGE)) for line in near)
    # Who asks for a key shows no input block, and may say so anywhere.
    # dialog(1) draws its edges as letters where the terminal has no lines.
    lines = [line.strip(f"{_EDGE}x") for line in (*screen.lines, *near)]
    return any(modal.secret(line) or modal.wants_secret(line) or _TITLE.match(line) for line in lines)


def shown(view: View, lines: int = LINES) -> str:
    """The last written rows as a block of code for the chat."""
    rows = [neutralise(row).rstrip() for row in without_secrets(view.screen.lines)]
    while rows and not rows[-1]:
        rows.pop()
    # Three backticks would end the block, in every dialect of it.
    text = "\n".join(rows[-lines:]).replace("```", "'''")
    return f"```\n{text}\n```" if text.strip() else "The screen is empty."


def without_secrets(rows: tuple[str, ...]) -> list[str]:
    """The rows with every credential in them starred out, those that are broken over several rows among them."""
    starred = [list(row) for row in _without_keys(rows)]
    bare = ["".join(row) for row in starred]
    for first in range(len(bare)):
        places = _joined(bare[first : first + _TOGETHER], first)
        text = "".join(bare[row][column] for row, column in places)
        for begin, end in secret_spans(text):
            for row, column in places[begin:end]:
                starred[row][column] = "*"
    return ["".join(row) for row in starred]


def _joined(rows: list[str], first: int) -> list[tuple[int, int]]:
    """Where the letters of rows stand that are read as one line: without edges and indentation where they meet."""
    places: list[tuple[int, int]] = []
    for number, row in enumerate(rows):
        begin = len(row) - len(row.lstrip(_EDGE)) if number else 0
        places += [(first + number, column) for column in range(begin, max(len(row.rstrip(_EDGE)), begin))]
    return places


def _without_keys(rows: tuple[str, ...]) -> list[str]:
    """Private keys are many lines, of which the first and the last alone have a shape; one of them may be out of sight."""
    begins, ends = (
        [_begins_in(mark, rows, number) for number in range(len(rows))] for mark in (_KEY_BEGINS, _KEY_ENDS)
    )
    hidden = any(ends) and not any(begins[: ends.index(True) + 1])
    told = []
    for number, row in enumerate(rows):
        hidden = hidden or begins[number]
        told.append("*" * len(row) if hidden else row)
        hidden = hidden and not ends[number]
    return told


def _begins_in(mark: re.Pattern[str], rows: tuple[str, ...], number: int) -> bool:
    """Whether a mark begins in a row; it may end in the next one, for a narrow pane breaks it, too."""
    row, after = rows[number], rows[number + 1] if number + 1 < len(rows) else ""
    both = f"{row.rstrip(_EDGE)}{after.lstrip(_EDGE)}"
    return bool(mark.search(row) or (mark.search(both) and not mark.search(after)))
