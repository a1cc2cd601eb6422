# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of programs: right in themselves, and what the settings make of them."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from mosaic_connectors.tmux.programs import BUILT_IN, FIELDS, Program, Programs
from unit.plugins.module_utils.connectors.tmux.saved_screens import IDLE, SCREENS, Saved


def test_every_table_has_a_name_of_its_own_and_the_versions_it_was_seen_with() -> None:
    assert len({program.name for program in BUILT_IN}) == len(BUILT_IN)
    assert all(program.seen and (program.marks or program.prompts) for program in BUILT_IN)


@pytest.mark.parametrize("program", BUILT_IN, ids=lambda program: program.name)
def test_every_pattern_of_a_table_is_one(program: Program) -> None:
    for name, kind in FIELDS.items():
        value = getattr(program, name)
        for pattern in value if kind is list else [value] if kind is str and name != "popup_key" else []:
            re.compile(pattern)


def test_the_settings_may_say_all_but_the_name_and_the_versions() -> None:
    assert set(FIELDS) == {field.name for field in fields(Program)} - {"name", "seen"}


@pytest.mark.parametrize(
    ("name", "text", "ends"),
    [
        ("claude", "look at @REA", True),
        ("claude", "it ends with \\", True),
        ("claude", "mail ann@example.org", False),
        ("codex", "it costs $sk", True),
        ("codex", "plain words", False),
        ("opencode", "see @src", True),
    ],
)
def test_the_ends_that_enter_would_complete_are_known(name: str, text: str, ends: bool) -> None:
    program = Programs().named(name)
    assert program is not None
    assert bool(re.search(program.blank_after, text)) is ends


def test_a_program_of_the_settings_is_known_before_the_others() -> None:
    own = Programs.build(own={"mybot": {"marks": ["^MyBot"], "digits": True}})
    found = own.recognise(("MyBot 3", "ready"))
    assert found is not None
    assert (found.name, found.digits, found.marks) == ("mybot", True, ("^MyBot",))


def test_a_correction_leaves_the_rest_of_the_table() -> None:
    own = Programs.build(own={"claude": {"digits": False}})
    before, after = Programs().named("claude"), own.named("claude")
    assert before is not None
    assert after is not None
    assert (before.digits, after.digits, after.marks) == (True, False, before.marks)
    assert len(own.known) == len(BUILT_IN)


def test_two_that_fit_alike_are_neither() -> None:
    twins = Programs(known=(Program("a", marks=("x",)), Program("b", marks=("x",))))
    assert twins.recognise(("x",)) is None


BUSY = (
    *("claude-2.1.197-busy-200x50", "claude-2.1.332-busy-queued-80x24", "copilot-1.0.102-busy-queued-80x24"),
    *("gemini-0.61.0-busy-queued-220x60", "opencode-1.18.33-busy-queued-0-200x50", "pi-0.73.1-busy-40x12"),
    "qwen-0.15.10-busy-120x30",
)
"""Codex and aider show no more than the answer while it comes; nothing is known of Cline's and Continue's."""


def test_a_busy_program_says_so_and_one_at_rest_does_not() -> None:
    said = {one.name for one in SCREENS if _works(one)}
    assert said.issuperset(BUSY)
    assert not [one.name for one in IDLE if "idle" in one.name and one.name in said]


def test_the_words_that_a_busy_program_shows_may_be_broken_in_a_narrow_pane() -> None:
    opencode = Programs().named("opencode")
    assert opencode is not None
    assert opencode.works(("   ⬝⬝■■■■■■  esc   tab     ctrl+p", "             interragents  commands"))


def _works(one: Saved) -> bool:
    program = Programs().named(one.read().program)
    return program is not None and program.works(one.screen.lines)
