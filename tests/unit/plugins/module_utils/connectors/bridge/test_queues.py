# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inbox, outbox and the file under them."""

from __future__ import annotations

import sqlite3
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mosaic_connectors.bridge.inbox import Inbox
from mosaic_connectors.bridge.outbox import Outbox
from mosaic_connectors.errors import QueueFullError, StateError
from mosaic_connectors.store.database import Database
from mosaic_connectors.store.migrations import BRIDGE
from mosaic_connectors.types import InboundMessage, OutboundMessage


def inbound(number: int, text: str = "hello") -> InboundMessage:
    return InboundMessage(text, "@a:b", "2026-01-01T00:00:00Z", "$t", f"${number}")


def test_an_event_is_accepted_once_even_after_a_restart(tmp_path: Path) -> None:
    place = tmp_path / "state" / "bridge.sqlite3"
    inbox = Inbox(Database(place), 10)
    assert inbox.accept("k", inbound(1))
    entry = inbox.next()
    assert entry is not None
    assert entry.message == inbound(1)
    inbox.finish(entry, "submitted")
    again = Inbox(Database(place), 10)
    assert not again.accept("k", inbound(1))
    assert again.next() is None


def test_the_same_id_on_another_channel_is_another_event() -> None:
    inbox = Inbox(Database(None), 10)
    assert inbox.accept("one", inbound(1))
    assert inbox.accept("two", inbound(1))


def test_a_message_without_an_id_is_always_accepted() -> None:
    inbox = Inbox(Database(None), 10)
    message = InboundMessage("hello", "a", "2026-01-01T00:00:00Z")
    assert inbox.accept("k", message)
    assert inbox.accept("k", message)


def test_a_full_inbox_refuses_what_is_new_and_recognises_what_it_has() -> None:
    inbox = Inbox(Database(None), 1)
    inbox.accept("k", inbound(1))
    with pytest.raises(QueueFullError, match="inbox_limit"):
        inbox.accept("k", inbound(2))
    assert not inbox.accept("k", inbound(1))


def test_tokens_of_another_file_are_other_tokens() -> None:
    tokens = set()
    for inbox in (Inbox(Database(None), 10), Inbox(Database(None), 10)):
        inbox.accept("k", inbound(1))
        entry = inbox.next()
        assert entry is not None
        tokens.add(entry.token)
    assert len(tokens) == 2


def test_what_the_bridge_acts_on_itself_is_finished_when_it_is_stored_and_known_after_a_restart(
    tmp_path: Path,
) -> None:
    place = tmp_path / "bridge.sqlite3"
    inbox = Inbox(Database(place), 1)
    inbox.accept("k", inbound(1))
    assert inbox.settle("k", inbound(2, "!stop"), "command"), (
        "nothing waits for it, so that no limit is asked"
    )
    again = Inbox(Database(place), 1)
    assert not again.settle("k", inbound(2, "!stop"), "command")
    assert not again.accept("k", inbound(2, "!stop")), "and it is never typed"
    assert not again.settle("k", inbound(1), "command"), "what waits for the pane stays as it is"
    assert again.waiting() == 1
    last = again.last()
    assert last is not None
    assert last["state"] == "command"
    assert [row["text"] for row in Database(place).rows("SELECT text FROM inbox")] == ["hello", ""]


def test_what_was_delivered_is_remembered_without_its_words(tmp_path: Path) -> None:
    place = tmp_path / "bridge.sqlite3"
    database = Database(place)
    inbox, outbox = Inbox(database, 10), Outbox(database, 10)
    inbox.accept("k", inbound(1, "for your eyes only"))
    entry = inbox.next()
    assert entry is not None
    inbox.finish(entry, "submitted")
    outbox.sent(outbox.accept("k", OutboundMessage("for your eyes only"), "t", "o"), "m")
    texts = database.rows("SELECT text FROM inbox UNION ALL SELECT text FROM outbox")
    assert [row["text"] for row in texts] == ["", ""]


def test_a_failing_message_holds_up_its_own_thread_alone() -> None:
    outbox = Outbox(Database(None), 10)
    first = outbox.accept("k", OutboundMessage("1", "a"), "t1", "o")
    outbox.accept("k", OutboundMessage("2", "a"), "t2", "o")
    other = outbox.accept("k", OutboundMessage("3", "b"), "t3", "o")
    outbox.failed(first, "no", next_try=100.0, counts=True, dead=False)
    chosen = outbox.next(50.0)
    assert chosen is not None
    assert chosen.id == other.id
    outbox.sent(other, "m")
    assert outbox.next(50.0) is None
    assert outbox.next_try() == 100.0, "those that follow in the thread are not due before its head"
    chosen = outbox.next(100.0)
    assert chosen is not None
    assert chosen.id == first.id


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", None]), max_size=12),
    st.lists(st.sampled_from(["sent", "failed", "outage"]), max_size=60),
)
def test_order_per_thread_is_kept_whatever_fails(threads: list[str | None], fates: list[str]) -> None:
    outbox = Outbox(Database(None), 100)
    for number, thread in enumerate(threads):
        outbox.accept("k", OutboundMessage(f"{number}", thread), f"t{number}", "o")
    sent: list[tuple[str | None, int]] = []
    now = 0.0
    for fate in [*fates, *["sent"] * len(threads)]:
        now += 5.0
        entry = outbox.next(now)
        if entry is None:
            continue
        outbox.trying(entry, now)
        if fate == "sent":
            sent.append((entry.message.thread_id, int(entry.message.text)))
            outbox.sent(entry, "m")
        else:
            put_off = now + 4.0 if fate == "failed" else 0.0
            outbox.failed(entry, "no", next_try=put_off, counts=fate == "failed", dead=False)
    assert len(sent) == len(threads)
    for thread in ("a", "b", None):
        numbers = [number for known, number in sent if known == thread]
        assert numbers == sorted(numbers)


def test_a_transaction_id_is_accepted_once_and_the_time_of_the_first_try_stays() -> None:
    outbox = Outbox(Database(None), 10)
    entry = outbox.accept("k", OutboundMessage("x", None, ("/a",)), "t", "o")
    outbox.trying(entry, 10.0)
    again = outbox.accept("k", OutboundMessage("x"), "t", "o")
    outbox.trying(again, 20.0)
    stored = outbox.get(entry.id)
    assert stored is not None
    assert (again.id, stored.first_tried, stored.attachments) == (entry.id, 10.0, ("/a",))


def test_an_answer_into_a_thread_of_another_kind_stays_of_that_kind() -> None:
    """The agent goes on answering in the threads it knows, after the channel was switched to another kind."""
    database = Database(None)
    Inbox(database, 10).accept("former", inbound(1))
    outbox = Outbox(database, 10)
    ours = outbox.accept("former", OutboundMessage("begin"), "0", "test")
    outbox.sent(ours, "$ours")
    threads = ["$t", "$ours", "$never-seen", None]
    kinds = [
        outbox.accept("now", OutboundMessage("x", thread), str(thread), "test").kind for thread in threads
    ]
    assert kinds == ["former", "former", "now", "now"]


def test_dead_letters_count_towards_the_limit_until_they_are_dropped() -> None:
    outbox = Outbox(Database(None), 1)
    entry = outbox.accept("k", OutboundMessage("x"), "t", "o")
    outbox.failed(entry, "no", next_try=0.0, counts=True, dead=True)
    with pytest.raises(QueueFullError, match="1 are dead letters"):
        outbox.accept("k", OutboundMessage("y"), "t2", "o")
    assert outbox.drop() == 1
    outbox.accept("k", OutboundMessage("y"), "t2", "o")


def test_all_dead_letters_are_retried_and_what_waits_is_dropped_only_by_its_number() -> None:
    outbox = Outbox(Database(None), 10)
    dead = outbox.accept("k", OutboundMessage("x"), "t", "o")
    waiting = outbox.accept("k", OutboundMessage("y"), "t2", "o")
    outbox.failed(dead, "no", next_try=0.0, counts=True, dead=True)
    assert outbox.retry(waiting.id) == 0
    assert outbox.retry() == 1
    assert outbox.drop() == 0
    assert outbox.drop(waiting.id) == 1
    assert [entry.id for entry in outbox.listing()] == [dead.id]


def test_a_full_disk_refuses_and_is_survived(tmp_path: Path) -> None:
    database = Database(tmp_path / "bridge.sqlite3")
    outbox = Outbox(database, 1000)
    database.rows("PRAGMA max_page_count = 12")
    with pytest.raises(StateError, match="full"):
        _fill(outbox)
    accepted = len(outbox.listing())
    database.rows("PRAGMA max_page_count = 100000")
    outbox.accept("k", OutboundMessage("y"), "later", "o")
    assert len(outbox.listing()) == accepted + 1


def _fill(outbox: Outbox) -> None:
    for number in range(1000):
        outbox.accept("k", OutboundMessage("x" * 1000), f"t{number}", "o")


def test_a_damaged_file_is_told_apart_and_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "bridge.sqlite3"
    place.write_bytes(b"no database" * 500)
    with pytest.raises(StateError, match="The file is damaged: put it back from a backup"):
        Database(place)
    assert place.read_bytes() == b"no database" * 500


def test_a_file_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "bridge.sqlite3"
    with sqlite3.connect(place) as newer:
        newer.execute(f"PRAGMA user_version = {len(BRIDGE) + 1}")
    with pytest.raises(StateError, match="newer program"):
        Database(place)


def test_a_file_of_the_first_version_is_brought_up_and_keeps_its_messages(tmp_path: Path) -> None:
    place = tmp_path / "bridge.sqlite3"
    with sqlite3.connect(place) as old:
        for statement in BRIDGE[0].statements:
            old.execute(statement)
        old.execute(
            "INSERT INTO inbox (event, kind, sender, text, ts, created) VALUES ('k:$1', 'k', '@a:b', 'hello', '', 0)"
        )
        old.execute("PRAGMA user_version = 1")
    database = Database(place)
    entry = Inbox(database, 10).next()
    assert entry is not None
    assert (entry.message.text, entry.entered) == ("hello", False)
    assert database.rows("PRAGMA user_version")[0][0] == 3, "what only adds keeps no former program out"


def test_that_the_enter_is_about_to_be_pressed_is_remembered() -> None:
    inbox = Inbox(Database(None), 10)
    inbox.accept("k", inbound(1))
    entry = inbox.next()
    assert entry is not None
    assert not entry.entered
    inbox.entering(entry)
    again = inbox.next()
    assert again is not None
    assert again.entered


@pytest.mark.parametrize(
    "content", [b"this is no database, not at all, and long enough to be read as one" * 20]
)
def test_a_damaged_file_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "bridge.sqlite3"
    place.write_bytes(content)
    with pytest.raises(StateError, match=r"bridge\.sqlite3"):
        Database(place)


def test_a_message_dropped_during_its_try_stays_dropped() -> None:
    """Whatever becomes of the try: every transition asks for the state that it leaves."""
    outbox = Outbox(Database(None), 10)
    for number, end in enumerate(("sent", "failed", "dead")):
        entry = outbox.accept("k", OutboundMessage("x"), f"t{number}", "o")
        assert outbox.trying(entry, 1.0)
        assert outbox.drop(entry.id) == 1
        if end == "sent":
            assert not outbox.sent(entry, "m")
        else:
            assert not outbox.failed(entry, "no", next_try=0.0, counts=True, dead=end == "dead")
        stored = outbox.get(entry.id)
        assert stored is not None
        assert (stored.state, stored.chars, stored.attempts) == ("dropped", 0, 0)
        assert not outbox.trying(entry, 2.0)


def test_a_dead_letter_is_not_sent_by_a_try_that_comes_late() -> None:
    outbox = Outbox(Database(None), 10)
    entry = outbox.accept("k", OutboundMessage("x"), "t", "o")
    assert outbox.failed(entry, "no", next_try=0.0, counts=True, dead=True)
    assert not outbox.sent(entry, "m")
    assert outbox.retry(entry.id) == 1
    assert outbox.retry(entry.id) == 0


def test_a_message_of_the_inbox_is_settled_once() -> None:
    inbox = Inbox(Database(None), 10)
    inbox.accept("k", inbound(1))
    entry = inbox.next()
    assert entry is not None
    assert inbox.finish(entry, "submitted")
    assert not inbox.finish(entry, "unverified")
    with pytest.raises(StateError, match="waits no longer"):
        inbox.entering(entry)


def test_a_clock_that_was_ahead_puts_nothing_off_for_a_year() -> None:
    outbox = Outbox(Database(None), 10)
    entry = outbox.accept("k", OutboundMessage("x"), "t", "o")
    outbox.failed(entry, "busy", next_try=1000.0 + 365 * 86400, counts=True, dead=False)
    assert outbox.next(1000.0) is not None


def test_the_queues_are_bounded_in_bytes_too() -> None:
    database = Database(None)
    inbox, outbox = Inbox(database, 100, 1000), Outbox(database, 100, 1000)
    assert inbox.accept("k", inbound(1, "ž" * 499))
    with pytest.raises(QueueFullError, match="inbox_bytes"):
        inbox.accept("k", inbound(2, "xyz"))
    assert inbox.accept("k", inbound(2, "xy"))
    first = outbox.accept("k", OutboundMessage("x" * 1000), "t1", "o")
    with pytest.raises(QueueFullError, match="outbox_bytes"):
        outbox.accept("k", OutboundMessage("y"), "t2", "o")
    outbox.failed(first, "no", next_try=0.0, counts=True, dead=True)
    with pytest.raises(QueueFullError, match="1 are dead letters"):
        outbox.accept("k", OutboundMessage("y"), "t2", "o")
    outbox.drop()
    outbox.accept("k", OutboundMessage("y" * 5000), "t2", "o")  # alone, whatever is small enough by itself


def test_what_a_message_names_counts_like_its_words() -> None:
    """A thread and addresses of files are kept like words, and forgotten with them."""
    outbox = Outbox(Database(None), 100, 1000)
    named = OutboundMessage("x", "t" * 500, ("https://h/" + "x" * 600,))
    entry = outbox.accept("k", named, "t1", "o")
    with pytest.raises(QueueFullError, match="outbox_bytes"):
        outbox.accept("k", OutboundMessage("y"), "t2", "o")
    outbox.sent(entry, "$1")
    (line,) = outbox.listing(["sent"])
    assert line.attachments == ()


def test_a_listing_does_not_read_the_words(tmp_path: Path) -> None:
    """Ten rows may be 80 MiB: what is looked at are their lengths."""
    outbox = Outbox(Database(tmp_path / "bridge.sqlite3"), 100)
    for number in range(10):
        outbox.accept("k", OutboundMessage("x" * 2_000_000), f"t{number}", "o")
    tracemalloc.start()
    assert [line.chars for line in outbox.listing()] == [2_000_000] * 10
    assert outbox.last() is not None
    outbox.drop(1)
    assert outbox.attachments() == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_the_files_of_what_is_dropped_are_told() -> None:
    outbox, forgotten = Outbox(Database(None), 10), list[str]()
    entry = outbox.accept("k", OutboundMessage("x", None, ("/a", "/b")), "t", "o")
    assert outbox.attachments() == ["/a", "/b"]
    assert outbox.drop(entry.id, forget=forgotten.extend) == 1
    assert (forgotten, outbox.attachments()) == (["/a", "/b"], [])


@pytest.mark.parametrize("field", ["sender", "thread_id", "message_id", "text"])
def test_a_message_that_utf_8_cannot_say_is_accepted_once(field: str) -> None:
    inbox = Inbox(Database(None), 10)
    odd = replace(inbound(1), **{field: "\ud800"})
    assert inbox.accept("k", odd)
    assert not inbox.accept("k", odd)
