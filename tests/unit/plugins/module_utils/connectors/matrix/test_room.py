# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the room, getting in, and following it when it moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.homeserver import BOT, OPERATOR, ROOM, FakeHomeserver, error, limited
from fakes.matrix import Inbox, connector_on, eventually
from mosaic_connectors import OutboundMessage
from mosaic_connectors.types import ObstructedHealth

NEW = "!new-room-without-a-domain"


def _upgrade(server: FakeHomeserver, *, predecessor: str = ROOM, invited: bool = True) -> None:
    server.rooms[NEW].members = {OPERATOR}
    if invited:
        server.rooms[NEW].invited = {BOT}
    server.post("m.room.create", {"predecessor": {"room_id": predecessor}}, room=NEW, state_key="")
    server.post("m.room.tombstone", {"replacement_room": NEW}, state_key="")


async def test_an_alias_is_resolved() -> None:
    """room_id may be an alias; messages go to and come from the room it means."""
    server = FakeHomeserver()
    server.aliases["#ops:fake.test"] = ROOM
    inbox = Inbox()
    async with connector_on(server, room="#ops:fake.test") as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        server.say("hello")
        await inbox.holds(1)
        assert (await connector.send(OutboundMessage("hi"))).delivered
        assert f"joined to {ROOM}" in ((await connector.health()).detail or "")
    assert server.sent()[0]["body"] == "hi"


async def test_an_unknown_alias_is_named_and_waited_for() -> None:
    """A room that is made later is entered then."""
    server = FakeHomeserver()
    async with connector_on(server, room="#later:fake.test") as connector:
        connector.subscribe(Inbox())
        await eventually(lambda: server.count("GET", "/directory/room/") >= 2)
        assert "#later:fake.test" in ((await connector.health()).detail or "")
        server.aliases["#later:fake.test"] = ROOM
        await asyncio.wait_for(connector.wait_ready(), 20)


async def test_an_invitation_to_the_room_is_accepted_and_no_other() -> None:
    """Invited before or after the start, the account joins its own room alone."""
    server = FakeHomeserver()
    server.rooms[ROOM].members = {OPERATOR}
    server.rooms["!trap:fake.test"].invited = {BOT}
    inbox = Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(inbox)
        await eventually(lambda: server.count("POST", "/join/") >= 2)
        assert f"Invite {BOT}" in ((await connector.health()).detail or "")
        server.rooms[ROOM].invited = {BOT}
        await asyncio.wait_for(connector.wait_ready(), 20)
        server.say("welcome")
        await inbox.holds(1)
    assert BOT not in server.rooms["!trap:fake.test"].members
    assert all(request.content == b"{}" for request in server.requests if request.method == "POST")


async def test_a_joined_room_is_not_joined_again() -> None:
    """Joins are rate-limited; a start in a joined room costs none."""
    server = FakeHomeserver()
    async with connector_on(server) as connector:
        connector.subscribe(Inbox())
        await connector.wait_ready()
    assert server.count("POST", "/join/") == 0


@pytest.mark.parametrize("restart", [False, True])
async def test_an_upgraded_room_is_followed(tmp_path: Path, restart: bool) -> None:
    """What was said in the old room, then in the new one, arrives once and in order, and answers go there."""
    server = FakeHomeserver()
    inbox = Inbox()
    connector = connector_on(server, state_dir=tmp_path)
    connector.subscribe(inbox)
    await connector.wait_ready()
    server.say("known")
    await inbox.holds(1)
    if restart:
        await connector.aclose()
    server.say("last in the old room")
    _upgrade(server)
    for number in range(120):
        server.say(f"new {number}", room=NEW)
    if restart:
        connector = connector_on(server, state_dir=tmp_path)
        connector.subscribe(inbox)
    await inbox.holds(122)
    server.say("live", room=NEW)
    await inbox.holds(123)
    assert (await connector.send(OutboundMessage("here"))).delivered
    await connector.aclose()
    new = [f"new {number}" for number in range(120)]
    assert inbox.texts == ["known", "last in the old room", *new, "live"]
    assert [content["body"] for content in server.sent(NEW) if "body" in content] == ["here"]


@pytest.mark.parametrize("public", [False, True])
async def test_a_forged_upgrade_is_not_followed(public: bool) -> None:
    """A tombstone whose room does not name ours as its predecessor leads nowhere, and into no room either."""
    server = FakeHomeserver()
    server.rooms[NEW].public = public
    inbox = Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        _upgrade(server, predecessor="!another:fake.test")
        server.say("still here")
        await inbox.holds(1)
        assert (await connector.send(OutboundMessage("so am I"))).delivered
        await eventually(lambda: server.count("POST", "/leave") == (0 if public else 1))
    assert server.sent()[-1]["body"] == "so am I"
    assert BOT not in server.rooms[NEW].members
    # Who shows himself is looked at first.
    assert server.count("POST", "/join/") == (0 if public else 1)


async def test_a_tombstone_that_is_no_state_is_not_followed() -> None:
    """Anybody may send an event of that type; only the room's state counts."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        server.rooms[NEW].invited = {BOT}
        server.post("m.room.tombstone", {"replacement_room": NEW})
        server.say("still here")
        await inbox.holds(1)
    assert BOT not in server.rooms[NEW].members


async def test_an_upgrade_without_an_invitation_is_followed_when_it_comes() -> None:
    """Shut out at first, the account stays, says so, and moves when it is invited."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        _upgrade(server, invited=False)
        server.say("early", room=NEW)
        await eventually(lambda: server.count("POST", "/join/") >= 1)
        server.rooms[NEW].invited = {BOT}
        await inbox.holds(1)
    assert inbox.texts == ["early"]


@pytest.mark.parametrize("how", ["leave", "ban"])
@pytest.mark.parametrize("flavour", ["synapse", "conduit"])
async def test_put_out_and_invited_again_the_account_comes_back(flavour: str, how: str) -> None:
    """Without a restart, a look at the health, or a message to the operator."""
    server, inbox = FakeHomeserver(flavour), Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        server.say("before")
        await inbox.holds(1)
        server.put_out(how)
        await eventually(lambda: server.count("POST", "/join/"))
        server.say("nobody hears it yet")
        server.invite()
        await inbox.holds(2)
        server.say("after")
        await inbox.holds(3)
    assert inbox.texts == ["before", "nobody hears it yet", "after"]


async def test_a_server_that_does_not_say_it_is_found_out_by_the_health() -> None:
    server, inbox = FakeHomeserver(), Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        server.rooms[ROOM].members.discard(BOT)
        health = await connector.health()
        assert isinstance(health, ObstructedHealth)
        await eventually(lambda: server.count("POST", "/join/"))
        server.rooms[ROOM].invited = {BOT}
        server.say("again")
        await inbox.holds(1)


async def test_what_is_said_after_the_invitation_is_heard() -> None:
    """And nothing of what was said before it; who has been in the room for long begins with the present."""
    server, inbox = FakeHomeserver(), Inbox()
    server.rooms[ROOM].members = {OPERATOR}
    server.say("the past")
    async with connector_on(server, join_cap=0.3, backoff_first=0.3) as connector:
        connector.subscribe(inbox)
        await eventually(lambda: server.count("POST", "/join/"))
        server.invite()
        server.say("first words")
        await inbox.holds(1)
        server.say("second")
        await inbox.holds(2)
    assert inbox.texts == ["first words", "second"]
    later = Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(later)
        await connector.wait_ready()
        server.say("third")
        await later.holds(1)
    assert later.texts == ["third"]


def _muted(server: FakeHomeserver) -> None:
    server.post("m.room.power_levels", {"events_default": 50, "users": {BOT: 0}}, state_key="")


def _creator(server: FakeHomeserver) -> None:
    _muted(server)
    server.post("m.room.create", {"room_version": "12"}, sender=BOT, state_key="")


def _encrypted(server: FakeHomeserver) -> None:
    server.post("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, state_key="")


def _replaced(server: FakeHomeserver) -> None:
    server.post("m.room.tombstone", {"replacement_room": "!new:fake.test"}, state_key="")


def _moved(server: FakeHomeserver) -> None:
    _replaced(server)
    server.rooms["!new:fake.test"].members = {BOT}


def _kicked(server: FakeHomeserver) -> None:
    server.put_out()


def _banned(server: FakeHomeserver) -> None:
    server.put_out("ban")


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (_muted, "may not send"),
        (_encrypted, "is encrypted"),
        (_replaced, "was replaced by !new"),
        (_kicked, f"not joined to {ROOM}. Invite"),
        (_banned, "lift the ban"),
        (_moved, None),
        (_creator, None),
    ],
)
async def test_health_and_diagnosis_agree(
    trouble: Callable[[FakeHomeserver], None], says: str | None
) -> None:
    """A monitor that is green where no conversation is possible is none."""
    server = FakeHomeserver()
    trouble(server)
    async with connector_on(server) as connector:
        health = await connector.health()
        checks = {one.name: one async for one in connector.diagnose((OPERATOR,))}
    assert isinstance(health, ObstructedHealth) is (says is not None)
    assert (checks["room"].state == "failed") is (says is not None)
    assert (says or "") in str(health.detail)


async def test_a_room_that_is_fine_is_asked_about_its_rules_only_now_and_then() -> None:
    server = FakeHomeserver()
    async with connector_on(server) as connector:
        for _look in range(5):
            await connector.health()
    assert server.count("GET", "/state/m.room.power_levels") == 1


@pytest.mark.parametrize("asked", ["/versions", "/whoami", "/joined_rooms"])
async def test_a_limit_says_nothing_against_the_token(asked: str) -> None:
    """A monitor that took it for a dead token would ask more often, not less."""
    server = FakeHomeserver()
    server.on("GET", asked, limited(5))
    async with connector_on(server) as connector:
        health = await connector.health()
    assert (health.reachable, health.authenticated) == (True, True)
    assert "M_LIMIT_EXCEEDED" in str(health.detail)


async def test_health_tells_its_states_apart() -> None:
    """Up, wrong account, dead token, not a homeserver, no server: five different answers, none raised."""
    server = FakeHomeserver()
    async with connector_on(server) as connector:
        health = await connector.health()
        assert (health.reachable, health.authenticated) == (True, True)
        assert " ms" in (health.detail or "")
        server.whoami = "@somebody:fake.test"
        health = await connector.health()
        assert (health.reachable, health.authenticated) == (True, False)
        assert "@somebody:fake.test" in (health.detail or "")
        server.on("GET", "/whoami", *[error(401, "M_UNKNOWN_TOKEN")] * 3)
        health = await connector.health()
        assert (health.reachable, health.authenticated) == (True, False)
        server.on("GET", "/versions", error(502))
        health = await connector.health()
        assert (health.reachable, health.authenticated) == (False, False)
