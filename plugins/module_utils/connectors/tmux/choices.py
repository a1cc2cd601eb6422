# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The choices that a dialog offers, and the keys that take them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .reading import Choice
from .screen import Screen

POINTERS = "❯›●▶▸>→➤◉◆"
_EDGE = r"[\s│┃|]*"
_NUMBERED = re.compile(
    rf"^(?P<lead>{_EDGE})(?P<pointer>[{POINTERS}])?\s*(?P<number>\d{{1,2}})[.)]\s+(?P<label>\S.*?)[\s│┃|]*$"
)
_POINTED = re.compile(rf"^(?P<lead>{_EDGE})(?P<pointer>[❯›●▶▸→➤◉◆])\s+(?P<label>\S.*?)[\s│┃|]*$")
_LETTERED = re.compile(r"\((?P<letter>[A-Za-z])\)(?P<rest>[a-z']+(?: \w+)?)")
_YES_NO = re.compile(r"(?i)[\[(](?P<yes>y(?:es)?)/(?P<no>no?)(?:/[^)\]]*)?[\])]")
_BUTTONS = re.compile(
    r"(?i)^\W*(?:allow|yes|approve|accept|confirm|ok)\b[^.?!]*?\s{2,}\S.*\b(?:reject|no|deny|cancel)\b"
)
_ALWAYS = re.compile(
    r"(?i)\balways\b|don.t ask (?:me )?again|\bfor (?:this|the rest of the) session\b|\ball (?:edits|commands|tools)\b|allow all|auto-?(?:accept|approve)"
)
_FREE = re.compile(
    r"(?i)\btype (?:something|your own|here)|\bcustom (?:value|answer)|\btell \w+ what|\bother\b.*:|suggest changes|your own answer"
)
_HINT = re.compile(r"(?i)^(?:ctrl|alt|shift|tab|esc|enter|[⇆↑↓←→])")
_DESCRIPTION = re.compile(r"\s{2,}.*$")


_APART = 8
"""How many rows a choice's description may take."""


@dataclass(frozen=True)
class Choices:
    """The choices, and the rows that they take."""

    choices: tuple[Choice, ...]
    top: int
    bottom: int


def find_choices(screen: Screen, anchor: int, digits: bool = False) -> Choices | None:
    """The choices around a row; `digits` says that its number alone takes one."""
    for find in (_numbered, _buttons, _pointed, _lettered):
        found = find(screen, anchor, digits)
        if found is not None:
            return found
    return None


Run = list[tuple[int, re.Match[str]]]


def _numbered(screen: Screen, anchor: int, digits: bool) -> Choices | None:
    """Lines `1. …`, `2. …`, of which one may have a pointer before it; texts between them describe them."""
    runs = [run for run in _runs(screen) if len(run) > 1 or run[0][1]["pointer"]]
    if not runs:
        return None
    run = min(
        reversed(runs), key=lambda one: 0 if one[0][0] <= anchor <= one[-1][0] else abs(one[-1][0] - anchor)
    )
    marked = next((index for index, (_unused, match) in enumerate(run) if match["pointer"]), None)
    if marked is None:
        marked = next((index for index, (row, _unused) in enumerate(run) if _lit(screen, row)), None)
    choices = []
    for index, (_row, match) in enumerate(run):
        keys = (match["number"],) if digits and len(match["number"]) == 1 else _steps(marked, index)
        choices.append(_choice(match["label"], keys))
    return Choices(tuple(choices), run[0][0], run[-1][0])


def _runs(screen: Screen) -> list[Run]:
    """The numbered lines of the screen, those together that count on from each other."""
    runs: list[Run] = []
    for row, line in enumerate(screen.lines):
        match = _NUMBERED.match(line)
        if not match:
            continue
        last = runs[-1][-1] if runs else None
        if last and int(match["number"]) == int(last[1]["number"]) + 1 and row - last[0] <= _APART:
            runs[-1].append((row, match))
        else:
            runs.append([(row, match)])
    return runs


def _pointed(screen: Screen, anchor: int, digits: bool) -> Choices | None:
    """A pointer before one line, and lines beside it whose texts begin in the same column."""
    del digits
    rows = [row for row in range(len(screen.lines)) if _POINTED.match(screen.lines[row])]
    if not rows:
        return None
    pointed = min(rows, key=lambda row: abs(row - anchor))
    match = _POINTED.match(screen.lines[pointed])
    if match is None:
        return None
    column = match.start("label")
    top = bottom = pointed
    while top > 0 and _aligned(screen.lines[top - 1], column):
        top -= 1
    while bottom + 1 < len(screen.lines) and _aligned(screen.lines[bottom + 1], column):
        bottom += 1
    if top == bottom:
        return None
    labels = [screen.lines[row][column:].strip(" │┃|") for row in range(top, bottom + 1)]
    choices = (_choice(label, _steps(pointed - top, index)) for index, label in enumerate(labels))
    return Choices(tuple(choices), top, bottom)


def _aligned(line: str, column: int) -> bool:
    return len(line) > column and not line[:column].strip(" │┃|") and not line[column].isspace()


def _buttons(screen: Screen, anchor: int, digits: bool) -> Choices | None:
    """Choices beside each other, of which one is drawn on a background of its own."""
    del digits
    rows = [row for row, line in enumerate(screen.lines) if _BUTTONS.match(line)]
    if not rows:
        return None
    row = min(rows, key=lambda one: abs(one - anchor))
    text = screen.lines[row].strip(" │┃|")
    labels = [label for label in re.split(r"\s{2,}", text) if label and not _HINT.match(label)]
    places = [screen.lines[row].find(label) for label in labels]
    lit = next((index for index, place in enumerate(places) if _lit(screen, row, place)), None)
    choices = (_choice(label, _steps(lit, index, "Left", "Right")) for index, label in enumerate(labels))
    return Choices(tuple(choices), row, row)


def _lit(screen: Screen, row: int, column: int | None = None) -> bool:
    """Whether the text at a column, the row's first if none is given, is on another background than what surrounds it."""
    cells = screen.rows[row]
    if column is None:
        column = next((x for x, cell in enumerate(cells.cells) if cell.text.strip(" │┃|")), 0)
    style = cells.style(column)
    return style is not None and (style.inverse or style.bg != cells.bg(max(column - 3, 0)))


def _lettered(screen: Screen, anchor: int, digits: bool) -> Choices | None:
    """Answers in the question's own line: `(Y)es/(N)o`, `[y/N]`, `(yes/no)`."""
    del digits
    line = screen.logical(anchor)
    lettered = list(_LETTERED.finditer(line))
    if len(lettered) > 1:
        answers = ((one["letter"] + one["rest"], one["letter"].lower()) for one in lettered)
        return Choices(tuple(_choice(label, (key, "Enter")) for label, key in answers), anchor, anchor)
    match = _YES_NO.search(line)
    if not match:
        return None
    words = (match["yes"].lower(), match["no"].lower())
    return Choices(tuple(_choice(word, (*word, "Enter")) for word in words), anchor, anchor)


def _steps(marked: int | None, index: int, back: str = "Up", forth: str = "Down") -> tuple[str, ...]:
    """The keys from the marked choice to another; none when nobody knows which one is marked."""
    if marked is None:
        return ()
    return (*([back] * (marked - index)), *([forth] * (index - marked)), "Enter")


def _choice(label: str, keys: tuple[str, ...]) -> Choice:
    short = _DESCRIPTION.sub("", label).strip()
    return replace(
        Choice(short, keys), always=bool(_ALWAYS.search(label)), free_text=bool(_FREE.search(label))
    )
