# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending: one message becomes its events once, however often the wire fails."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.homeserver import BOT, OPERATOR, PASS, ROOM, TOKEN, FakeHomeserver, error, limited, silence
from fakes.matrix import Inbox, connector_on
from mosaic_connectors import IdempotentSender, InboundMessage, OutboundMessage, SendFailure, WatchedLine
from mosaic_connectors.matrix.content import MAX_CONTENT_BYTES, size_of
from mosaic_connectors.matrix.events import ENCRYPTED_NOTICE
from mosaic_connectors.store.database import FILE_NAME
from mosaic_connectors.types import Mark, ObstructedHealth

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (640).to_bytes(4, "big") + (480).to_bytes(4, "big")


async def test_a_message_is_an_event_with_a_plain_body() -> None:
    """Text without markup is sent as it is, with an empty m.mentions and no HTML."""
    server = FakeHomeserver()
    async with connector_on(server) as connector:
        result = await connector.send(OutboundMessage("all quiet, @room"))
    content = server.sent()[0]
    assert result.delivered
    assert result.message_id == server.stream[-1]["event_id"]
    assert (content["msgtype"], content["body"], content["m.mentions"]) == ("m.text", "all quiet, @room", {})
    assert "formatted_body" not in content


async def test_the_connector_is_what_the_bridge_asks_for() -> None:
    """It can repeat a send without doubling, and its line can be watched."""
    async with connector_on(FakeHomeserver()) as connector:
        assert isinstance(connector, IdempotentSender)
        assert isinstance(connector, WatchedLine)


@pytest.mark.parametrize(
    "fault",
    [
        error(500),
        error(502),
        httpx.ConnectError("refused"),
        httpx.RemoteProtocolError("cut"),
        limited(5),
        limited(),
    ],
    ids=lambda fault: repr(fault)[:30],
)
async def test_a_fault_is_retried_with_the_same_transaction_id(fault: Any) -> None:
    """Outage, server error, limit: the same PUT again, and one event."""
    server = FakeHomeserver()
    server.on("PUT", "/send/", fault, fault, PASS)
    async with connector_on(server) as connector:
        result = await connector.send(OutboundMessage("once"))
    assert result.delivered
    assert len(server.sent()) == 1
    assert len({r.url.path for r in server.requests if r.method == "PUT"}) == 1
    assert server.count("PUT", "/send/") == 3


@pytest.mark.fault("a message is taken and the answer is lost", "found in the room; one event")
async def test_an_answer_lost_on_its_way_back_doubles_nothing() -> None:
    """The server took the message and the connection broke: the retry finds it there."""
    server = FakeHomeserver()

    async def taken_and_cut(request: httpx.Request) -> httpx.Response:
        parts = request.url.path.split("/")
        server._send(request, ROOM, "m.room.message", parts[-1])
        raise httpx.ReadError("connection reset")

    server.on("PUT", "/send/", taken_and_cut)
    async with connector_on(server) as connector:
        result = await connector.send(OutboundMessage("once"))
    assert result.delivered
    assert [content["body"] for content in server.sent()] == ["once"]


@pytest.mark.fault("... and the server restarts and forgets the transaction", "found in the room; one event")
async def test_a_server_that_forgets_at_its_restart_is_asked_what_it_took() -> None:
    """The message was taken, the server restarted without its memory: the room is looked at before a repeat."""
    server = FakeHomeserver()

    async def taken_and_restarted(request: httpx.Request) -> httpx.Response:
        server._send(request, ROOM, "m.room.message", request.url.path.split("/")[-1])
        server.transactions.clear()
        raise httpx.ReadError("connection reset")

    server.on("PUT", "/send/", taken_and_restarted, taken_and_restarted)
    async with connector_on(server) as connector:
        within = await connector.send_once(OutboundMessage("once"), "first")
        server.transactions.clear()
        after_a_kill = await connector.send_once(OutboundMessage("once"), "first", first_tried=time.time())
    assert within.delivered
    assert within == after_a_kill
    assert [content["body"] for content in server.sent()] == ["once"]


async def test_a_callers_transaction_id_makes_a_later_retry_harmless() -> None:
    """The same id with the same message, sent by two processes, is one message with one id."""
    server = FakeHomeserver()
    message = OutboundMessage("x" * 150_000)
    results = []
    for _attempt in range(2):
        async with connector_on(server) as connector:
            results.append(await connector.send_once(message, "stored-before"))
    assert results[0] == results[1]
    assert len(server.sent()) == len(server.transactions) > 2


async def test_what_the_server_forgot_is_looked_up_before_it_is_repeated() -> None:
    """After a day the server no longer knows a transaction id; the room still holds the message."""
    server = FakeHomeserver()
    message = OutboundMessage("first part. " * 12_000)
    async with connector_on(server) as connector:
        first = await connector.send_once(message, "old", first_tried=None)
        sent = len(server.sent())
        for number in range(250):
            server.say(f"later {number}")
        server.transactions.clear()
        server.stream = [
            event for event in server.stream if event["content"].get("org.mosaic.transaction_id") != "old.1"
        ]
        again = await connector.send_once(message, "old", first_tried=1_700_000_000)
    assert sent > 2
    assert again == first
    # Only the part that never arrived was sent again.
    assert [c["org.mosaic.transaction_id"] for c in server.sent()] == [
        "old",
        *(f"old.{n}" for n in range(2, sent)),
        "old.1",
    ]


@pytest.mark.fault("a server that wants an hour of quiet", "told, and asked again before")
async def test_a_limit_beyond_the_bound_is_reported() -> None:
    """A server that wants an hour gets no hour: the result says how long it asked for."""
    server = FakeHomeserver()
    server.on("PUT", "/send/", limited(3_600_000))
    async with connector_on(server) as connector:
        result = await asyncio.wait_for(connector.send(OutboundMessage("patience")), 20)
    assert isinstance(result, SendFailure)
    assert (result.delivered, result.permanent, result.retry_after) == (False, False, 3600.0)
    assert "M_LIMIT_EXCEEDED" in (result.error or "")


async def test_the_limits_wait_is_taken_from_the_body_then_from_the_header() -> None:
    """retry_after_ms is honoured before Retry-After."""
    server = FakeHomeserver()
    server.on("PUT", "/send/", limited(50, header="3600"), PASS)
    async with connector_on(server) as connector:
        began = time.monotonic()
        assert (await connector.send(OutboundMessage("a"))).delivered
        assert 0.05 <= time.monotonic() - began < 60
        server.on("PUT", "/send/", limited(header="3600"))
        result = await connector.send(OutboundMessage("b"))
    assert isinstance(result, SendFailure)
    assert result.retry_after == 3600.0


async def test_a_limit_that_names_no_time_is_not_held_against_the_message() -> None:
    """The caller hears of some seconds of quiet, so that no limit makes a dead letter; and never of eternity."""
    for answer in (
        error(429, "M_LIMIT_EXCEEDED"),
        httpx.Response(429, content=b'{"retry_after_ms": Infinity}'),
    ):
        server = FakeHomeserver()
        server.on("PUT", "/send/", answer, forever=True)
        async with connector_on(server, send_bound=0.01) as connector:
            result = await connector.send(OutboundMessage("x"))
        assert isinstance(result, SendFailure)
        assert not result.permanent
        assert result.retry_after == 5.0


@pytest.mark.fault("no server, or one that is silent", "an error result within the bound")
async def test_an_outage_is_an_error_result_within_the_bound() -> None:
    """A server that is down, or answers nothing, costs the bound and no more; nothing is raised."""
    for fault in (error(503), silence):
        server = FakeHomeserver()
        server.on("PUT", "/send/", fault, forever=True)
        async with connector_on(server, send_bound=0.3, request_timeout=0.1) as connector:
            result = await asyncio.wait_for(connector.send(OutboundMessage("anyone?")), 20)
        assert not result.delivered
        assert isinstance(result, SendFailure)
        assert not result.permanent
        assert 1 < server.count("PUT", "/send/") < 200 or fault is silence


@pytest.mark.parametrize("status", [400, 413])
async def test_a_refusal_is_permanent_and_not_repeated(status: int) -> None:
    """What the server will never take is tried once and called permanent."""
    server = FakeHomeserver()
    server.on("PUT", "/send/", error(status, "M_TOO_LARGE"), forever=True)
    async with connector_on(server) as connector:
        result = await connector.send(OutboundMessage("no"))
    assert isinstance(result, SendFailure)
    assert result.permanent
    assert server.count("PUT", "/send/") == 1


async def test_a_dead_token_stops_sending_but_damns_no_message() -> None:
    """M_UNKNOWN_TOKEN: not delivered, not permanent, the line is stopped, and no further request is made."""
    server = FakeHomeserver()
    for method, path in (("PUT", "/send/"), ("GET", "/whoami")):
        server.on(method, path, error(401, "M_UNKNOWN_TOKEN"), forever=True)
    async with connector_on(server) as connector:
        first = await connector.send(OutboundMessage("a"))
        second = await connector.send(OutboundMessage("b"))
        await asyncio.wait_for(connector.wait_stopped(), 20)
    assert (first.delivered, second.delivered) == (False, False)
    assert isinstance(first, SendFailure)
    assert not first.permanent
    assert server.count("PUT", "/send/") == 1


async def test_a_long_text_arrives_whole_in_several_events() -> None:
    """Every event stays below the limit, and together they hold every word, in order."""
    server = FakeHomeserver()
    words = [f"wörd{number}" for number in range(30_000)]
    async with connector_on(server) as connector:
        assert (await connector.send(OutboundMessage(" ".join(words)))).delivered
    assert len(server.sent()) > 1
    assert all(size_of(content) <= MAX_CONTENT_BYTES for content in server.sent())
    assert " ".join(content["body"] for content in server.sent()).split() == words


async def test_an_answer_in_a_thread_names_the_threads_latest_event() -> None:
    """is_falling_back, and m.in_reply_to the last event seen or sent in that thread; else asked of the server."""
    server = FakeHomeserver()
    root = server.say("root")
    in_thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": root}}
    unseen = server.say("before we came", **in_thread)
    async with connector_on(server) as connector:
        await connector.send(OutboundMessage("one", thread_id=root))
        inbox = Inbox()
        connector.subscribe(inbox)
        await connector.wait_ready()
        seen = server.say("seen", **in_thread)
        await inbox.holds(1)
        await connector.send(OutboundMessage("two", thread_id=root))
        await connector.send(OutboundMessage("three", thread_id=root))
    relations = [content["m.relates_to"] for content in server.sent()]
    assert all(
        (r["rel_type"], r["event_id"], r["is_falling_back"]) == ("m.thread", root, True) for r in relations
    )
    second = next(e["event_id"] for e in server.stream if e["content"].get("body") == "two")
    assert [r["m.in_reply_to"]["event_id"] for r in relations] == [unseen, seen, second]


async def test_a_thread_the_server_cannot_look_up_is_still_answered() -> None:
    """Without relations on the server the reply names the root."""
    server = FakeHomeserver("conduit")
    server.on("GET", "/relations/", error(500), forever=True)
    async with connector_on(server) as connector:
        result = await connector.send(OutboundMessage("hello", thread_id="$root"))
    assert result.delivered
    assert server.sent()[0]["m.relates_to"]["m.in_reply_to"] == {"event_id": "$root"}


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (OutboundMessage("   "), "neither"),
        (OutboundMessage("hi", thread_id="1234.5678"), "thread_id"),
        (OutboundMessage("hi", attachments=("/no/such/file.png",)), "/no/such/file.png"),
        (OutboundMessage("hi", attachments=("/",)), "no regular file"),
    ],
)
async def test_what_cannot_be_sent_is_refused_before_anything_is(message: OutboundMessage, says: str) -> None:
    """An error result that names the thing, permanent, and no request at all."""
    server = FakeHomeserver()
    async with connector_on(server) as connector:
        result = await connector.send(message)
    assert isinstance(result, SendFailure)
    assert result.permanent
    assert says in (result.error or "")
    assert not server.requests


async def test_an_image_is_uploaded_with_its_facts(tmp_path: Path) -> None:
    """Name, type, size, width and height; the text goes first, both in the thread."""
    server = FakeHomeserver()
    picture = tmp_path / "plan of site.png"
    picture.write_bytes(PNG)
    async with connector_on(server) as connector:
        result = await connector.send(OutboundMessage("look", thread_id="$root", attachments=(str(picture),)))
    text, image = server.sent()
    assert (result.delivered, text["body"]) == (True, "look")
    assert (image["msgtype"], image["body"], image["filename"]) == (
        "m.image",
        "plan of site.png",
        "plan of site.png",
    )
    assert image["info"] == {"mimetype": "image/png", "size": len(PNG), "w": 640, "h": 480}
    assert server.media[image["url"].rpartition("/")[2]] == PNG
    assert image["m.relates_to"]["event_id"] == "$root"


async def test_a_file_too_large_for_the_server_is_refused_before_its_upload(tmp_path: Path) -> None:
    """The server's own limit is asked for first, and named in the error."""
    server = FakeHomeserver()
    server.media_limit = 10
    file = tmp_path / "log.txt"
    file.write_text("more than ten bytes")
    async with connector_on(server) as connector:
        result = await connector.send(OutboundMessage("log", attachments=(str(file),)))
    assert isinstance(result, SendFailure)
    assert result.permanent
    assert "10" in (result.error or "")
    assert (server.count("POST", "/upload"), server.sent()) == (0, [])


async def test_every_file_is_measured_before_the_first_upload(tmp_path: Path) -> None:
    """What was uploaded for a message that is refused would stay on the server for ever."""
    server = FakeHomeserver()
    server.media_limit = 10
    (tmp_path / "small").write_bytes(b"x")
    (tmp_path / "large").write_bytes(bytes(11))
    async with connector_on(server) as connector:
        files = (str(tmp_path / "small"), str(tmp_path / "large"))
        assert not (await connector.send(OutboundMessage("both", attachments=files))).delivered
    assert (server.count("POST", "/upload"), server.sent()) == (0, [])


async def test_an_answer_into_a_thread_of_the_room_before_arrives_without_it() -> None:
    """The server refuses the relation for ever; a root that it knows is another matter."""
    server = FakeHomeserver()
    async with connector_on(server) as connector:
        result = await connector.send(OutboundMessage("done", thread_id="$old_root"))
    assert result.delivered, result.error
    assert "m.relates_to" not in server.sent()[-1]


async def test_a_refused_answer_into_a_thread_that_is_there_stays_refused() -> None:
    server = FakeHomeserver()
    root = server.say("root")
    server.on("PUT", "/send/", error(400, "M_BAD_JSON"))
    async with connector_on(server) as connector:
        result = await connector.send(OutboundMessage("done", thread_id=root))
    assert isinstance(result, SendFailure)
    assert result.permanent


@pytest.mark.parametrize(
    "body",
    [httpx.Response(413, text="<html>nginx</html>"), error(413, "M_TOO_LARGE")],
    ids=["the proxy's", "the server's"],
)
@pytest.mark.fault("a proxy refuses a file by 413 in HTML", "permanent, in words; not sent again")
async def test_too_large_is_told_whoever_says_so_and_not_repeated(
    tmp_path: Path, body: httpx.Response
) -> None:
    server = FakeHomeserver()
    server.on("POST", "/upload", body, forever=True)
    (tmp_path / "film.mp4").write_bytes(b"x")
    async with connector_on(server) as connector:
        result = await connector.send(OutboundMessage("", attachments=(str(tmp_path / "film.mp4"),)))
    assert isinstance(result, SendFailure)
    assert result.permanent
    assert "413" in str(result.error)
    assert server.count("POST", "/upload") == 1


async def test_a_file_is_uploaded_once_however_often_its_event_is_tried(tmp_path: Path) -> None:
    """Each copy would stay on the server for ever."""
    server = FakeHomeserver()
    server.on("PUT", "/send/", *[error(503)] * 3)
    (tmp_path / "plan.txt").write_bytes(b"x")
    message = OutboundMessage("", attachments=(str(tmp_path / "plan.txt"),))
    async with connector_on(server, send_bound=0.001) as connector:
        first = time.time()
        for _try in range(4):
            result = await connector.send_once(message, "txn", first_tried=first)
    assert result.delivered, result.error
    assert server.count("POST", "/upload") == 1


async def test_a_file_is_uploaded_once_although_the_process_ends_in_between(tmp_path: Path) -> None:
    """After a restart its event names what was uploaded before; then it is forgotten."""
    server = FakeHomeserver()
    (tmp_path / "plan.txt").write_bytes(b"x")
    message = OutboundMessage("", attachments=(str(tmp_path / "plan.txt"),))
    server.on("PUT", "/send/", *[error(503)] * 20)
    async with connector_on(server, send_bound=0.001, state_dir=tmp_path / "state") as connector:
        assert not (await connector.send_once(message, "txn")).delivered
    server.on("PUT", "/send/", PASS, forever=True)
    async with connector_on(server, state_dir=tmp_path / "state") as connector:
        assert (await connector.send_once(message, "txn", first_tried=time.time())).delivered
    assert server.count("POST", "/upload") == 1
    with contextlib.closing(sqlite3.connect(tmp_path / "state" / FILE_NAME)) as database:
        assert database.execute("SELECT count(*) FROM upload").fetchone() == (0,)


async def test_an_encrypted_room_gets_one_constant_sentence_and_nobodys_words(tmp_path: Path) -> None:
    """Once over restarts; what is to be sent there waits, and what was sent before is not sent again."""
    server = FakeHomeserver()
    async with connector_on(server, state_dir=tmp_path) as connector:
        assert (await connector.send_once(OutboundMessage("before"), "txn")).delivered
    server.post("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, state_key="")
    async with connector_on(server, state_dir=tmp_path) as connector:
        assert (await connector.send_once(OutboundMessage("before"), "txn", first_tried=0.0)).delivered
    for words in ("the key is under the mat", "and the door is open"):
        async with connector_on(server, state_dir=tmp_path) as connector:
            result = await connector.send(OutboundMessage(words))
            assert isinstance(await connector.health(), ObstructedHealth)
        assert isinstance(result, SendFailure)
        assert not result.permanent
        assert "is encrypted" in str(result.error)
    async with connector_on(server, state_dir=tmp_path) as connector:
        assert (await connector.send(OutboundMessage(ENCRYPTED_NOTICE))).delivered
        unread = InboundMessage("[encrypted]", OPERATOR, "", None, "$unread")
        await connector.receipts.mark(unread, Mark.TAKEN)
        await connector.receipts.read(unread)
        await connector.receipts.typing(None, 5.0)
    assert server.count("PUT", "/m.reaction/") == server.count("PUT", "/typing/") == 0
    assert server.count("POST", "/receipt/") == 0
    said = [event["content"]["body"] for event in server.stream if event["type"] == "m.room.message"]
    assert said == ["before", ENCRYPTED_NOTICE]


async def test_what_is_there_already_is_not_uploaded_again(tmp_path: Path) -> None:
    server = FakeHomeserver()
    (tmp_path / "plan.txt").write_bytes(b"x")
    message = OutboundMessage("", attachments=(str(tmp_path / "plan.txt"),))
    for _run in range(2):  # the second, by a process that was started anew
        async with connector_on(server) as connector:
            result = await connector.send_once(message, "txn", first_tried=time.time() - 1)
            assert result.delivered, result.error
    assert server.count("POST", "/upload") == 1
    assert len(server.sent()) == 1


async def test_a_removed_and_invited_account_sends_again() -> None:
    """403 while sending: the room is looked for again, the invitation accepted, the message sent."""
    server = FakeHomeserver()
    async with connector_on(server) as connector:
        await connector.send(OutboundMessage("one"))
        server.rooms[ROOM].members.discard(BOT)
        server.rooms[ROOM].invited.add(BOT)
        result = await connector.send(OutboundMessage("two"))
    assert result.delivered
    assert [content["body"] for content in server.sent() if "body" in content] == ["one", "two"]


async def test_a_room_that_was_encrypted_while_we_were_out_gets_no_words() -> None:
    """Although it was seen not to be a moment before."""
    server = FakeHomeserver()
    async with connector_on(server) as connector:
        await connector.send(OutboundMessage("one"))
        server.rooms[ROOM].members.discard(BOT)
        server.rooms[ROOM].invited.add(BOT)
        server.post("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, state_key="")
        assert not (await connector.send(OutboundMessage("two"))).delivered
    assert [content["body"] for content in server.sent() if "body" in content] == ["one", ENCRYPTED_NOTICE]


async def test_an_account_that_is_not_invited_is_told_so() -> None:
    """Not in the room and not invited: the error says whom to invite, and it is not permanent."""
    server = FakeHomeserver()
    server.rooms[ROOM].members = {OPERATOR}
    async with connector_on(server) as connector:
        result = await connector.send(OutboundMessage("hello"))
    assert isinstance(result, SendFailure)
    assert not result.permanent
    assert f"Invite {BOT}" in (result.error or "")


async def test_the_token_is_in_the_header_and_nowhere_else() -> None:
    """No request carries the token in its URL or body."""
    server = FakeHomeserver()
    async with connector_on(server) as connector:
        connector.subscribe(Inbox())
        await connector.wait_ready()
        await connector.send(OutboundMessage("hello"))
        await connector.health()
    for request in server.requests:
        assert TOKEN not in str(request.url)
        assert TOKEN.encode() not in request.content


async def test_nul_and_lone_surrogates_do_not_break_a_send() -> None:
    """What no server can store becomes the replacement character."""
    server = FakeHomeserver()
    async with connector_on(server) as connector:
        assert (await connector.send(OutboundMessage("a\x00b\ud800c"))).delivered
    assert server.sent()[0]["body"] == "a\ufffdb\ufffdc"
    assert json.dumps(server.sent()[0])


async def test_messages_of_one_thread_keep_their_order_when_sent_together() -> None:
    """Sends started together reach the room in the order they were started, parts unmixed."""
    server = FakeHomeserver()
    texts = [f"{letter * 90_000}" for letter in "abc"]
    server.on("PUT", "/send/", error(502), PASS, error(502))
    async with connector_on(server) as connector:
        await asyncio.gather(*(connector.send(OutboundMessage(text)) for text in texts))
    assert "".join(content["body"] for content in server.sent()) == "".join(texts)
