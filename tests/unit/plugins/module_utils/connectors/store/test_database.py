# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files under everything: opened, brought up, written to and given back in one way."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from mosaic_connectors.bridge.inbox import Inbox
from mosaic_connectors.errors import StateError
from mosaic_connectors.store.database import Database
from mosaic_connectors.store.migrations import BRIDGE, MAILBOX, Step, required
from mosaic_connectors.store.writer import write, write_within
from mosaic_connectors.types import InboundMessage


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "state" / "bridge.sqlite3"


def test_a_transaction_is_whole_or_nothing(place: Path) -> None:
    database = Database(place)
    with pytest.raises(StateError), database.transaction():  # noqa: PT012 (the second undoes the first)
        database.change("INSERT INTO meta VALUES ('a', '1')")
        database.change("no statement")
    assert database.rows("SELECT 1 FROM meta WHERE name = 'a'") == []


def test_what_utf_8_cannot_say_is_stored_all_the_same(place: Path) -> None:
    database = Database(place)
    database.change("INSERT INTO meta VALUES (?, ?)", ("\ud800", "x"))
    assert [row[0] for row in database.rows("SELECT name FROM meta WHERE value = 'x'")] == ["\ufffd"]


async def test_the_event_loop_goes_on_while_an_administrator_holds_the_file(place: Path) -> None:
    """Polls, heartbeats and the watchdog do not wait for a lock or a disk that takes its time."""
    database, other = Database(place), sqlite3.connect(place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.ensure_future(write(database.change, "INSERT INTO meta VALUES ('a', '1')"))
    longest = 0.0
    for _beat in range(50):
        before = time.monotonic()
        await asyncio.sleep(0.01)
        assert database.rows("SELECT count(*) FROM meta")[0][0] == 1, "reading waits for nobody"
        longest = max(longest, time.monotonic() - before)
    assert not writing.done()
    other.execute("COMMIT")
    assert await writing == 1
    assert longest < 5, "who waits for the file waits for ten seconds"
    await database.aclose()


async def test_calls_are_written_in_the_order_they_were_asked_for(place: Path) -> None:
    database = Database(place)
    numbers = [str(number) for number in range(20)]
    await asyncio.gather(
        *(write(database.change, "INSERT INTO meta VALUES (?, 'n')", (one,)) for one in numbers)
    )
    assert [
        row[0] for row in database.rows("SELECT name FROM meta WHERE value = 'n' ORDER BY rowid")
    ] == numbers


async def test_who_is_cancelled_has_written_all_the_same(place: Path) -> None:
    database = Database(place)
    gate = threading.Event()
    waiting = asyncio.ensure_future(write(gate.wait, 10))
    writing = asyncio.ensure_future(write(database.change, "INSERT INTO meta VALUES ('a', '1')"))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    gate.set()  # only now may it begin
    await waiting
    await write(lambda: None)
    assert database.rows("SELECT value FROM meta WHERE name = 'a'")[0][0] == "1"


@pytest.mark.fault("a disk that hangs", "an error in words, in time")
async def test_a_disk_that_hangs_is_a_sentence_in_time() -> None:
    gate = threading.Event()
    with pytest.raises(StateError, match=r"taken nothing for 0\.05 s"):
        await write_within(0.05, gate.wait, 10)
    gate.set()


def test_who_is_in_the_middle_of_a_statement_is_waited_for(place: Path) -> None:
    """SQLite does not outlive a connection that another thread closes then, and the whole bridge would end with it."""
    database, begun = Database(place), threading.Event()
    count = "WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT count(*) FROM n"

    def counted() -> int:
        database.rows("SELECT 1")
        begun.set()
        return int(database.rows(count, (1,))[0][0])

    with ThreadPoolExecutor(2) as threads:
        counting = threads.submit(counted)
        begun.wait(20)
        database.close()
        # Where it had not begun yet it is refused.
        assert "is closed" in str(counting.exception(20) or "is closed")
        with pytest.raises(StateError, match="is closed"):
            threads.submit(database.rows, "SELECT 1").result(20)


def test_a_closed_file_is_said_to_be_closed(place: Path) -> None:
    database = Database(place)
    database.close()
    database.close()
    with pytest.raises(StateError, match="closed"):
        database.rows("SELECT 1")


def test_only_a_step_that_breaks_keeps_a_former_program_out() -> None:
    schema = [Step(("",), breaks=True), Step(("",)), Step(("",), breaks=True), Step(("",))]
    assert [required(schema, number) for number in range(5)] == [0, 1, 1, 3, 3]
    assert required(BRIDGE, len(BRIDGE)) == 3
    assert required(MAILBOX, len(MAILBOX)) == 0


@pytest.mark.fault("a migration of the store fails half-way", "the file is as it was")
def test_a_step_that_fails_leaves_the_file_as_it_was(place: Path) -> None:
    Database(place).close()
    more = [*BRIDGE, Step(("CREATE TABLE further (id)", "no statement"), breaks=True)]
    with pytest.raises(StateError, match="syntax error"):
        Database(place, more)
    database = Database(place)
    assert database.rows("SELECT taken FROM step")[0][0] == len(BRIDGE)
    assert database.rows("SELECT 1 FROM sqlite_master WHERE name = 'further'") == []


def test_a_file_in_which_a_newer_program_only_added_is_used(place: Path) -> None:
    Database(place, [*BRIDGE, Step(("CREATE TABLE further (id)",))]).close()
    assert Database(place).rows("SELECT taken FROM step")[0][0] == len(BRIDGE) + 1


def test_a_new_file_gives_back_what_nothing_uses_any_more(place: Path) -> None:
    database = Database(place)
    inbox = Inbox(database, 10, 1 << 30)
    inbox.accept("k", InboundMessage("x" * 4_000_000, "@a:b", "", None, "$1"))
    entry = inbox.next()
    assert entry is not None
    inbox.finish(entry, "submitted")
    database.close()
    assert place.stat().st_size < 1_000_000


def test_two_that_open_a_former_file_at_once_bring_it_up_once(place: Path) -> None:
    place.parent.mkdir()
    with sqlite3.connect(place) as old:
        for statement in BRIDGE[0].statements:
            old.execute(statement)
        old.execute("PRAGMA user_version = 1")
    failures: list[BaseException] = []

    def bring_up() -> None:
        try:
            Database(place).close()
        except StateError as error:
            failures.append(error)

    threads = [threading.Thread(target=bring_up) for _one in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
