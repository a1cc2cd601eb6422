# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway may greet, drop, refuse and confuse us: the line is resumed, begun anew, or ended, never hammered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from fakes.discord import FakeDiscord, until
from fakes.discord_line import Inbox, connector_on, listening
from mosaic_connectors.discord.errors import DiscordTokenError
from mosaic_connectors.discord.gateway import INTENTS

Disturb = Callable[[FakeDiscord], Any]


async def test_one_identify_with_the_least_intents(fake: FakeDiscord) -> None:
    """Guilds, guild messages, direct ones, and their content; nothing of members or presences."""
    async with listening(fake, Inbox()):
        pass
    (identify,) = fake.gateway.identifies
    assert identify["intents"] == INTENTS == 1 | 1 << 9 | 1 << 12 | 1 << 15


@pytest.mark.parametrize(
    "disturb",
    [
        lambda fake: fake.gateway.send_op(7),
        lambda fake: fake.gateway.send_op(9, True),
        lambda fake: fake.gateway.close(4000),
        lambda fake: fake.gateway.close(4008),
        lambda fake: fake.gateway.cut(),
    ],
    ids=["reconnect", "invalid but resumable", "unknown error", "rate limited", "cut"],
)
async def test_the_session_is_resumed(fake: FakeDiscord, disturb: Disturb) -> None:
    """What was written between the two connections is replayed by Discord, once, without the history."""
    inbox = Inbox()
    async with listening(fake, inbox):
        fake.post("before")
        await inbox.holds("before")
        done = disturb(fake)
        if done is not None:
            await done
        fake.post("between")
        await until(lambda: fake.gateway.resumes)
        fake.post("after")
        await inbox.holds("before", "between", "after")
    assert len(fake.gateway.identifies) == 1


@pytest.mark.parametrize(
    "disturb",
    [
        lambda fake: fake.gateway.send_op(9, False),
        lambda fake: fake.gateway.close(4007),
        lambda fake: fake.gateway.close(4009),
        lambda fake: fake.gateway.close(1000),
    ],
    ids=["invalid session", "invalid sequence", "timed out", "closed normally"],
)
async def test_a_session_that_is_over_is_replaced(fake: FakeDiscord, disturb: Disturb) -> None:
    """A new session begins, and what no session carried comes from the history."""
    inbox = Inbox()
    async with listening(fake, inbox):
        fake.post("before")
        await inbox.holds("before")
        await disturb(fake)  # type: ignore[misc]
        fake.gateway.forget_sessions()
        fake.post("between")
        await until(lambda: len(fake.gateway.identifies) == 2)
        await inbox.holds("before", "between")
    assert not fake.gateway.resumes


async def test_a_refused_resume_becomes_a_new_session(fake: FakeDiscord) -> None:
    """Resuming too late costs nothing but the history."""
    inbox = Inbox()
    async with listening(fake, inbox):
        fake.gateway.forget_sessions()
        fake.gateway.cut()
        fake.post("between")
        await inbox.holds("between")
    assert len(fake.gateway.resumes) == 1
    assert len(fake.gateway.identifies) == 2


@pytest.mark.fault("Discord: the address to resume at is gone", "a new session; nothing is lost")
async def test_a_place_to_resume_at_that_is_gone_is_given_up(fake: FakeDiscord) -> None:
    """After three vain tries a new session begins at the front door."""
    inbox = Inbox()
    fake.gateway.resume_url = "ws://127.0.0.1:9/gateway/"
    async with listening(fake, inbox):
        fake.gateway.cut()
        await until(lambda: len(fake.gateway.identifies) == 2)
        fake.post("here again")
        await inbox.holds("here again")


async def test_the_heart_beats_and_answers(fake: FakeDiscord) -> None:
    """A heartbeat every interval, and one at once when Discord asks for it."""
    fake.gateway.heartbeat_interval = 0.05
    async with listening(fake, Inbox()):
        await until(lambda: fake.gateway.heartbeats >= 3)
        before = fake.gateway.heartbeats
        await fake.gateway.send_op(1)
        await until(lambda: fake.gateway.heartbeats > before)
    assert fake.gateway.connects == 1


@pytest.mark.fault("Discord: a connection that is open and silent", "left and resumed")
async def test_a_dead_connection_is_noticed_by_its_heartbeats(fake: FakeDiscord) -> None:
    """One that is open and answers nothing is left and resumed."""
    fake.gateway.heartbeat_interval = 0.05
    fake.gateway.acknowledge = False
    inbox = Inbox()
    async with listening(fake, inbox):
        await until(lambda: fake.gateway.resumes)
        fake.gateway.acknowledge = True
        fake.post("alive")
        await inbox.holds("alive")


@pytest.mark.fault("Discord: every connection closes at once", "longer and longer waits")
async def test_a_gateway_that_closes_at_once_is_not_hammered(fake: FakeDiscord) -> None:
    """The waits grow to their cap although every connection succeeds at first."""
    async with listening(fake, Inbox(), backoff_first=0.05, backoff_cap=0.2, settled_after=30.0):
        fake.gateway.close_at_once = 4000
        before = fake.gateway.connects
        await fake.gateway.close(4000)
        await asyncio.sleep(1.0)
        assert 3 <= fake.gateway.connects - before <= 15


async def test_invalid_sessions_on_identify_are_waited_out(fake: FakeDiscord) -> None:
    """Between two session starts lies the gap that Discord demands."""
    fake.gateway.invalid_identifies = 2
    started = asyncio.get_running_loop().time()
    async with listening(fake, Inbox(), identify_gap=0.3):
        assert len(fake.gateway.identifies) == 3
    assert asyncio.get_running_loop().time() - started >= 0.6


async def test_session_starts_are_never_used_up(fake: FakeDiscord) -> None:
    """With few starts left none is taken, since Discord would reset the token; health tells."""
    fake.rest.session_starts_left = 5
    async with connector_on(fake, refused_wait=0.05) as connector:
        connector.subscribe(Inbox())
        await until(lambda: len(fake.rest.of("GET", "/gateway/bot")) >= 2)
        assert "only 5 are left" in str((await connector.health()).detail)
        assert not fake.gateway.identifies
        fake.rest.session_starts_left = 500
        await asyncio.wait_for(connector.wait_ready(), 10)


async def test_a_missing_intent_is_told_and_healed(fake: FakeDiscord) -> None:
    """4014: sending works, health says what to switch on; once it is on, what was written meanwhile comes."""
    fake.world.message_content = False
    inbox = Inbox()
    async with connector_on(fake) as connector:
        connector.subscribe(inbox)
        await asyncio.wait_for(connector.wait_ready(), 10)
        health = await connector.health()
        assert (health.reachable, health.authenticated) == (True, True)
        assert "Message Content intent is off" in str(health.detail)
        fake.post("can you read this")
        fake.world.message_content = True
        await inbox.holds("can you read this")
        assert "The gateway session stands." in str((await connector.health()).detail)


async def test_a_token_refused_by_the_gateway_ends_the_line(fake: FakeDiscord) -> None:
    """4004: wait_stopped returns, health says unauthenticated, and nobody knocks again."""
    async with listening(fake, Inbox()) as connector:
        fake.world.token = "another"
        fake.gateway.forget_sessions()
        await fake.gateway.close(4004)
        error = await asyncio.wait_for(connector.wait_stopped(), 10)
        calls = len(fake.rest.calls)
        health = await connector.health()
        assert (health.reachable, health.authenticated) == (True, False)
        assert not (await connector.send(_hello())).delivered
        assert len(fake.rest.calls) == calls
    assert isinstance(error, DiscordTokenError)


async def test_a_token_refused_by_the_api_ends_the_line(fake: FakeDiscord) -> None:
    """401 on the first request is as final."""
    async with connector_on(fake, token="wrong.bot.token") as connector:
        connector.subscribe(Inbox())
        error = await asyncio.wait_for(connector.wait_stopped(), 10)
        with pytest.raises(DiscordTokenError):  # who waits for it to listen is not left waiting
            await asyncio.wait_for(connector.wait_ready(), 10)
    assert "DISCORD_BOT_TOKEN" in str(error)
    assert len(fake.rest.calls) == 2


async def test_a_token_refused_once_in_a_moment_of_trouble_is_no_dead_token(fake: FakeDiscord) -> None:
    """Asked again, Discord takes it: neither a 401 nor a 4004 ends the line then."""
    inbox = Inbox()
    fake.fail("GET /gateway/bot", status=401, body={"message": "401: Unauthorized", "code": 0})
    async with listening(fake, inbox):
        await fake.gateway.close(4004)
        await until(lambda: len(fake.gateway.identifies) == 2)
        fake.post("still on the line")
        await inbox.holds("still on the line")


async def test_no_log_line_holds_the_token(fake: FakeDiscord, caplog: pytest.LogCaptureFixture) -> None:
    """Not even with every logger at its most talkative, and every way to fail taken."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "websockets", "websockets.client", "asyncio"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    async with listening(fake, Inbox()) as connector:
        fake.fail("messages", status=500, body="oops", times=1)
        await connector.send(_hello())
        fake.gateway.forget_sessions()
        await fake.gateway.close(4000)
        await until(lambda: len(fake.gateway.identifies) == 2)
        fake.world.token = "another"
        await connector.health()
    assert caplog.records
    assert not [record for record in caplog.records if "fake.bot.token" in record.getMessage()]


def _hello() -> Any:
    from mosaic_connectors import OutboundMessage

    return OutboundMessage("hello")
