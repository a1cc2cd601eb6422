# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mailbox keeps what nobody has read, and hands everything on once."""

from __future__ import annotations

from pathlib import Path

import pytest
from mosaic_connectors.errors import StateError
from mosaic_connectors.tmux.mailbox import Mailbox
from mosaic_connectors.types import OutboundMessage


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "state" / "operator.sqlite3"


def test_a_message_waits_until_it_was_printed(place: Path) -> None:
    Mailbox(place).put_shown(OutboundMessage("hello", "t", ("a", "b")), "1")
    console = Mailbox(place)
    (message,) = console.unprinted()
    assert (message.text, message.thread_id, message.attachments) == ("hello", "t", ("a", "b"))
    console.mark_printed(message)
    assert console.unprinted() == []
    assert [one.text for one in console.history(10)] == ["hello"]


def test_the_same_transaction_is_stored_once(place: Path) -> None:
    mailbox = Mailbox(place)
    first = mailbox.put_shown(OutboundMessage("hello"), "1")
    assert mailbox.put_shown(OutboundMessage("hello"), "1") == first
    assert len(mailbox.unprinted()) == 1


def test_what_the_operator_types_is_handed_on_once_and_in_order(place: Path) -> None:
    console, connector = Mailbox(place), Mailbox(place)
    console.put_typed("one", "ann")
    console.put_typed("two\nlines", "ben", "t")
    first, second = connector.untaken()
    assert (first.text, first.sender, second.text, second.thread_id) == ("one", "ann", "two\nlines", "t")
    assert first.message_id != second.message_id
    connector.mark_taken(first)
    assert [one.text for one in connector.untaken()] == ["two\nlines"]


def test_nobody_else_may_read_it(place: Path) -> None:
    Mailbox(place).put_typed("secret", "ann")
    assert {one.stat().st_mode & 0o077 for one in place.parent.iterdir()} == {0}


def test_a_place_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="mailbox"):
        Mailbox(tmp_path / "file" / "operator.sqlite3")
