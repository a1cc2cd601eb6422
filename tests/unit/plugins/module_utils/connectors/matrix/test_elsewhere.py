# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outside of our room: invitations are declined with a word, messages to us are told, and nothing is joined or said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fakes.homeserver import BOT, OPERATOR, ROOM, FakeHomeserver, error
from fakes.matrix import Inbox, connector_on, eventually
from fakes.operators import KnowsOperator
from mosaic_connectors.matrix.connector import MatrixConnector
from mosaic_connectors.matrix.elsewhere import _MOST

ELSEWHERE = "!elsewhere:fake.test"
STRANGER = "@stranger:fake.test"


class Operators(KnowsOperator, Inbox):
    @property
    def heard(self) -> list[tuple[str, str]]:
        return [(one.sender, one.place) for one in self.strays]


@asynccontextmanager
async def listening(
    server: FakeHomeserver, room: str = ROOM
) -> AsyncIterator[tuple[Operators, MatrixConnector]]:
    handler = Operators(OPERATOR)
    async with connector_on(server, room=room, elsewhere_interval=0.01) as connector:
        connector.subscribe(handler)
        await connector.wait_ready()
        yield handler, connector


async def looked(server: FakeHomeserver) -> None:
    """Return when other rooms were looked at twice from now on."""
    before = _looks(server)
    await eventually(lambda: _looks(server) >= before + 2)


def _looks(server: FakeHomeserver) -> int:
    return sum("not_rooms" in str(request.url) for request in server.requests)


@pytest.mark.parametrize("flavour", ["synapse", "conduit"])
async def test_an_operators_invitation_is_declined_with_the_right_room_and_a_strangers_is_left_alone(
    flavour: str,
) -> None:
    """Also one that waits since before we came, and one whose refusal failed at first."""
    server = FakeHomeserver(flavour)
    server.invite(ELSEWHERE)
    server.on("POST", "/leave", ConnectionError("cut"))
    async with listening(server) as (handler, _connector):
        await eventually(lambda: server.left)
        server.invite("!theirs:fake.test", sender=STRANGER)
        server.say("still here")
        await handler.holds(1)
        await looked(server)
    assert server.left == [(ELSEWHERE, f"talk in {ROOM}")]
    assert handler.heard == [(OPERATOR, ELSEWHERE)]
    assert server.count("POST", "/join/") == 0
    assert server.count("GET", "!theirs") == 0


async def test_an_invitation_into_the_room_that_our_alias_names_by_now_is_no_stray() -> None:
    """Nor one while ours is about to be replaced: it would be the way in after the next start."""
    server = FakeHomeserver()
    server.aliases["#fleet:fake.test"] = ROOM
    async with listening(server, "#fleet:fake.test") as (handler, _connector):
        server.aliases["#fleet:fake.test"] = ELSEWHERE
        server.invite(ELSEWHERE)
        await looked(server)
        server.rooms["!next:fake.test"].public = False
        server.rooms[ROOM].state["m.room.tombstone"] = {"content": {"replacement_room": "!other:fake.test"}}
        server.invite("!next:fake.test")
        await looked(server)
    assert server.left == []
    assert handler.strays == []


@pytest.mark.parametrize("flavour", ["synapse", "conduit"])
async def test_who_talks_to_us_in_another_room_is_heard_of_and_nothing_is_said_there(flavour: str) -> None:
    """To us: where nobody else is, or by our name. What others talk about there is theirs."""
    server = FakeHomeserver(flavour)
    server.rooms[ELSEWHERE].members = {BOT, OPERATOR}
    server.rooms["!many:fake.test"].members = {BOT, OPERATOR, STRANGER}
    async with listening(server) as (handler, _connector):
        server.post("m.room.encrypted", {"ciphertext": "…"}, room=ELSEWHERE)
        server.say("lunch?", room="!many:fake.test")
        server.say(
            "hello bot", room="!many:fake.test", sender=STRANGER, **{"m.mentions": {"user_ids": [BOT]}}
        )
        await looked(server)
        assert handler.heard == [(OPERATOR, ELSEWHERE)]
        server.say("bot?", room="!many:fake.test", **{"m.mentions": {"user_ids": [BOT]}})
        server.say("and lunch?", room="!many:fake.test")
        server.say("in our room")
        await eventually(lambda: len(handler.strays) == 2)
        await handler.holds(1)
    assert handler.heard == [(OPERATOR, ELSEWHERE), (OPERATOR, "!many:fake.test")]
    assert not any(one.can_answer for one in handler.strays)
    assert handler.texts == ["in our room"]
    assert server.sent(ELSEWHERE) + server.sent("!many:fake.test") == []


@pytest.mark.fault("a homeserver fails while it is looked who is in another room", "told at a later look")
async def test_what_could_not_be_looked_at_is_heard_of_later_and_keeps_no_other_room_waiting() -> None:
    """The server's stream is past it by then."""
    server = FakeHomeserver()
    rooms = ("!broken:fake.test", ELSEWHERE)
    server.on("GET", "broken:fake.test/joined_members", error(500), forever=True)
    server.on("GET", f"{ELSEWHERE[1:]}/joined_members", error(502), error(502))
    for room in rooms:
        server.rooms[room].members = {BOT, OPERATOR}
    async with listening(server) as (handler, _connector):
        for room in rooms:
            server.say("are you there?", room=room)
        await eventually(lambda: handler.heard)
        await looked(server)
    assert handler.heard == [(OPERATOR, ELSEWHERE)]


async def test_strangers_invitations_keep_no_operator_waiting() -> None:
    """More of them than one look goes through cost no request, and the operator's is declined."""
    server = FakeHomeserver()
    for number in range(_MOST + 10):
        server.invite(f"!theirs{number}:fake.test", sender=STRANGER)
    server.invite(ELSEWHERE)
    async with listening(server):
        await eventually(lambda: server.left)
    assert [room for room, _reason in server.left] == [ELSEWHERE]
    assert server.count("GET", "theirs") == server.count("POST", "theirs") == 0


async def test_an_invitation_that_cannot_be_declined_keeps_nobody_waiting() -> None:
    """Refused for good, it would be tried for ever, in front of all that is told elsewhere."""
    server = FakeHomeserver()
    server.on("POST", "stuck", error(403, "M_FORBIDDEN"), forever=True)
    server.rooms["!many:fake.test"].members = {BOT, OPERATOR, STRANGER}
    async with listening(server) as (handler, _connector):
        for room in ("!stuck:fake.test", ELSEWHERE):
            server.invite(room)
        server.say("bot?", room="!many:fake.test", **{"m.mentions": {"user_ids": [BOT]}})
        await eventually(lambda: (OPERATOR, "!many:fake.test") in handler.heard)
        await looked(server)
    assert [room for room, _reason in server.left] == [ELSEWHERE]
    assert server.count("POST", "stuck") == 1
