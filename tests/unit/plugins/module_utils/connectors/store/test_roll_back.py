# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a roll back the version before goes on with the same file: its statements still do what they did."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from mosaic_connectors.bridge.inbox import Inbox
from mosaic_connectors.bridge.outbox import Outbox
from mosaic_connectors.store.database import Database
from mosaic_connectors.types import InboundMessage, OutboundMessage

NEWEST_IT_KNEW = 3
"""The version of the schema that the last release without the store knew; it refused what is newer."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A file with a message that waits either way, and one that is done."""
    place = tmp_path / "bridge.sqlite3"
    database = Database(place)
    inbox, outbox = Inbox(database, 10), Outbox(database, 10)
    for number in (1, 2):
        inbox.accept("k", InboundMessage(f"in {number}", "@a:b", "", None, f"${number}"))
        outbox.accept("k", OutboundMessage(f"out {number}"), f"t{number}", "o")
    first = inbox.next()
    assert first is not None
    inbox.finish(first, "submitted")
    sending = outbox.next(0.0)
    assert sending is not None
    outbox.sent(sending, "$sent")
    database.close()
    return place


@pytest.fixture
def former(place: Path) -> Iterator[sqlite3.Connection]:
    """The file as the version before opens it."""
    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def test_it_takes_the_file(former: sqlite3.Connection) -> None:
    assert former.execute("PRAGMA user_version").fetchone()[0] <= NEWEST_IT_KNEW


def test_it_finds_what_waits_and_recognises_what_was_done(former: sqlite3.Connection) -> None:
    waiting = former.execute("SELECT * FROM inbox WHERE state = 'waiting' ORDER BY id LIMIT 1").fetchone()
    assert (waiting["event"], waiting["text"], waiting["entered"]) == ("k:$2", "in 2", 0)
    assert former.execute("SELECT 1 FROM inbox WHERE event = ?", ("k:$1",)).fetchone()
    sending = former.execute("SELECT * FROM outbox WHERE state = 'waiting'").fetchone()
    assert (sending["txn"], sending["text"]) == ("t2", "out 2")
    assert former.execute("SELECT * FROM outbox WHERE txn = 't1'").fetchone()["state"] == "sent"


def test_what_it_stores_and_settles_counts_after_the_next_upgrade(
    former: sqlite3.Connection, place: Path
) -> None:
    former.execute(
        "INSERT OR IGNORE INTO inbox (event, kind, sender, text, thread, ts, created) VALUES (?,?,?,?,?,?,?)",
        ("k:$3", "k", "@a:b", "in 3", None, "", 0.0),
    )
    former.execute("UPDATE inbox SET state = 'done', outcome = 'submitted', text = '' WHERE id = 2")
    former.execute(
        "INSERT OR IGNORE INTO outbox (txn, kind, text, thread, attachments, origin, created) VALUES (?,?,?,?,?,?,?)",
        ("t3", "k", "out 3", None, "[]", "o", 0.0),
    )
    former.execute("UPDATE outbox SET state = 'sent', message_id = 'm', error = NULL, text = '' WHERE id = 2")
    database = Database(place)
    entry, sending = Inbox(database, 10).next(), Outbox(database, 10).next(0.0)
    assert entry is not None
    assert sending is not None
    assert (entry.message.text, sending.message.text) == ("in 3", "out 3")
    assert Outbox(database, 10).counts() == {"sent": 2, "waiting": 1}
