# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dialog as a value: what it asks, what takes each choice, and that it is the same one from look to look."""

from __future__ import annotations

import pytest
from mosaic_connectors.tmux.reading import Choice, Dialog
from unit.plugins.module_utils.connectors.tmux.saved_screens import NO_PROGRAMS, SCREENS, TABLES, Saved

NAMED = {one.name: one for one in SCREENS}


def dialog(name: str, tables: bool = True) -> Dialog:
    one: Saved = NAMED[name]
    found = one.read(TABLES if tables else NO_PROGRAMS).dialog
    assert found is not None
    return found


def test_a_permission_is_told_with_what_it_permits() -> None:
    asked = dialog("claude-2.1.197-perm-bash-80x24")
    assert asked.title == "Bash command"
    assert asked.body.splitlines()[0] == "touch /home/agent/proj/made-by-agent && echo ran"
    assert asked.line == "Do you want to proceed?"
    assert asked.whole
    assert asked.choices == (
        Choice("Yes", ("1",)),
        Choice("Yes, and always allow access to work/ from this project", ("2",), always=True),
        Choice("No", ("3",)),
    )


def test_without_a_table_the_arrows_take_a_choice_from_where_the_mark_is() -> None:
    first = dialog("claude-2.1.197-perm-bash-80x24", tables=False)
    assert [choice.keys for choice in first.choices] == [
        ("Enter",),
        ("Down", "Enter"),
        ("Down", "Down", "Enter"),
    ]
    third = dialog("claude-2.1.197-perm-bash-third-200x50", tables=False)
    assert [choice.keys for choice in third.choices] == [("Up", "Up", "Enter"), ("Up", "Enter"), ("Enter",)]


def test_choices_beside_each_other_are_taken_sideways() -> None:
    asked = dialog("opencode-1.18.33-perm-bash-200x50")
    assert [(choice.label, choice.keys, choice.always) for choice in asked.choices] == [
        ("Allow once", ("Enter",), False),
        ("Allow always", ("Right", "Enter"), True),
        ("Reject", ("Right", "Right", "Enter"), False),
    ]


def test_answers_of_one_letter_are_typed() -> None:
    asked = dialog("aider-0.86.2-gitignore-question-200x50")
    assert [(choice.label, choice.keys) for choice in asked.choices] == [
        ("Yes", ("y", "Enter")),
        ("No", ("n", "Enter")),
    ]
    words = dialog("password-x-hostkey-200x50")
    assert [choice.keys for choice in words.choices] == [("y", "e", "s", "Enter"), ("n", "o", "Enter")]


def test_codex_is_not_answered_by_a_number() -> None:
    """Its question whether a folder is trusted shows numbers, and takes none (0.171.0)."""
    keys = [choice.keys for choice in dialog("codex-0.171.0-perm-bash-200x50").choices]
    assert keys == [("Enter",), ("Down", "Enter"), ("Down", "Down", "Enter")]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("claude-2.1.197-ask-question-200x50", "Type something."),
        ("gemini-0.61.0-ask-200x50", "Enter a custom value"),
        ("codex-0.171.0-perm-bash-200x50", "No, and tell Codex what to do differently (esc)"),
    ],
)
def test_a_choice_that_asks_for_words_is_told(name: str, label: str) -> None:
    assert [choice.label for choice in dialog(name).choices if choice.free_text] == [label]


@pytest.mark.parametrize(
    "names",
    [
        (
            "claude-2.1.197-perm-bash-220x60",
            "claude-2.1.197-perm-bash-second-200x50",
            "claude-2.1.197-perm-bash-third-200x50",
        ),
        ("codex-0.171.0-perm-bash-200x50", "codex-0.171.0-perm-bash-second-200x50"),
        ("codex-0.171.0-perm-bash-40x12", "codex-0.171.0-perm-bash-second-40x12"),
        ("opencode-1.18.33-perm-bash-200x50", "opencode-1.18.33-perm-bash-second-200x50"),
        ("opencode-1.18.33-perm-write-200x50", "opencode-1.18.33-perm-write-second-200x50"),
        ("claude-2.1.197-api-key-200x50", "claude-2.1.197-api-key-first-200x50"),
    ],
    ids=lambda names: names[0],
)
def test_a_showing_has_one_identity_whatever_choice_is_marked(names: tuple[str, ...]) -> None:
    assert len({dialog(name).identity for name in names}) == 1


def test_another_dialog_has_another_identity() -> None:
    names = (
        "claude-2.1.197-perm-bash-80x24",
        "claude-2.1.197-perm-plan-200x50",
        "opencode-1.18.33-perm-bash-200x50",
    )
    assert len({dialog(name).identity for name in names}) == 3


@pytest.mark.parametrize("name", ["codex-0.171.0-perm-bash-40x12", "gemini-0.61.0-slash-settings-200x50"])
def test_one_that_is_shortened_or_scrolls_is_not_whole(name: str) -> None:
    assert not dialog(name).whole


def test_secrets_are_told_from_questions() -> None:
    plain = [one for one in SCREENS if one.program == "password"]
    secret = {one.name for one in plain if (found := one.read().dialog) and found.secret}
    assert secret == {f"password-x-{kind}-200x50" for kind in ("passphrase", "token", "verification-code")}
    permissions = [one.read().dialog for one in SCREENS if "perm" in one.name]
    assert not any(found.secret for found in permissions if found)
