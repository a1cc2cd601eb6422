# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's console, without its terminal."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from mosaic_connectors.tmux.console import Console
from mosaic_connectors.tmux.mailbox import Mailbox
from mosaic_connectors.types import OutboundMessage


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(Mailbox(tmp_path / "operator.sqlite3"), str(tmp_path / "no.sock"), "operator")


def show(console: Console, message: OutboundMessage) -> str:
    console.mailbox.put_shown(message, message.text)
    return console.render(console.mailbox.unprinted()[-1])


def test_a_message_is_shown_with_its_time_and_its_thread(console: Console) -> None:
    assert show(console, OutboundMessage("hello"))[8:] == " orchestrator: hello"
    assert show(console, OutboundMessage("two\nlines", "$a"))[8:] == " #1 orchestrator: two\n    lines"
    assert show(console, OutboundMessage("other", "$b"))[8:] == " #2 orchestrator: other"


def test_escape_sequences_of_the_orchestrator_do_not_reach_the_operators_terminal(console: Console) -> None:
    assert "\x1b" not in show(console, OutboundMessage("\x1b]0;title\x07", None, ("/a\x1b[2J",)))


def test_a_line_goes_to_the_thread_it_names(console: Console) -> None:
    show(console, OutboundMessage("x", "$a"))
    for line in ("#1 in the thread", "#2 no such thread", "#hash", "plain\ntwo", "  "):
        console.take(line)
    assert [(one.text, one.thread_id) for one in console.mailbox.untaken()] == [
        ("in the thread", "$a"),
        ("#2 no such thread", None),
        ("#hash", None),
        ("plain\ntwo", None),
    ]


def test_a_typist_who_cannot_be_made_out_is_the_operator(console: Console) -> None:
    console.take("hello")
    assert console.mailbox.untaken()[0].sender == "operator"


def test_a_writer_whose_message_nobody_takes_is_told_once(console: Console) -> None:
    now = datetime.now(timezone.utc)
    assert console.warning(now + timedelta(minutes=1)) is None
    console.take("hello")
    assert console.warning(now) is None
    assert "bridge does not run" in str(console.warning(now + timedelta(minutes=1)))
    assert console.warning(now + timedelta(minutes=2)) is None


def test_what_cannot_be_stored_comes_back_to_the_prompt(
    console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk costs no word of the operator, and does not close the console."""
    console.mailbox._db.rows("PRAGMA query_only = ON")
    assert console.take_or_keep("a long thought") == "a long thought"
    assert "Not taken" in capsys.readouterr().out
    console.mailbox._db.rows("PRAGMA query_only = OFF")
    assert console.take_or_keep("a long thought") == ""
    assert [one.text for one in console.mailbox.untaken()] == ["a long thought"]


def test_a_mailbox_that_takes_no_note_floods_nobody(
    console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message is printed once, the trouble is said once, and the console lives on."""
    console.mailbox.put_shown(OutboundMessage("hello"), "t1")
    console.mailbox._db.rows("PRAGMA query_only = ON")
    for _look in range(3):
        console.print_new()
    said = capsys.readouterr().out
    assert (said.count("orchestrator: hello"), said.count("cannot be used")) == (1, 1)
    console.mailbox._db.rows("PRAGMA query_only = OFF")
    console.print_new()
    assert (capsys.readouterr().out, console.mailbox.unprinted()) == ("", [])


def test_bytes_that_are_no_text_are_stored_as_replacement(console: Console) -> None:
    """A terminal may send anything; a prompt reads it as half characters."""
    console.take("caf\udce9")
    assert console.mailbox.untaken()[0].text == "caf\ufffd"


def test_a_tmux_that_cannot_be_asked_costs_the_name_and_not_the_message(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    console.take("hello")
    assert [(one.text, one.sender) for one in console.mailbox.untaken()] == [("hello", "operator")]
