# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole bridge and its homeserver: who talks where nobody listens is told, and an encrypted room gets one sentence."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fakes.homeserver import BOT, OPERATOR, ROOM, FakeHomeserver
from fakes.matrix import connector_on, eventually
from mosaic_connectors import OutboundMessage
from mosaic_connectors.bridge.questions import Wanted
from mosaic_connectors.bridge.service import Bridge
from mosaic_connectors.matrix.events import ENCRYPTED_NOTICE
from mosaic_connectors.settings import Settings

DIRECT, WRONG, INVITED = "!direct:fake.test", "!wrong:fake.test", "!invited:fake.test"
STRANGER = "@stranger:fake.test"


@asynccontextmanager
async def running(server: FakeHomeserver, directory: Path) -> AsyncIterator[Bridge]:
    """A bridge that is ready, for the time of a `with`; the next one finds what this one stored."""
    connector = connector_on(server, state_dir=directory, elsewhere_interval=0.02, send_bound=0.5)
    settings = Settings(
        socket_path=str(directory / "s"), tmux_socket=str(directory / "t"), operators=(OPERATOR,)
    )
    bridge = Bridge(settings, connector, directory)
    bridge.dispatcher.backoff_first, bridge.dispatcher.backoff_cap = 0.01, 0.05
    task = asyncio.ensure_future(bridge.run())
    await eventually(lambda: bridge.monitor.ready)
    yield bridge
    bridge._stop.set()
    assert await task == 0


def said(server: FakeHomeserver, room: str) -> list[str]:
    """What the bot wrote in a room: every event of its own there, its words or its type."""
    return [
        event["content"].get("body", event["type"])
        for event in server.stream
        if event["sender"] == BOT and event["room_id"] == room and event["type"] != "m.room.member"
    ]


async def looked(server: FakeHomeserver) -> None:
    """Return when other rooms were looked at twice from now on."""
    before = sum("not_rooms" in str(one.url) for one in server.requests)
    await eventually(lambda: sum("not_rooms" in str(one.url) for one in server.requests) >= before + 2)


async def test_who_talks_elsewhere_is_told_once_where_to_talk_also_over_a_restart(tmp_path: Path) -> None:
    """In a direct message, in a wrong room, by an invitation; nothing is said there and nothing joined; no stranger is told."""
    server = FakeHomeserver()
    server.began = int(time.time() - 60) * 1000
    server.rooms[DIRECT].members = {BOT, OPERATOR}
    server.rooms[WRONG].members = {BOT, OPERATOR, STRANGER}
    async with running(server, tmp_path):
        for sender in (OPERATOR, STRANGER):
            server.say("hello bot", room=WRONG, sender=sender, **{"m.mentions": {"user_ids": [BOT]}})
        server.say("hello", room=DIRECT)
        server.invite("!theirs:fake.test", sender=STRANGER)
        server.invite(INVITED)
        await eventually(lambda: server.left and len(said(server, ROOM)) == 2)
    async with running(server, tmp_path):
        server.say("hello again", room=DIRECT)
        server.invite(INVITED)
        await eventually(lambda: len(server.left) == 2)
        await looked(server)
    told = said(server, ROOM)
    assert len(told) == 2
    assert all(OPERATOR in one and "Please talk to it here" in one for one in told)
    assert {room for room in (DIRECT, WRONG) for one in told if room in one} == {DIRECT, WRONG}
    reason = f"Nothing that is written here reaches the orchestrator. Please talk to it in {ROOM}."
    assert server.left == [(INVITED, reason), (INVITED, reason)]
    assert said(server, DIRECT) == said(server, WRONG) == []
    assert server.count("POST", "/join/") == 0


async def test_an_encrypted_room_gets_one_sentence_and_what_is_said_waits_for_a_room_without(
    tmp_path: Path,
) -> None:
    """No mark, no typing, no words; the status and the metrics say so, and a restart makes no second sentence."""
    server = FakeHomeserver()
    server.aliases["#fleet:fake.test"] = ROOM
    async with running(server, tmp_path) as bridge:
        entry = bridge.outbox.accept("matrix", OutboundMessage("before"), "before", "agent")
        bridge.dispatcher.wake()
        await eventually(lambda: bridge.outbox.counts().get("sent") == 1)
        # Within the minute for which a room counts as not encrypted.
        server.post("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, state_key="")
        server.post("m.room.encrypted", {"ciphertext": "…"})
        await eventually(lambda: ENCRYPTED_NOTICE in said(server, ROOM))
        server.post("m.room.encrypted", {"ciphertext": "…"})
        await eventually(lambda: bridge.inbox.waiting() == 2)
        waiting = bridge.outbox.accept("matrix", OutboundMessage("the key"), "key", "agent")
        bridge.dispatcher.wake()
        await eventually(lambda: bridge.counters.total("send_obstructions") > 2)
        assert "obstructed" in bridge.monitor.status()
        assert "is encrypted" in str((await bridge.connector.health()).detail)
        assert "mosaic_connector_obstructed 1" in bridge.metrics._exposition()
    async with running(server, tmp_path) as bridge:
        await eventually(lambda: bridge.counters.total("send_obstructions") > 2)
        found = bridge.outbox.get(waiting.id)
        assert found is not None
        assert (found.state, found.attempts) == ("waiting", 0)
    assert entry.id < waiting.id
    assert said(server, ROOM) == ["before", ENCRYPTED_NOTICE]
    server.rooms[ROOM].state.pop("m.room.encryption")  # as a new room in its place has it
    async with running(server, tmp_path) as bridge:
        await eventually(lambda: "the key" in said(server, ROOM))


async def test_a_reply_that_is_quicker_than_the_reactions_below_its_question_is_the_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Until they are there nobody knows which message asks; typed into the pane, a `yes` would say yes to something else."""
    caplog.set_level(logging.INFO)
    server = FakeHomeserver()
    limited = asyncio.Event()

    async def slow(_request: httpx.Request) -> httpx.Response:
        await limited.wait()
        return httpx.Response(200, json={"event_id": "$reaction"})

    server.on("PUT", "/send/m.reaction/", slow)
    async with running(server, tmp_path) as bridge:
        asked = await bridge.asking.ask(Wanted("Deploy?", ("yes", "no"), False, None, 600.0), "uid=1", "key")
        await eventually(lambda: any("Answer until" in one for one in said(server, ROOM)))
        question = next(one["event_id"] for one in server.stream if one["sender"] == BOT)
        server.say("yes", **{"m.relates_to": {"m.in_reply_to": {"event_id": question}}})
        server.say("and then tell me")
        await eventually(lambda: f"waits until question={asked.id}" in caplog.text or bridge.inbox.waiting())
        limited.set()
        await eventually(lambda: any("was answered at" in one for one in said(server, ROOM)))
        await eventually(lambda: bridge.inbox.waiting() == 1)
        ended = bridge.questions.get(asked.id)
    assert ended is not None
    assert (ended.state, ended.answer) == ("answered", "yes")


async def test_who_edits_what_was_taken_into_an_answer_or_a_command_is_told_that_an_edit_is_none(
    tmp_path: Path,
) -> None:
    """Once, of whom an operator is; what is no command or answer by now is nobody's business, and nothing is typed."""
    server = FakeHomeserver()
    server.rooms[ROOM].members.add(STRANGER)

    def edit(target: str, words: str, sender: str = OPERATOR) -> None:
        by_now = {"msgtype": "m.text", "body": words}
        relation = {"rel_type": "m.replace", "event_id": target}
        server.say(f"* {words}", sender=sender, **{"m.new_content": by_now, "m.relates_to": relation})

    async with running(server, tmp_path) as bridge:
        asked = await bridge.asking.ask(Wanted("Deploy?", ("yes", "no"), False, None, 600.0), "uid=1", "key")
        theirs, ours = server.say("hello", sender=STRANGER), server.say("hello")
        await eventually(lambda: bridge.inbox.waiting() == 1)
        edit(theirs, "!restart", STRANGER)
        edit(ours, f"no {asked.id}")
        await eventually(lambda: any("was edited" in one for one in said(server, ROOM)))
        assert bridge.questions.open(), "nothing was answered"
        answer = server.say(f"yes {asked.id}")
        await eventually(lambda: any("was answered at" in one for one in said(server, ROOM)))
        edit(answer, f"no {asked.id}")
        await eventually(lambda: any("changes nothing" in one for one in said(server, ROOM)))
        edit(ours, "hello there")
        edit(ours, "!stop")
        await eventually(lambda: any("An edit is no command" in one for one in said(server, ROOM)))
        before = len(said(server, ROOM))
    async with running(server, tmp_path) as bridge:
        server.say("and now?")
        await eventually(lambda: bridge.inbox.waiting() == 2)
    assert len(said(server, ROOM)) == before
