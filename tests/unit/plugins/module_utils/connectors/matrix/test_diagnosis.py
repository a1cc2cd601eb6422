# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Matrix line is looked at step by step: what fails says what mends it, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from fakes.homeserver import BOT, OPERATOR, ROOM, TOKEN, FakeHomeserver, error
from fakes.matrix import connector_on
from mosaic_connectors import Check, ConnectorHealth, Diagnosed


async def examined(
    server: FakeHomeserver, *, room: str = ROOM, operators: tuple[str, ...] = (OPERATOR,)
) -> dict[str, Check]:
    async with connector_on(server, room=room) as connector:
        assert isinstance(connector, Diagnosed)
        checks = [check async for check in connector.diagnose(operators)]
    assert [check.name for check in checks] == ["server", "login", "room", "operators"]
    assert all(check.fix for check in checks if check.state == "failed")
    assert TOKEN not in repr(checks)
    return {check.name: check for check in checks}


def states(checks: dict[str, Check]) -> list[str]:
    return [check.state for check in checks.values()]


async def test_a_good_line_is_ok_at_every_step_and_nothing_is_changed() -> None:
    server = FakeHomeserver()
    assert states(await examined(server)) == ["ok"] * 4
    assert {request.method for request in server.requests} == {"GET"}


@pytest.mark.parametrize(
    ("levels", "who", "lost"),
    [
        ({"events": {"m.reaction": 50}, "users": {OPERATOR: 100}}, BOT, "no marks on messages"),
        ({"events": {"m.reaction": 50}, "users": {BOT: 50}}, OPERATOR, "no answers by a tap"),
    ],
)
async def test_who_may_not_react_is_told_with_what_is_missed(
    levels: dict[str, object], who: str, lost: str
) -> None:
    """In the diagnosis, and of the bot in its health too: it can be talked, so that nothing failed."""
    server = FakeHomeserver()
    server.post("m.room.member", {"membership": "join"}, state_key=OPERATOR)
    server.post("m.room.power_levels", levels, state_key="")
    room = (await examined(server))["room"]
    assert room.state == "ok"
    assert f"Expected that {who} may send m.reaction" in room.detail
    assert lost in room.detail
    async with connector_on(server) as connector:
        health = await connector.health()
    assert health.__class__ is ConnectorHealth
    assert ("m.reaction" in str(health.detail)) is (who == BOT)


def _down(server: FakeHomeserver) -> None:
    server.down = True


def _not_matrix(server: FakeHomeserver) -> None:
    server.on("GET", "/versions", httpx.Response(200, text="<html>"))


def _dead_token(server: FakeHomeserver) -> None:
    server.on("GET", "/whoami", error(401, "M_UNKNOWN_TOKEN"), forever=True)


def _another_account(server: FakeHomeserver) -> None:
    server.whoami = "@other:fake.test"


def _not_joined(server: FakeHomeserver) -> None:
    server.rooms[ROOM].members.remove(BOT)


def _encrypted(server: FakeHomeserver) -> None:
    server.post("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, state_key="")


def _muted(server: FakeHomeserver) -> None:
    server.post("m.room.power_levels", {"events_default": 50, "users": {BOT: 0}}, state_key="")


def _moved(server: FakeHomeserver) -> None:
    server.post("m.room.tombstone", {"replacement_room": "!new:fake.test"}, state_key="")


def _nobody_there(server: FakeHomeserver) -> None:
    server.rooms[ROOM].members.remove(OPERATOR)


def _only_invited(server: FakeHomeserver) -> None:
    _nobody_there(server)
    server.rooms[ROOM].invited = {OPERATOR}


@pytest.mark.parametrize(
    ("trouble", "failed", "detail", "fix"),
    [
        (_down, "server", "fake.test", "curl https://fake.test/_matrix/client/versions"),
        (_not_matrix, "server", "no Matrix JSON", "homeserver_url"),
        (_dead_token, "login", "M_UNKNOWN_TOKEN", "mosaic.fleet.provision"),
        (_another_account, "login", "belongs to @other:fake.test", "env file"),
        (_not_joined, "room", "is not in the room", f"Invite {BOT}"),
        (_encrypted, "room", "is encrypted", "without encryption"),
        (_muted, "room", "may not send", "power level"),
        (_moved, "room", "was replaced by !new", "Invite"),
        (_nobody_there, "operators", "not in the room", "Invite them"),
        (_only_invited, "operators", "invited", "Accept the invitation"),
    ],
)
async def test_what_is_wrong_fails_its_step_with_its_fix(
    trouble: Callable[[FakeHomeserver], None], failed: str, detail: str, fix: str
) -> None:
    server = FakeHomeserver()
    trouble(server)
    checks = await examined(server)
    assert [name for name, check in checks.items() if check.state == "failed"] == [failed]
    assert detail in checks[failed].detail
    assert fix in (checks[failed].fix or "")


async def test_an_upgraded_room_that_we_are_in_is_followed() -> None:
    server = FakeHomeserver()
    _moved(server)
    server.rooms["!new:fake.test"].members = {BOT, OPERATOR}
    checks = await examined(server)
    assert states(checks) == ["ok"] * 4
    assert "!new:fake.test" in checks["room"].detail


async def test_an_alias_is_resolved_and_one_of_nothing_is_told() -> None:
    server = FakeHomeserver()
    assert "No room has the alias" in (await examined(server, room="#x:fake.test"))["room"].detail
    server.aliases["#x:fake.test"] = ROOM
    assert states(await examined(server, room="#x:fake.test")) == ["ok"] * 4


async def test_an_empty_list_of_operators_and_names_that_are_none_are_told() -> None:
    server = FakeHomeserver()
    assert "empty" in (await examined(server, operators=()))["operators"].detail
    assert "bob" in (await examined(server, operators=("bob", "42")))["operators"].detail
    assert (await examined(server, operators=("42", OPERATOR)))["operators"].state == "ok"
