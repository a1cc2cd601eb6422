# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A turn of the operator's ends by its own program's word, and its last words are never too long to be sent."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from mosaic_connectors.bridge.outbox import Outbox
from mosaic_connectors.bridge.turns import MARK, Turns
from mosaic_connectors.store.database import Database
from mosaic_connectors.types import OutboundMessage

MOST_BYTES = 500


@pytest.fixture
def outbox() -> Iterator[Outbox]:
    database = Database(None)
    yield Outbox(database, 100)
    database.close()


@pytest.fixture
def turns(outbox: Outbox) -> Turns:
    return Turns(outbox._db, outbox, "fake", MOST_BYTES)


def said(outbox: Outbox) -> list[str]:
    return [str(row[0]) for row in outbox._db.rows("SELECT text FROM outbox ORDER BY id")]


def test_another_program_that_the_agent_starts_ends_a_turn_of_its_own(turns: Turns, outbox: Outbox) -> None:
    turns.begin("$t")
    turns.prompted("[operator ann] go on", "ours")
    turns.prompted("look at the tests", "another")
    assert not turns.end("Three tests fail.", "another")
    assert turns.is_open()
    turns.begin("$u")  # a message that comes meanwhile is the same program's
    assert not turns.end("Three tests fail.", "another")
    assert turns.end("All done.", "ours")
    assert said(outbox) == [f"{MARK}\n\nAll done."]


def test_a_program_that_names_no_session_is_believed(turns: Turns, outbox: Outbox) -> None:
    turns.begin(None)
    assert turns.end("One.", "anything")
    turns.prompted("[operator ann] again", "ours")
    assert turns.end("Two.")
    assert len(said(outbox)) == 2


def test_what_the_program_sent_in_its_turn_is_the_answer(turns: Turns, outbox: Outbox) -> None:
    turns.begin(None)
    outbox.accept("fake", OutboundMessage("Hello."), "1", f"uid={os.getuid()}")
    assert not turns.end("Hello.")
    assert not turns.end("Hello.")


def test_a_turn_that_the_operator_stopped_has_no_last_words(turns: Turns, outbox: Outbox) -> None:
    turns.close()
    turns.begin(None)
    turns.close()
    assert not turns.end("Interrupted.")
    assert said(outbox) == []


def test_long_last_words_are_cut_and_not_refused(turns: Turns, outbox: Outbox) -> None:
    turns.begin(None)
    assert turns.end("ä" * MOST_BYTES)
    (words,) = said(outbox)
    assert words.endswith("ä…")
    assert MOST_BYTES - 2 < len(words.encode()) <= MOST_BYTES
