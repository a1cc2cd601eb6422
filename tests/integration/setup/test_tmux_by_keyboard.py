# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`init` for kind tmux, `configure` and `switch`, typed in a real terminal."""

from __future__ import annotations

import pytest
from integration.setup.conftest import ROSTER, Keyboard
from integration.tmux_server import TmuxServer

MATRIX = """connector:
  kind: matrix
  matrix:
    homeserver_url: https://matrix.example.org
    user_id: '@mos:example.org'
    room_id: '!room:example.org'
"""


def test_tmux_needs_a_kind_and_a_yes(keyboard: Keyboard) -> None:
    """Enter on what is suggested: tmux is tried with a line, the diff shown, the block written."""
    before = keyboard.snapshot()
    keyboard.start("init")
    keyboard.choose("Which channel?", 0)
    keyboard.see("a test line was typed and read back")
    keyboard.see("Write these?")
    assert keyboard.snapshot() == before
    keyboard.press("Enter")
    keyboard.ends(0)
    assert keyboard.roster.read_text() == f"{ROSTER}connector:\n  kind: tmux\n"
    assert not keyboard.env_file.exists()
    assert keyboard.run("validate", "--no-secrets").returncode == 0


def test_the_fleets_own_tmux_is_looked_at(keyboard: Keyboard, tmux_of_fleet: TmuxServer) -> None:
    """A session that runs is named; the operator's console shows a line in its status bar."""
    tmux_of_fleet.start("cat")
    tmux_of_fleet.start("cat", session="operator")
    keyboard.start("init", "--kind", "tmux")
    keyboard.see("The orchestrator's session 'orchestrator' runs")
    keyboard.see("A test line was shown in the operator's console")
    keyboard.answer("Write these?", "n")
    assert "Nothing was written" in keyboard.ends(130)


@pytest.fixture
def tmux_of_fleet(keyboard: Keyboard) -> TmuxServer:
    """The fleet's tmux server: here, the one that the terminal is in as well."""
    keyboard.settings.write_text(f'{{"tmux_socket": "{keyboard.tmux.socket}"}}')
    return keyboard.tmux


@pytest.mark.parametrize("question", ["Which channel?", "Write these?"])
def test_ctrl_c_leaves_everything_as_it_was(keyboard: Keyboard, question: str) -> None:
    before = keyboard.snapshot()
    keyboard.start("init", *(["--kind", "tmux"] if question == "Write these?" else []))
    keyboard.see(question)
    keyboard.press("C-c")
    assert "Nothing was written" in keyboard.ends(130)
    assert keyboard.snapshot() == before


def test_configure_shows_the_diff_and_asks(keyboard: Keyboard) -> None:
    """A no changes nothing; a yes changes that one line."""
    keyboard.roster.write_text(ROSTER + MATRIX)
    before = keyboard.snapshot()
    keyboard.start("configure", "room_id=#fleet:example.org")
    keyboard.see("+    room_id: '#fleet:example.org'")
    keyboard.answer("Write this?", "n")
    keyboard.ends(130)
    assert keyboard.snapshot() == before
    keyboard.start("configure", "room_id=#fleet:example.org")
    keyboard.answer("Write this?")
    assert "The account has to be in that room" in keyboard.ends(0)
    assert keyboard.roster.read_text() == ROSTER + MATRIX.replace("!room", "#fleet")


def test_switch_asks_only_what_is_missing_and_keeps_the_way_back(keyboard: Keyboard) -> None:
    """To tmux there is nothing to ask but the yes; the matrix block stays for the way back."""
    keyboard.roster.write_text(ROSTER + MATRIX)
    keyboard.start("switch", "tmux")
    keyboard.see("-  kind: matrix")
    keyboard.answer("Write these?")
    shown = keyboard.ends(0)
    assert [line for line in shown.splitlines() if line.startswith("? ")] == ["? Write these? Yes"]
    assert keyboard.roster.read_text() == ROSTER + MATRIX.replace("kind: matrix", "kind: tmux")
