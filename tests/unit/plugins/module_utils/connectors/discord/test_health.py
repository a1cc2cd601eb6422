# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health says what is wrong in words that lead to the switch to turn."""

from __future__ import annotations

import asyncio

import pytest
from fakes.discord import FakeDiscord
from fakes.discord_line import Inbox, connector_on, listening
from fakes.discord_world import ADD_REACTIONS, ALL, ATTACH_FILES, SEND_MESSAGES, VIEW_CHANNEL
from mosaic_connectors import ConnectorHealth, Diagnosed
from mosaic_connectors.discord.permissions import ESSENTIAL, LOST, NEEDED
from mosaic_connectors.types import ObstructedHealth


async def look(fake: FakeDiscord, **settings: float) -> ConnectorHealth:
    """The health a fresh connector reports."""
    async with connector_on(fake, **settings) as connector:
        return await connector.health()


async def test_all_is_well(fake: FakeDiscord) -> None:
    """Reachable, authenticated, when last seen, and where."""
    health = await look(fake)
    assert (health.reachable, health.authenticated) == (True, True)
    assert not isinstance(health, ObstructedHealth)
    assert health.last_seen is not None
    assert "may talk in #fleet" in str(health.detail)


async def test_the_state_of_the_session_is_part_of_it(fake: FakeDiscord) -> None:
    """While subscribed, and also when it is lost."""
    async with listening(fake, Inbox(), backoff_first=5.0, backoff_cap=5.0) as connector:
        assert "The gateway session stands." in str((await connector.health()).detail)
        fake.gateway.close_at_once = 4000
        await fake.gateway.close(4000)
        await asyncio.sleep(0.1)
        assert "No gateway session: Discord's gateway closed" in str((await connector.health()).detail)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"in_guild": False}, "it is in no server"),
        ({"permissions": ALL & ~VIEW_CHANNEL}, "no permission View Channel for the channel"),
        ({"permissions": ALL & ~SEND_MESSAGES}, "no permission Send Messages in #fleet"),
        ({"message_content": False}, "Message Content intent is off"),
    ],
)
async def test_each_trouble_has_its_sentence(fake: FakeDiscord, change: dict[str, object], said: str) -> None:
    """A bot that is not in the guild is told from one without permission; the token is good in all of them."""
    for name, value in change.items():
        setattr(fake.world, name, value)
    health = await look(fake)
    assert (health.reachable, health.authenticated) == (True, True)
    assert isinstance(health, ObstructedHealth)
    assert said in str(health.detail)


async def test_a_permission_that_some_messages_need_is_no_obstruction(fake: FakeDiscord) -> None:
    """The conversation works without it; it is said."""
    fake.world.permissions = ALL & ~ATTACH_FILES & ~ADD_REACTIONS
    health = await look(fake)
    assert not isinstance(health, ObstructedHealth)
    assert (
        "Without the permissions Attach Files (no files of the agent's), Add Reactions (no marks on messages)."
        in str(health.detail)
    )
    assert "Grant them to the bot's role" in str(health.detail)


def test_what_is_missed_without_each_permission_is_said() -> None:
    assert set(LOST) == set(NEEDED) - set(ESSENTIAL)


async def test_a_channel_that_is_nowhere_is_told_from_a_hidden_one(fake: FakeDiscord) -> None:
    """The servers that were looked through are named."""
    del fake.world.channels[fake.channel_id]
    health = await look(fake)
    assert isinstance(health, ObstructedHealth)
    assert "no server it is in ('The guild') has a channel" in str(health.detail)


async def test_a_refused_token_is_reachable_and_not_authenticated(fake: FakeDiscord) -> None:
    """And nothing else is."""
    fake.world.token = "another"
    async with connector_on(fake, token="old") as connector:
        health = await connector.health()
    assert (health.reachable, health.authenticated) == (True, False)
    assert "DISCORD_BOT_TOKEN" in str(health.detail)


@pytest.mark.parametrize("status", [500, 503])
async def test_an_api_in_trouble_says_nothing_against_the_token(fake: FakeDiscord, status: int) -> None:
    """So that no monitor takes an outage for a revocation."""
    fake.fail("GET /users/@me", status=status, body="<html>", times=9)
    health = await look(fake)
    assert (health.reachable, health.authenticated) == (False, False)


async def test_an_outage_told_in_json_is_an_outage_as_well(fake: FakeDiscord) -> None:
    """Taken for health, it would count against the messages that wait."""
    fake.fail("GET /users/@me", status=503, body={"message": "upstream connect error", "code": 0}, times=9)
    health = await look(fake)
    assert (health.reachable, health.authenticated) == (False, False)


async def test_a_limit_says_nothing_against_the_token(fake: FakeDiscord) -> None:
    fake.fail("GET /users/@me", status=429, body={"message": "limited", "retry_after": 60.0}, times=9)
    health = await look(fake)
    assert (health.reachable, health.authenticated) == (True, True)


@pytest.mark.parametrize("kind", [2, 4, 11, 15])
async def test_a_channel_without_threads_is_no_channel_to_talk_in(fake: FakeDiscord, kind: int) -> None:
    """Voice, a category, a thread, a forum: what is written there could not be read, or not be answered."""
    fake.world.channels[fake.channel_id]["type"] = kind
    health = await look(fake)
    assert isinstance(health, ObstructedHealth)
    assert "expected to be a text channel of a server" in str(health.detail)


@pytest.mark.parametrize("answer", ["[]", '"a string"', "7"])
async def test_nonsense_in_place_of_an_answer_raises_nothing(fake: FakeDiscord, answer: str) -> None:
    fake.fail("GET", status=200, body=answer, times=99)
    health = await look(fake)
    assert (health.reachable, health.authenticated) == (False, False)
    assert "is expected to be a JSON object" in str(health.detail)


async def test_silence_is_bounded(fake: FakeDiscord) -> None:
    """A Discord that answers nothing is unreachable within the time limit."""
    fake.fail("GET /users/@me", delay=30.0)
    health = await asyncio.wait_for(look(fake, health_timeout=0.2), 20)
    assert (health.reachable, health.authenticated) == (False, False)


async def test_something_else_than_discord_is_named_so(fake: FakeDiscord) -> None:
    """A web page in its place."""
    fake.fail("GET", status=404, body="<html>not found</html>", times=9)
    assert "not as Discord's API does" in str((await look(fake)).detail)


async def test_looking_often_asks_little(fake: FakeDiscord) -> None:
    """What changes rarely is asked every few minutes only."""
    async with connector_on(fake) as connector:
        await connector.health()
        first = len(fake.rest.calls)
        await connector.health()
    assert len(fake.rest.calls) - first == 2


async def examined(fake: FakeDiscord, *operators: str, **options: str) -> dict[str, str]:
    """What each step of a diagnosis says, with its state in front."""
    async with connector_on(fake, **options) as connector:
        assert isinstance(connector, Diagnosed)
        checks = [check async for check in connector.diagnose(operators)]
    return {check.name: f"{check.state}: {check.detail} {check.fix or ''}" for check in checks}


async def test_a_diagnosis_goes_step_by_step_to_the_operators(fake: FakeDiscord) -> None:
    """And finds the operator who is not in the server, and the one who is only a name."""
    member = fake.operator["id"]
    steps = await examined(fake, member)
    assert list(steps) == ["server", "login", "room", "operators"]
    assert all(said.startswith("ok") for said in steps.values())
    assert (await examined(fake))["operators"].startswith("failed: The list of operators is empty")
    assert (
        "None of the operators is the id of a Discord user: bob" in (await examined(fake, "bob"))["operators"]
    )
    assert (await examined(fake, member, "@of:matrix"))["operators"].startswith("ok")
    assert "Not in the bot's server: 42" in (await examined(fake, member, "42"))["operators"]


async def test_a_diagnosis_fails_at_the_channel_where_no_conversation_is_possible(fake: FakeDiscord) -> None:
    """The line is up and the bot is let in: what is missing is said at the step where it is missing."""
    fake.world.permissions = ALL & ~SEND_MESSAGES
    steps = await examined(fake, fake.operator["id"])
    assert [said.partition(":")[0] for said in steps.values()] == ["ok", "ok", "failed", "ok"]
    assert "Send Messages" in steps["room"]


async def test_a_diagnosis_of_a_refused_token_stops_at_the_login(fake: FakeDiscord) -> None:
    """What comes behind it is skipped, not failed."""
    fake.world.token = "another"
    steps = await examined(fake, "42", token="old")
    assert [said.partition(":")[0] for said in steps.values()] == ["ok", "failed", "skipped", "skipped"]
