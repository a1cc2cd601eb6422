# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rates over the screens of real programs, and what holds for screens made of them."""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import replace

import pytest
from mosaic_connectors.tmux.cells import parse_rows
from mosaic_connectors.tmux.programs import Programs
from mosaic_connectors.tmux.reader import read_screen
from mosaic_connectors.tmux.screen import Screen
from unit.plugins.module_utils.connectors.tmux.saved_screens import (
    DRAFTS,
    IDLE,
    MODAL,
    NO_PROGRAMS,
    SCREENS,
    Saved,
    some,
)

FAULTS = ("dialog unseen", "false hold", "draft unseen", "false draft")


@pytest.mark.parametrize("programs", [Programs(), NO_PROGRAMS], ids=["tables", "no-tables"])
def test_every_screen_is_read_right_with_the_tables_and_without_them(
    programs: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    """The general rule is enough for safety: no table is needed to be right on any saved screen."""
    judged = [one for one in SCREENS if one.dialog is not None]
    wrong = [(one.name, fault) for one in judged if (fault := one.fault(one.read(programs)))]
    rates = Counter(fault for _unused, fault in wrong)
    with capsys.disabled():
        told = ", ".join(f"{fault} {rates[fault]}" for fault in FAULTS)
        sys.stdout.write(f"\n{len(judged)} screens, {len(programs.known)} tables: {told}\n")
    assert wrong == []


def test_programs_are_recognised_by_their_pictures() -> None:
    """Never one for another; a picture that shows too little belongs to nobody."""
    names = {program.name for program in Programs().known}
    known = [one for one in SCREENS if one.program in names]
    taken = [(one.name, one.read().program) for one in known]
    assert [
        (name, found)
        for (name, found), one in zip(taken, known, strict=True)
        if found not in (None, one.program)
    ] == []
    assert sum(found is not None for _unused, found in taken) >= 0.9 * len(taken)


def test_a_dialog_is_told_by_a_line_of_its_own() -> None:
    """What works and reads nothing is none, though nothing may be typed into it either."""
    asked = [one for one in MODAL if "busy" not in one.name]
    told = [one for one in asked if (reading := one.read()).dialog and reading.dialog.line.strip()]
    assert len(told) >= 0.8 * len(asked)


def above_the_block(idle: Saved, told: Saved) -> Saved | None:
    """The idle screen, with another one's text in the transcript: what it says is history there."""
    block = idle.read().block
    if block is None or block.top < 4:
        return None
    edge = block.top - 3  # a rule, and what a program writes between the transcript and its block
    rows = idle.fixture.text.split("\n")
    before = [line for line in told.fixture.text.split("\n") if line.strip()][-edge:]
    drawn = "".join(
        re.findall(r"\x1b\[[0-9;:]*m", "\n".join(rows[:edge]))
    )  # what runs on into the rows that stay
    text = "\n".join(
        [*before, *[""] * (edge - len(before)), f"\x1b[0m{drawn}{rows[edge]}", *rows[edge + 1 :]]
    )
    return replace(idle, fixture=replace(idle.fixture, text=text))


def test_what_stands_above_the_block_is_history() -> None:
    """An answered dialog, a quoted one, an agent's question in prose: none of them holds an idle program."""
    held = [
        (idle.name, told.name)
        for idle in some(IDLE, 24)
        for told in some((one for one in MODAL if one.fixture.columns <= idle.fixture.columns), 60)
        if (made := above_the_block(idle, told)) is not None and not made.read().typable
    ]
    assert held == []


def below(idle: Saved, modal: Saved) -> Screen:
    """The modal screen, with the end of the idle one above it."""
    before = [line for line in idle.fixture.text.split("\n") if line.strip()][-14:]
    rows = (*parse_rows("\n".join(before)), *modal.screen.rows)
    return replace(modal.screen, rows=rows, cursor_y=modal.fixture.cursor_y + len(before))


def test_an_idle_block_above_a_dialog_is_history_too() -> None:
    """What was drawn before the dialog opened says nothing of the screen that it holds now."""
    typed = [
        (modal.name, idle.name)
        for modal in MODAL
        for idle in some((one for one in IDLE if one.fixture.columns <= modal.fixture.columns), 6)
        if read_screen(below(idle, modal)).typable
    ]
    assert typed == []


def test_a_draft_stays_one_wherever_the_cursor_is_in_its_last_line() -> None:
    typed = []
    for draft in DRAFTS:
        assert draft.read().block is not None, draft.name
        for x in range(draft.screen.cursor_x, draft.screen.cursor_x - 5, -1):
            moved = replace(draft.screen, cursor_x=max(x, 0), cursor_visible=True)
            if read_screen(moved).typable:
                typed.append((draft.name, x))
    assert typed == []


def test_a_hidden_cursor_that_nothing_stands_for_is_never_typed_at() -> None:
    plain = [one for one in SCREENS if not one.screen.block_letters]
    bare = [
        (one.name, replace(one.screen, rows=parse_rows("\n".join(one.screen.lines)), cursor_visible=False))
        for one in some(plain, 40)
    ]
    assert [name for name, screen in bare if read_screen(screen).typable] == []


def test_a_dialog_that_shows_a_cursor_is_held_all_the_same() -> None:
    """A program may show the terminal's cursor where it is hidden today."""
    shown = [(one.name, replace(one.screen, cursor_visible=True)) for one in MODAL]
    assert [name for name, screen in shown if read_screen(screen).typable] == []


def test_a_dialog_cut_off_at_its_top_is_held() -> None:
    """The pane may be too low for all of it."""
    typed = [
        (modal.name, cut)
        for modal in MODAL
        for cut in range(1, modal.screen.cursor_y - 2, 3)
        if read_screen(cut_off(modal.screen, cut)).typable
    ]
    assert typed == []


def cut_off(screen: Screen, rows: int) -> Screen:
    """A screen without its first rows."""
    return replace(screen, rows=screen.rows[rows:], cursor_y=max(screen.cursor_y - rows, 0))


def test_an_idle_block_is_seen_in_a_pane_of_any_height() -> None:
    """All that is needed stands around the block."""
    held = []
    for idle in some(IDLE, 60):
        block = idle.read().block
        assert block is not None, idle.name
        for cut in range(1, max(block.top - 2, 1)):
            if not read_screen(cut_off(idle.screen, cut)).typable:
                held.append((idle.name, cut))
    assert held == []


def test_a_block_whose_words_run_as_commands_is_told() -> None:
    """Nothing of ours may be typed there, though it is empty and no dialog."""
    modes = [one for one in SCREENS if "shell-mode" in one.name or "bash-mode" in one.name]
    told = {one.name for one in modes if (block := one.read().block) and block.commands}
    # Where the sign is a part of the text, it is a draft.
    drafts = {one.name for one in modes if (one.read().draft or "").startswith("!") or "left" in one.name}
    assert {one.name for one in modes} == told | drafts
    assert len(told) >= 7
