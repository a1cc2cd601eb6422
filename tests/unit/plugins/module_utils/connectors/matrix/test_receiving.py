# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receiving: every trap that loses or doubles messages, laid at the wire."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.homeserver import BOT, OPERATOR, PASS, ROOM, FakeHomeserver, error, limited, silence
from fakes.matrix import Inbox, connector_on, eventually
from mosaic_connectors import InboundMessage, OutboundMessage

FLAVOURS = pytest.mark.parametrize("flavour", ["synapse", "conduit"])


@FLAVOURS
async def test_a_gap_is_filled(flavour: str, tmp_path: Path) -> None:
    """Three hundred messages missed: all arrive, once, in order, whatever the server makes of filters."""
    server = FakeHomeserver(flavour)
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(Inbox())
        await connector.wait_ready()
    said = [f"m{number}" for number in range(300)]
    for text in said:
        server.say(text)
        server.post("m.room.member", {}, state_key="@guest:fake.test")
    inbox, of_the_past = Inbox(), list[bool]()

    async def handler(message: InboundMessage) -> None:
        of_the_past.append(message.caught_up)
        await inbox(message)

    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(handler)
        await inbox.holds(300)
        server.say("live")
        await inbox.holds(301)
    assert inbox.texts == [*said, "live"]
    assert (of_the_past[0], of_the_past[-1]) == (True, False)


@FLAVOURS
@pytest.mark.fault(
    "a correction that comes pages later, and one by a stranger",
    "the words of the writer as corrected by the writer",
)
async def test_a_correction_pages_later_in_a_gap_is_what_is_handed_over(flavour: str, tmp_path: Path) -> None:
    """Whatever the server bundles: nobody is given the words that their writer took back; a stranger takes none."""
    server = FakeHomeserver(flavour)
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(Inbox())
        await connector.wait_ready()
    target = server.say("rm -rf /")
    for number in range(40):
        server.say(f"m{number}")
    relation = {"rel_type": "m.replace", "event_id": target}
    for words, sender in (("ls", OPERATOR), ("rm -rf ~", "@stranger:fake.test")):
        content = {"m.new_content": {"msgtype": "m.text", "body": words}, "m.relates_to": relation}
        server.say(f"* {words}", sender=sender, **content)
    inbox = Inbox()
    async with connector_on(server, state_dir=tmp_path, timeline_limit=10) as connector:
        connector.subscribe(inbox)
        await inbox.holds(41)
    assert inbox.texts[0] == "ls"


@pytest.mark.fault("a flood of messages from strangers", "no request, and nothing of ours is pushed out")
async def test_a_flood_of_strangers_pushes_out_nothing_of_ours_and_costs_no_request() -> None:
    """An operator's answer names what it answers, ours or anybody's; a stranger's is worth no look."""
    server, inbox = FakeHomeserver(), []
    theirs = server.say("who has the key?", sender="@stranger:fake.test")

    async def handler(message: InboundMessage) -> None:
        if message.sender == OPERATOR:
            inbox.append((await message.whole()).text)

    async with connector_on(server) as connector:
        connector.subscribe(handler)
        await connector.wait_ready()
        ours = (await connector.send(OutboundMessage("Delete A or B?", thread_id="$t"))).message_id
        for number in range(1100):
            relation = {"rel_type": "m.thread", "event_id": f"$thread{number}"}
            relation["m.in_reply_to"] = {"event_id": theirs}
            server.say(f"noise {number}", sender="@stranger:fake.test", **{"m.relates_to": relation})
        for target in (ours, theirs):
            server.say("this", **{"m.relates_to": {"m.in_reply_to": {"event_id": target}}})
        await eventually(lambda: len(inbox) == 2)
        assert (await connector.send(OutboundMessage("A it is", thread_id="$t"))).delivered
    assert inbox == [
        f"[in reply to {ours}: Delete A or B?]\nthis",
        f"[in reply to {theirs}: who has the key?]\nthis",
    ]
    assert server.count("GET", "/event/") == 1
    assert server.count("GET", "/relations/") == 1, "the thread that we write into is remembered"


@FLAVOURS
@pytest.mark.fault("errors while missed messages are read", "the page is asked for again; nothing twice")
async def test_a_fault_in_the_middle_of_a_gap_costs_nothing(flavour: str, tmp_path: Path) -> None:
    """Pages that fail are asked for again, and what was handed over is not handed over twice."""
    server = FakeHomeserver(flavour)
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(Inbox())
        await connector.wait_ready()
    said = [server.say(f"m{number}") and f"m{number}" for number in range(250)]
    faults = (error(502), httpx.ReadError("cut"), limited(5), httpx.RemoteProtocolError("gone"))
    server.on("GET", "/messages", PASS, *faults, PASS, error(500), forever=False)
    inbox = Inbox()
    async with connector_on(server, state_dir=tmp_path, timeline_limit=50) as connector:
        connector.subscribe(inbox)
        await inbox.holds(250)
    assert inbox.texts == said


async def test_the_place_in_a_gap_survives_a_restart(tmp_path: Path) -> None:
    """Stopped half-way through a long gap, the next run does not begin it again."""
    server = FakeHomeserver()
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(Inbox())
        await connector.wait_ready()
    for number in range(300):
        server.say(f"m{number}")
    server.on("GET", "/messages", PASS, PASS, error(502), error(502), forever=False)
    first = Inbox()
    async with connector_on(server, state_dir=tmp_path, timeline_limit=50, backoff_first=30) as connector:
        connector.subscribe(first)
        await first.holds(100)
        await eventually(lambda: server.count("GET", "/messages") == 3)
    server.say("later")
    before = server.count("GET", "/messages")
    second = Inbox()
    async with connector_on(server, state_dir=tmp_path, timeline_limit=50) as connector:
        connector.subscribe(second)
        await second.holds(201)
    assert first.texts + second.texts == [*(f"m{number}" for number in range(300)), "later"]
    assert server.count("GET", "/messages") - before == 5  # a fault, and the pages that were left


async def test_the_token_is_committed_only_after_the_handler_returned(tmp_path: Path) -> None:
    """A message in the handler's hand when the process ends comes again in the next run."""
    server = FakeHomeserver()
    entered = asyncio.Event()

    async def never_returns(_message: object) -> None:
        entered.set()
        await asyncio.Event().wait()

    connector = connector_on(server, state_dir=tmp_path)
    subscription = connector.subscribe(never_returns)
    await connector.wait_ready()
    server.say("in hand")
    await entered.wait()
    subscription._task.cancel()  # what the end of a process does, without its grace
    await eventually(lambda: subscription.ended)
    await connector.aclose()
    inbox = Inbox()
    async with connector_on(server, state_dir=tmp_path) as again:
        again.subscribe(inbox)
        await inbox.holds(1)
    assert inbox.texts == ["in hand"]


@pytest.mark.fault("a server sends events again", "each is handed over once, restarts included")
async def test_duplicates_in_a_timeline_are_dropped_across_restarts(tmp_path: Path) -> None:
    """An event that the server sends again, in this run or the next, is not handed over again."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        server.say("one")
        await inbox.holds(1)
        server.duplicates = list(server.stream)
        server.say("two")
        await inbox.holds(2)
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(inbox)
        server.duplicates = list(server.stream)
        await connector.wait_ready()
        server.say("three")
        await inbox.holds(3)
    assert inbox.texts == ["one", "two", "three"]


async def test_the_first_start_asks_past_the_servers_cache() -> None:
    """Two initial syncs never look alike, so that no server answers the second from its cache."""
    server = FakeHomeserver()
    for _attempt in range(2):
        async with connector_on(server) as connector:
            connector.subscribe(Inbox())
            await connector.wait_ready()
    filters = {r.url.params["filter"] for r in server.requests if r.url.path.endswith("/sync")}
    initial = [r for r in server.requests if r.url.path.endswith("/sync") and "since" not in r.url.params]
    assert len(initial) == 2
    assert len({r.url.params["filter"] for r in initial}) == 2
    assert len(filters) == 3


async def test_a_place_the_server_refuses_is_found_again(tmp_path: Path) -> None:
    """400 for our token: the missed messages come, the old ones do not."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        for number in range(20):
            server.say(f"seen {number}")
        await inbox.holds(20)
    missed = [f"missed {number}" for number in range(150)]
    for text in missed:
        server.say(text)
    server.on("GET", "/sync", error(400))
    later = Inbox()
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(later)
        await later.holds(150)
        server.say("live")
        await later.holds(151)
    assert later.texts == [*missed, "live"]


async def test_where_nothing_was_said_no_gap_is_told_of(tmp_path: Path) -> None:
    """What lies before our first start is unknown for ever: the known events of the present are hold enough."""
    server = FakeHomeserver()
    for number in range(400):
        server.say(f"old {number}")
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(Inbox())
        await connector.wait_ready()
    server.on("GET", "/sync", error(400))
    inbox = Inbox()
    async with connector_on(server, state_dir=tmp_path, recovery_pages=2) as connector:
        connector.subscribe(inbox)
        await eventually(lambda: server.count("GET", "/messages") == 2)
        server.say("live")
        await inbox.holds(1)
        assert "messages may be missing" not in str((await connector.health()).detail)
    assert inbox.texts == ["live"]


@FLAVOURS
@pytest.mark.fault(
    "a server is restored from a backup while the bridge runs", "nothing old is replayed, what is new arrives"
)
async def test_a_rewound_server_brings_no_flood_and_no_silence(flavour: str) -> None:
    """A server restored from a backup under a running connector: what it kept is not replayed, what is new comes."""
    server = FakeHomeserver(flavour)
    inbox = Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        for number in range(30):
            server.say(f"m{number}")
        await inbox.holds(30)
        polls = server.count("GET", "/sync")
        server.rewind(20)
        server.say("new")
        await inbox.holds(31)
        server.say("newer")
        await inbox.holds(32)
        assert server.count("GET", "/sync") - polls < 20
    assert inbox.texts[30:] == ["new", "newer"]


@pytest.mark.fault("a server forgot everything", "no flood; health owns up to the gap")
async def test_a_server_that_forgot_everything_brings_no_flood(tmp_path: Path, caplog: Any) -> None:
    """No known event is left: only what is newer than our last one comes, and the gap is owned up to."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        for number in range(10):
            server.say(f"m{number}")
        await inbox.holds(10)
    for event in server.stream:
        event["event_id"] += "-other"
    server.say("new")
    later = Inbox()
    with caplog.at_level(logging.WARNING):
        async with connector_on(server, state_dir=tmp_path) as connector:
            connector.subscribe(later)
            await later.holds(1)
            assert "messages may be missing" in ((await connector.health()).detail or "")
    assert later.texts == ["new"]
    assert "messages may be missing" in caplog.text


@pytest.mark.parametrize(
    "fault",
    [
        error(500),
        error(502),
        httpx.Response(502, text="<html>Bad Gateway</html>"),
        httpx.Response(200, text="not json"),
        httpx.Response(200, json={"rooms": {}}),
        httpx.Response(200, json=[1]),
        httpx.Response(404, text="nothing here"),
        httpx.Response(302, headers={"Location": "https://elsewhere.test/"}),
        error(401, "M_MISSING_TOKEN"),
        error(403, "M_FORBIDDEN"),
        limited(),
        limited(10),
        limited(header="0"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("disconnected"),
        silence,
    ],
    ids=lambda fault: getattr(fault, "__name__", repr(fault)[:40]),
)
async def test_no_answer_of_the_server_ends_or_spins_the_loop(fault: Any) -> None:
    """Whatever a poll is answered with, the connector waits, tries again, and loses nothing."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        server.on("GET", "/sync", fault, fault)
        server.say("through")
        await inbox.holds(1)
    assert inbox.texts == ["through"]


@pytest.mark.parametrize(
    "answer",
    [
        error(502),
        limited(0),
        httpx.ConnectError("refused"),
        error(400),
        httpx.Response(200, json={"next_batch": "s1_7"}),
    ],
    ids=lambda answer: repr(answer)[:30],
)
@pytest.mark.fault("a server that answers at once, for ever", "asked a few times a second")
async def test_the_loop_is_never_faster_than_its_backoff(answer: Any) -> None:
    """A server that answers the same at once for ever is asked a few times a second, not thousands."""
    server = FakeHomeserver()
    async with connector_on(server, backoff_first=0.05, backoff_cap=0.2) as connector:
        connector.subscribe(Inbox())
        await connector.wait_ready()
        server.on("GET", "/sync", answer, forever=True)
        before = server.count("GET", "/sync")
        await asyncio.sleep(1.0)  # the rate itself is what is measured
        assert server.count("GET", "/sync") - before <= 30


async def test_a_conduit_wake_up_is_followed_at_once() -> None:
    """Conduit answers a woken poll with nothing; the message still comes within a fraction of a second."""
    server = FakeHomeserver("conduit")
    inbox = Inbox()
    async with connector_on(server, sync_timeout=60.0) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        server.say("quick")
        await inbox.holds(1)


@pytest.mark.fault("a long poll that never ends", "cut off a little after its time")
async def test_a_dead_connection_is_noticed() -> None:
    """A long poll that never answers is cut off a little after its time, and the next one brings the message."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server, sync_timeout=0.1, sync_grace=0.1) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        server.on("GET", "/sync", silence)
        await asyncio.sleep(0)
        server.say("heard")
        await inbox.holds(1)


async def test_an_unknown_token_stops_the_line_for_good() -> None:
    """401 M_UNKNOWN_TOKEN, and twice more when asked again: no more requests, and everybody who asks is told."""
    server = FakeHomeserver()
    async with connector_on(server) as connector:
        connector.subscribe(Inbox())
        await connector.wait_ready()
        for path in ("/sync", "/whoami"):
            server.on("GET", path, error(401, "M_UNKNOWN_TOKEN", soft_logout=True), forever=True)
        server.say("wake")
        stopped = await asyncio.wait_for(connector.wait_stopped(), 20)
        assert stopped.soft_logout is True  # type: ignore[attr-defined]
        asked = len(server.requests)
        await asyncio.sleep(0.1)  # nothing may happen in it
        health = await connector.health()
        assert len(server.requests) == asked
        assert (health.authenticated, "M_UNKNOWN_TOKEN" in (health.detail or "")) == (False, True)


async def test_own_messages_do_not_come_back() -> None:
    """What the account itself says, here or elsewhere, is no message from the operator."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        server.say("echo", sender=BOT)
        server.say("real")
        await inbox.holds(1)
    assert inbox.texts == ["real"]


async def test_a_handler_that_fails_gets_the_message_again() -> None:
    """An exception is not a receipt: the same message comes again, then the next."""
    server = FakeHomeserver()
    calls: list[str] = []

    def handler(message: Any) -> None:
        calls.append(message.text)
        if calls.count("first") < 3:
            raise OSError("disk full")

    async with connector_on(server) as connector:
        connector.subscribe(handler)
        await connector.wait_ready()
        server.say("first")
        server.say("second")
        await eventually(lambda: "second" in calls)
    assert calls == ["first", "first", "first", "second"]


async def test_a_handler_that_always_fails_does_not_block_the_line() -> None:
    """After its last try a message is given up and named; the next one is delivered, and health says so."""
    server = FakeHomeserver()
    calls: list[str] = []

    async def handler(message: Any) -> None:
        calls.append(message.text)
        if message.text == "poison":
            raise ValueError("cannot read this")

    async with connector_on(server, handler_attempts=3) as connector:
        connector.subscribe(handler)
        await connector.wait_ready()
        server.say("poison")
        server.say("good")
        await eventually(lambda: "good" in calls)
        assert "1 message was given up" in ((await connector.health()).detail or "")
    assert calls == ["poison"] * 3 + ["good"]


@pytest.mark.fault("a handler that never returns", "cancelled and tried again; the line goes on")
async def test_a_handler_that_hangs_is_bounded() -> None:
    """A handler that never returns is cancelled and tried again; the line lives on."""
    server = FakeHomeserver()
    calls: list[str] = []

    async def handler(message: Any) -> None:
        calls.append(message.text)
        if len(calls) == 1:
            await asyncio.Event().wait()

    async with connector_on(server, handler_timeout=0.05) as connector:
        connector.subscribe(handler)
        await connector.wait_ready()
        server.say("slow")
        await eventually(lambda: len(calls) == 2)
    assert calls == ["slow", "slow"]


async def test_unsubscribing_lets_the_running_handler_finish(tmp_path: Path) -> None:
    """The message in hand is finished and noted, the next one waits for the next run."""
    server = FakeHomeserver()
    inbox, started, release = Inbox(), asyncio.Event(), asyncio.Event()

    async def handler(message: Any) -> None:
        started.set()
        await release.wait()
        await inbox(message)

    connector = connector_on(server, state_dir=tmp_path)
    unsubscribe = connector.subscribe(handler)
    await connector.wait_ready()
    server.say("in hand")
    server.say("next")
    await started.wait()
    ended = unsubscribe()
    release.set()
    await ended
    assert inbox.texts == ["in hand"]
    connector.subscribe(inbox)
    await inbox.holds(2)
    await connector.aclose()
    assert inbox.texts == ["in hand", "next"]


async def test_a_handler_may_unsubscribe() -> None:
    """Unsubscribing from inside the handler ends the subscription without a deadlock."""
    server = FakeHomeserver()
    seen: list[str] = []

    async def handler(message: Any) -> None:
        seen.append(message.text)
        await unsubscribe()

    async with connector_on(server) as connector:
        unsubscribe = connector.subscribe(handler)
        await connector.wait_ready()
        server.say("one")
        server.say("two")
        await eventually(lambda: unsubscribe.ended)
    assert seen == ["one"]


async def test_a_gap_the_server_will_not_show_is_crossed_backwards(tmp_path: Path) -> None:
    """Where reading forward is refused, reading backwards to a known event fills the gap."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        server.say("known")
        await inbox.holds(1)
    said = [server.say(f"m{number}") and f"m{number}" for number in range(250)]

    def no_forward(request: httpx.Request) -> httpx.Response:
        if request.url.params["dir"] == "f":
            return error(400, "M_INVALID_PARAM")
        return server._messages(ROOM, dict(request.url.params))

    server.on("GET", "/messages", no_forward, forever=True)
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(inbox)
        await inbox.holds(251)
    assert inbox.texts == ["known", *said]


async def test_the_look_at_our_place_is_repeated_when_it_failed(tmp_path: Path) -> None:
    """A restored server that is in trouble just when we come back: nothing is skipped for that."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        for number in range(30):
            server.say(f"m{number}")
        await inbox.holds(30)
    server.rewind(10)
    said = [server.say(f"after {number}") and f"after {number}" for number in range(40)]
    server.on("GET", "/event/", error(502), httpx.ReadError("cut"))
    later = Inbox()
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(later)
        await later.holds(40)
    assert later.texts == said
