# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a message is a command, and what of a screen may be told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from mosaic_connectors.bridge.commands.picture import shown, without_secrets
from mosaic_connectors.bridge.commands.words import command_in, literally, not_known
from mosaic_connectors.tmux.hidden import asks_for_secret
from mosaic_connectors.tmux.screen import Screen
from unit.plugins.module_utils.connectors.tmux.saved_screens import IDLE, SCREENS, Saved

TOKEN = "ghp_" + "a1B2c3D4" * 5


@pytest.mark.parametrize(
    ("text", "name", "rest", "fits"),
    [
        ("!stop", "stop", "", True),
        (" !Stop \n", "stop", "", True),
        ("!stop.", "stop", ".", False),
        ("!drop #12", "drop", "#12", True),
        ("!drop", "drop", "", False),
        ("!drop 1; rm", "drop", "1; rm", False),
        ("[in reply to $x: Held]\n!queue", "queue", "", True),
        ("!important: the\ndatabase", "important", ": the\ndatabase", False),
        ("!hilfe", "hilfe", "", False),
    ],
)
def test_a_word_behind_an_exclamation_mark_is_a_command(text: str, name: str, rest: str, fits: bool) -> None:
    command = command_in(text)
    assert command is not None
    assert (command.name, command.rest, command.fits) == (name, rest, fits)


@pytest.mark.parametrize(
    "text", ["stop", "please !stop", "!", "! ls", "!!!", "!42", "!!stop", "a\n!stop", ""]
)
def test_an_ordinary_text_is_none(text: str) -> None:
    assert command_in(text) is None


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("!!stop it", "!stop it"),
        ("[in reply to $x]\n!!stop", "[in reply to $x]\n!stop"),
        ("!!! help", "!!! help"),
        ("say !!stop", "say !!stop"),
        ("!!!x", "!!!x"),
    ],
)
def test_one_mark_more_has_the_text_itself_typed(text: str, typed: str) -> None:
    assert literally(text) == typed


def test_the_nearest_is_named_and_nothing_is_for_what_is_near_nothing() -> None:
    assert "!restart" in not_known("restrat")
    assert "!help" in not_known("xyzzy")


@pytest.mark.parametrize(
    "rows",
    [
        (f"key {TOKEN} ok",),
        (f"│ key {TOKEN[:9]} │", f"│   {TOKEN[9:20]}   │", f"│   {TOKEN[20:]} ok │"),
        (f"x {TOKEN[:2]}", TOKEN[2:]),
    ],
)
def test_a_token_is_starred_out_however_it_is_broken(rows: tuple[str, ...]) -> None:
    told = without_secrets(rows)
    assert [len(row) for row in told] == [len(row) for row in rows]
    assert "".join(told).count("*") == len(TOKEN)
    assert not any(letter in "".join(told) for letter in "B2c3D4")


@pytest.mark.parametrize(
    "rows",
    [
        (
            "before",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            "b3BlbnNz",
            "-----END OPENSSH PRIVATE KEY-----",
            "after",
        ),
        (
            "before",
            "-----BEGIN OPENSSH PRIV",
            "ATE KEY-----",
            "b3BlbnNz",
            "-----END OPENSSH PR",
            "IVATE KEY-----",
            "after",
        ),
        ("b3BlbnNz", "b3BlbnNz", "-----END RSA PRIVATE KEY-----", "after"),
        ("before", "-----BEGIN PRIVATE KEY-----", "b3BlbnNz"),
    ],
)
def test_all_lines_of_a_private_key_are_starred_out(rows: tuple[str, ...]) -> None:
    told = without_secrets(rows)
    assert "b3BlbnNz" not in told
    assert [row for row in rows if row in ("before", "after")] == [
        row for row in told if row in ("before", "after")
    ]


def seen(one: Saved) -> Any:
    """A look, as far as a picture tells it."""
    return SimpleNamespace(screen=one.screen, reading=one.read(), tty=None)


def test_no_saved_screen_that_asks_for_a_secret_is_told_and_no_idle_one_is_kept() -> None:
    """By the picture alone, as over ssh: there the terminal says nothing."""
    asking = [one for one in SCREENS if one.dialog and any(word in one.name for word in SECRETS)]
    assert len(asking) >= 12
    assert [one.name for one in asking if not asks_for_secret(seen(one))] == []
    assert [one.name for one in IDLE if asks_for_secret(seen(one))] == []


SECRETS = ("password", "passphrase", "api-key-entry", "secret", "keygen-pass", "x-token", "verification-code")
"""Words in the names of those that do."""


def test_what_is_told_cannot_leave_its_block_of_code() -> None:
    screen = Screen.parse("one\n```\n# a heading\x1b[31m\u202e\n@everyone\n\n\n")
    told = shown(SimpleNamespace(screen=screen))  # type: ignore[arg-type]
    assert told == "```\none\n'''\n# a heading\n@everyone\n```"
