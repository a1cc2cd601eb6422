# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The orchestrator's screen for the chat: its last lines, without secrets, in a block of code."""

from __future__ import annotations

import re

from ...secrets import secret_spans
from ...terminal import neutralise
from ...tmux.pane_look import View

LINES = 40
"""The most that is shown."""

_TOGETHER = 6
"""Rows that one credential may be broken over, by a narrow pane or by the program that draws it."""

_EDGE = " \u00a0│┃|"
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_KEY_ENDS = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")


def shown(view: View, lines: int = LINES) -> str:
    """The last written rows as a block of code for the chat."""
    rows = harmless(view.screen.lines)
    while rows and not rows[-1]:
        rows.pop()
    return as_block(rows[-lines:]) or "The screen is empty."


def harmless(rows: tuple[str, ...]) -> list[str]:
    """Rows of a screen as they may be told: without credentials, and without what a terminal would obey."""
    return [neutralise(row).rstrip() for row in without_secrets(rows)]


def as_block(rows: list[str]) -> str:
    """Rows as a block of code; empty when nothing is written in them."""
    # Three backticks would end the block, in every dialect of it.
    text = "\n".join(rows).replace("```", "'''")
    return f"```\n{text}\n```" if text.strip() else ""


def shows_secret(text: str) -> bool:
    """Whether a text that was read from a screen has something in it with the shape of a credential."""
    rows = tuple(text.split("\n"))
    return without_secrets(rows) != list(rows)


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
