# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text that is gone from the input block was taken where it stands elsewhere, or where the program works."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mosaic_connectors.tmux.pane_look import View
from mosaic_connectors.tmux.pane_state import STATE_FORMAT, parse_state
from mosaic_connectors.tmux.programs import Programs
from mosaic_connectors.tmux.reader import read_screen
from mosaic_connectors.tmux.screen import Screen
from mosaic_connectors.tmux.taken import is_taken

TEXT = "[operator ann] about it:\n> 1. build\nso do"
STATE = parse_state("\t" * STATE_FORMAT.count("\t"))
PROGRAMS = Programs()
FOOT = ("  Build · scripted-model Scripted", "", "                    tab agents  ctrl+p commands")
BUSY = ("  Build · scripted-model Scripted", "", "   ⬝⬝⬝⬝⬝⬝⬝⬝  esc interrupt    ctrl+p commands")


def opencode(transcript: tuple[str, ...], *draft: str, foot: tuple[str, ...] = FOOT) -> View:
    """Its picture: what was said between bars, the input block below it on another background."""
    said = [f"  ┃  {line}" for line in transcript]
    block = [f"  ┃\x1b[48;5;234m  {line:40}\x1b[0m" for line in ("", *(draft or ("",)), "")]
    rows = [*said, "", *block, *(f"  ┃\x1b[48;5;234m{line:42}\x1b[0m" for line in foot[:1]), *foot[1:]]
    place = (5 + len(draft[-1] if draft else ""), len(said) + 1 + max(len(draft), 1))
    screen = Screen.parse("\n".join(rows), *place, columns=60, alternate=True)
    return View(STATE, screen, read_screen(screen, PROGRAMS))


PRESSED = opencode((), *TEXT.split("\n"))


def test_the_pictures_are_read_as_they_are_meant() -> None:
    assert PRESSED.reading.program == opencode(()).reading.program == "opencode"
    assert PRESSED.reading.draft == TEXT
    assert opencode(()).reading.draft == ""


@pytest.mark.parametrize(
    ("now", "taken"),
    [
        (opencode(()), False),
        (opencode(("[operator ann] an earlier one",)), False),
        (opencode(tuple(TEXT.split("\n"))), True),
        (opencode(("so do",)), True),
        (opencode((), foot=BUSY), True),
    ],
    ids=["dropped", "another text", "said", "its end alone, in a small pane", "at work"],
)
def test_a_known_program_has_to_show_what_it_did_with_a_text(now: View, taken: bool) -> None:
    assert is_taken(now, PRESSED, TEXT, PROGRAMS) is taken


def test_what_stood_there_before_enter_is_no_evidence() -> None:
    """A text that was sent twice, and a program that was at work already."""
    before = opencode(tuple(TEXT.split("\n")), *TEXT.split("\n"), foot=BUSY)
    assert not is_taken(opencode(tuple(TEXT.split("\n")), foot=BUSY), before, TEXT, PROGRAMS)
    assert is_taken(opencode(tuple(TEXT.split("\n") * 2), foot=BUSY), before, TEXT, PROGRAMS)


def test_in_a_pane_without_room_for_what_was_said_a_program_at_work_has_to_do() -> None:
    before = opencode(("▣ Build",), *TEXT.split("\n"), foot=BUSY)
    assert is_taken(opencode(("▣ Build",), foot=BUSY), before, TEXT, PROGRAMS)
    assert not is_taken(opencode(("▣ Build", *"abc"), foot=BUSY), before, TEXT, PROGRAMS)


def test_an_equal_text_that_scrolls_away_as_the_new_one_comes_hides_nothing() -> None:
    """The history of the terminal tells that what stands below the former block's place is new."""
    before = opencode(("so do",), *TEXT.split("\n"))
    now = opencode(("so do",))
    assert not is_taken(now, before, TEXT, PROGRAMS)
    assert is_taken(replace(now, state=replace(STATE, history=9)), before, TEXT, PROGRAMS)


def test_of_an_unknown_program_nothing_more_is_asked_than_that_the_text_is_gone() -> None:
    assert is_taken(opencode(()), PRESSED, TEXT, Programs(known=()))
