# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit record: stored with the act or not at all, chained, and compared with the journal."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from mosaic_connectors.bridge.answering import Answering
from mosaic_connectors.bridge.audit import Audit, entries_of
from mosaic_connectors.bridge.audit_chain import announced, chain_faults, digest_of, journal_faults
from mosaic_connectors.bridge.inbox import Inbox
from mosaic_connectors.bridge.outbox import BRIDGE_ORIGIN, Outbox
from mosaic_connectors.bridge.questions import Questions, Wanted
from mosaic_connectors.errors import QueueFullError, StateError
from mosaic_connectors.store.database import Database
from mosaic_connectors.store.writer import write
from mosaic_connectors.types import InboundMessage, OutboundMessage


async def recorded(database: Database, *words: str, limit: int = 1000, log_bodies: bool = False) -> Audit:
    audit = Audit(database, limit=limit, log_bodies=log_bodies)
    for one in words:
        await write(audit.record, "said", "@ann:test", one, "$1")
    await write(lambda: None)  # the heads are announced behind what is written
    return audit


async def test_entries_follow_each_other_over_restarts_and_their_heads_are_in_the_journal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    place = tmp_path / "bridge.sqlite3"
    await recorded(Database(place), "deploy it", "yes")
    await recorded(Database(place), "no", log_bodies=True)
    entries = entries_of(Database(place), 0, 10)
    assert [(one["id"], one["digest"], one["words"]) for one in entries] == [
        (1, digest_of("deploy it"), ""),
        (2, digest_of("yes"), ""),
        (3, digest_of("no"), "no"),
    ]
    heads = announced(record.getMessage() for record in caplog.records)
    assert {number for number, _head in heads} == {1, 2, 3}
    assert chain_faults(entries) + journal_faults(entries, heads) == []
    assert place.stat().st_mode & 0o077 == 0


async def test_what_is_taken_back_is_neither_recorded_nor_announced(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    database = Database(None)
    audit = Audit(database, limit=10, log_bodies=False)

    def fails() -> bool:
        audit.record("said", "@ann:test", "first")
        raise StateError("the disk is full")

    def nested() -> None:
        with database.transaction():
            audit.together(fails, "said", "@ann:test", "second", "")

    with pytest.raises(StateError):
        await write(nested)
    await write(lambda: None)
    assert await write(audit.together, lambda: False, "said", "@ann:test", "known already", "") is False
    assert entries_of(database, 0, 10) == []
    assert announced(record.getMessage() for record in caplog.records) == []


async def test_a_stop_between_an_entry_and_its_announcement_is_no_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The state is let go of right behind the entry, as where its waiter was cancelled; the next start announces it."""
    caplog.set_level(logging.INFO)
    database = Database(tmp_path / "bridge.sqlite3")
    audit = Audit(database, limit=10, log_bodies=False)

    def entry_and_stop() -> None:
        audit.record("said", "@ann:test", "deploy it")
        database.close()

    await write(entry_and_stop)
    await write(lambda: None)
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []
    Audit(Database(tmp_path / "bridge.sqlite3"), limit=10, log_bodies=False)
    assert [number for number, _head in announced(one.getMessage() for one in caplog.records)] == [1]


CHANGES = {
    "words": "UPDATE audit SET digest = 'other' WHERE id = 2",
    "sender": "UPDATE audit SET sender = '@bob:test' WHERE id = 2",
    "gone": "DELETE FROM audit WHERE id = 2",
    "renumbered": "UPDATE audit SET id = 9 WHERE id = 3",
    "another first": "UPDATE audit SET prev = 'a' WHERE id = 1",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_changed_record_is_not_whole(change: str) -> None:
    database = Database(None)
    await recorded(database, "one", "two", "three")
    database.change(change)
    assert chain_faults(entries_of(database, 0, 10))


async def test_one_that_was_written_anew_or_cut_differs_from_the_journal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its chain holds: only the heads that the bridge announced tell."""
    caplog.set_level(logging.INFO)
    database = Database(None)
    await recorded(database, "one", "two", "three")
    heads = announced(record.getMessage() for record in caplog.records)
    forged = Database(None)
    await recorded(forged, "one", "another", "three")
    anew = entries_of(forged, 0, 10)
    assert chain_faults(anew) == []
    assert len(journal_faults(anew, heads)) >= 2
    cut = entries_of(database, 0, 2)
    assert chain_faults(cut) == []
    assert "ends with 2" in " ".join(journal_faults(cut, heads))


async def test_the_oldest_go_and_the_rest_is_whole(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    database = Database(None)
    await recorded(database, *map(str, range(201)), limit=5)
    entries = entries_of(database, 0, 1000)
    assert [one["id"] for one in entries] == list(range(197, 202))
    heads = announced(record.getMessage() for record in caplog.records)
    assert chain_faults(entries) + journal_faults(entries, heads) == []


def test_a_line_that_only_holds_a_head_is_none() -> None:
    """Words of an operator are quoted in the journal, and are no announcement."""
    head = "0" * 64
    assert announced(
        [f"received body='audit id=1 head={head}'", f"audit id=1 head={head} ", "audit id=x"]
    ) == [(1, head)]


async def test_what_the_orchestrator_says_is_recorded_once_and_no_notice_of_the_bridge() -> None:
    database = Database(None)
    audit = Audit(database, limit=100, log_bodies=False)
    outbox = Outbox(database, 2, record=audit.record)
    said = OutboundMessage("it is done")
    for txn, origin in (("one", "uid=1000"), ("one", "uid=1000"), ("held", BRIDGE_ORIGIN)):
        await write(outbox.accept, "k", said, txn, origin)
    with pytest.raises(QueueFullError):
        await write(outbox.accept, "k", said, "too-many", "uid=1000")
    (entry,) = entries_of(database, 0, 10)
    assert [entry[name] for name in ("what", "sender", "about")] == ["sent", "uid=1000", "one"]
    assert entry["digest"] == digest_of("it is done")


async def test_a_question_and_all_that_comes_of_it_are_recorded() -> None:
    database = Database(None)
    audit = Audit(database, limit=100, log_bodies=False)
    inbox, outbox = Inbox(database, 10), Outbox(database, 10, record=audit.record)
    questions = Questions(database, outbox, 10, record=audit.record)
    answering = Answering(database, questions, inbox, outbox, audit.record)

    def course() -> str:
        asked = questions.ask("k", Wanted("Deploy?", ("yes", "no"), False, None, 60.0), "uid=1000", "key")
        for number, words in enumerate((f"maybe {asked.id}", f"yes {asked.id}", f"no {asked.id}")):
            message = InboundMessage(words, "@ann:test", "2026-01-01T00:00:00Z", None, f"${number}")
            answering.take("k", message)
            answering.take("k", message)
        return asked.id

    word = await write(course)
    entries = entries_of(database, 0, 10)
    assert [(one["what"], one["sender"], one["about"]) for one in entries] == [
        ("asked", "uid=1000", word),
        ("answer no-choice", "@ann:test", word),
        ("answered", "@ann:test", word),
        ("answer again", "@ann:test", word),
    ]
    assert [entries[number]["digest"] for number in (0, 2)] == [digest_of("Deploy?"), digest_of("yes")]
    assert chain_faults(entries) == []
