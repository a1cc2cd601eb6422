# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mailbox keeps what nobody has read, and hands everything on once."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from mosaic_connectors.errors import QueueFullError, StateError
from mosaic_connectors.store.migrations import MAILBOX
from mosaic_connectors.tmux import connector, mailbox
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
    box = Mailbox(place)
    first = box.put_shown(OutboundMessage("hello"), "1")
    assert box.put_shown(OutboundMessage("hello"), "1") == first
    assert len(box.unprinted()) == 1


def test_what_the_operator_types_is_handed_on_once_and_in_order(place: Path) -> None:
    console, taker = Mailbox(place), Mailbox(place)
    console.put_typed("one", "ann")
    console.put_typed("two\nlines", "ben", "t")
    first, second = taker.untaken()
    assert (first.text, first.sender, second.text, second.thread_id) == ("one", "ann", "two\nlines", "t")
    assert first.message_id != second.message_id
    taker.mark_taken(first)
    assert [one.text for one in taker.untaken()] == ["two\nlines"]


def test_nobody_else_may_read_it(place: Path) -> None:
    Mailbox(place).put_typed("secret", "ann")
    assert {one.stat().st_mode & 0o077 for one in place.parent.iterdir()} == {0}


def test_a_place_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="mailbox"):
        Mailbox(tmp_path / "file" / "operator.sqlite3")


def test_what_nobody_prints_is_bounded_in_bytes(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "WAITING_BYTES", 100)
    box = Mailbox(place)
    box.put_shown(OutboundMessage("x" * 100), "1")
    with pytest.raises(QueueFullError, match="wait for the operator's console"):
        box.put_shown(OutboundMessage("y"), "2")
    box.mark_printed(box.unprinted()[0])
    box.put_shown(OutboundMessage("y"), "2")


def test_words_that_were_printed_long_ago_are_forgotten_and_their_ids_are_not(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "HISTORY_ROWS", 10)
    box = Mailbox(place)
    for number in range(150):
        box.put_shown(OutboundMessage(f"message {number}"), str(number))
        box.mark_printed(box.unprinted()[0])
    assert box.history(10)[-1].text == "message 149"
    assert box.history(150)[0].text == ""
    assert box.put_shown(OutboundMessage("message 0"), "0") == "tmux-1"
    assert box.unprinted() == []


def test_a_mailbox_of_the_version_before_is_used_and_can_be_given_back(place: Path) -> None:
    place.parent.mkdir()
    with closing(sqlite3.connect(place)) as former:
        for statement in MAILBOX[0].statements:
            former.execute(statement)
        former.execute("INSERT INTO typed (event, text, sender, ts) VALUES ('e', 'hello', 'ann', '')")
        former.commit()
    box = Mailbox(place)
    assert [one.text for one in box.untaken()] == ["hello"]
    box.close()
    with closing(sqlite3.connect(place)) as former:
        assert former.execute("PRAGMA user_version").fetchone() == (0,)
        assert former.execute("SELECT text FROM typed WHERE taken = 0").fetchall() == [("hello",)]


def test_the_oldest_kept_files_go_when_they_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "FILES_BYTES", 3 * connector.FILE_COST)
    for number in range(5):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "a").touch()
        os.utime(tmp_path / str(number), (time.time() - 100 + number,) * 2)
    connector._forget_old(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2", "3", "4"]
