# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was written while nobody listened arrives later: all of it, once, in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.discord import FakeDiscord, until
from fakes.discord_line import Inbox, connector_on, listening
from mosaic_connectors import InboundMessage


async def test_the_first_start_takes_the_present_as_its_beginning(fake: FakeDiscord, tmp_path: Path) -> None:
    """Old messages are nobody's commands any more, not after a restart either."""
    fake.post("last year's order")
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        pass
    async with listening(fake, inbox, state_dir=tmp_path):
        fake.post("new")
        await inbox.holds("new")


async def test_a_restart_misses_and_doubles_nothing(fake: FakeDiscord, tmp_path: Path) -> None:
    """Messages from before, between and after, three processes long."""
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        fake.post("1")
        await inbox.holds("1")
    for number in (2, 3):
        fake.post(str(number))
    async with listening(fake, inbox, state_dir=tmp_path):
        await inbox.holds("1", "2", "3")
    fake.post("4")
    async with listening(fake, inbox, state_dir=tmp_path):
        fake.post("5")
        await inbox.holds("1", "2", "3", "4", "5")
    assert [one.caught_up for one in inbox[:4]] == [False, True, True, True]


async def test_many_pages_come_in_order_with_the_threads_between(fake: FakeDiscord, tmp_path: Path) -> None:
    """250 messages over the channel, a running thread and one that fell asleep meanwhile."""
    running = fake.world.add_channel("running", 11, fake.channel_id)
    asleep = fake.world.add_channel("asleep", 11, fake.channel_id)
    untouched = fake.world.add_channel("untouched", 11, fake.channel_id)
    foreign = fake.world.add_channel("foreign", 11, fake.world.add_channel("other")["id"])
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        fake.post("start")
        await inbox.holds("start")
    places = (fake.channel_id, running["id"], asleep["id"])
    for number in range(250):
        fake.post(str(number), channel=places[number % 3])
        fake.post("elsewhere", channel=foreign["id"])
    fake.world.archive(asleep["id"])
    async with listening(fake, inbox, state_dir=tmp_path):
        await inbox.holds("start", *map(str, range(250)))
    assert inbox[2].thread_id == running["id"]
    assert inbox[3].thread_id == asleep["id"]
    assert not fake.rest.of("GET", f"{untouched['id']}/messages")


async def test_what_comes_while_catching_up_waits_for_its_turn(fake: FakeDiscord, tmp_path: Path) -> None:
    """Live messages are handed over after the missed ones, and those seen both ways once."""
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        pass
    missed = [str(number) for number in range(20)]
    for text in missed:
        fake.post(text)
    live: list[str] = []

    def handler(message: InboundMessage) -> None:
        inbox(message)
        if message.text in ("3", "7"):
            live.append(f"live {message.text}")
            fake.post(live[-1])

    async with listening(fake, handler, state_dir=tmp_path):
        await inbox.holds(*missed, *["live 3", "live 7"])


async def test_a_message_whose_handler_did_not_return_comes_again(fake: FakeDiscord, tmp_path: Path) -> None:
    """A process that dies in the middle has not received it."""
    taken: list[str] = []

    async def dies(message: InboundMessage) -> None:
        taken.append(message.text)
        await asyncio.Event().wait()

    connector = connector_on(fake, state_dir=tmp_path)
    connector.subscribe(dies)
    await connector.wait_ready()
    fake.post("important")
    await until(lambda: taken)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        if task.get_name() == "connector-receive":
            task.cancel()
    await asyncio.sleep(0)
    await connector.aclose()
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        await inbox.holds("important")


async def test_an_outage_of_everything_is_survived(fake: FakeDiscord) -> None:
    """Discord vanishes and comes back without a memory of the session."""
    inbox = Inbox()
    async with listening(fake, inbox) as connector:
        fake.post("before")
        await inbox.holds("before")
        await fake.stop()
        fake.gateway.forget_sessions()
        fake.post("during")
        health = await connector.health()
        assert (health.reachable, health.authenticated) == (False, False)
        await fake.start()
        await inbox.holds("before", "during")
        assert (await connector.health()).authenticated


async def test_events_that_the_gateway_lost_come_with_the_next_session(fake: FakeDiscord) -> None:
    """A deaf spell ends with the history."""
    inbox = Inbox()
    async with listening(fake, inbox):
        fake.gateway.deaf = True
        fake.post("lost")
        fake.gateway.deaf = False
        fake.post("heard")
        await inbox.holds("heard")
        await fake.gateway.send_op(9, False)
        await inbox.holds("heard", "lost")


@pytest.mark.fault("Discord: more messages than may wait", "read from the history; none lost")
async def test_a_flood_beyond_the_bound_is_read_from_the_history(fake: FakeDiscord) -> None:
    """More messages than may wait: none is lost, none doubled, the memory stays bounded."""
    gate, inbox = asyncio.Event(), Inbox()

    async def handler(message: InboundMessage) -> None:
        await gate.wait()
        inbox(message)

    texts = [str(number) for number in range(60)]
    async with listening(fake, handler, waiting_events=10):
        for text in texts:
            fake.post(text)
        await asyncio.sleep(0.2)  # let the flood arrive while the handler is busy
        gate.set()
        await inbox.holds(*texts)


@pytest.mark.parametrize("status", [500, 502, 429])
async def test_trouble_with_the_history_is_waited_out(fake: FakeDiscord, tmp_path: Path, status: int) -> None:
    """Errors in the middle of catching up lose and double nothing."""
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        pass
    texts = [str(number) for number in range(130)]
    for text in texts:
        fake.post(text)
    body = {"message": "limited", "retry_after": 0.05, "global": False} if status == 429 else {}
    fake.fail("GET .*/threads/active", status=status, body=body)
    fake.fail("GET /channels/[0-9]+/messages", status=status, body=body, times=2)
    async with listening(fake, inbox, state_dir=tmp_path):
        await inbox.holds(*texts)


async def test_missing_rights_to_threads_do_not_make_deaf(fake: FakeDiscord, tmp_path: Path) -> None:
    """Archived threads that may not be listed are passed over."""
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        pass
    fake.post("missed")
    fake.fail(
        "threads/archived", status=403, body={"code": 50013, "message": "Missing Permissions"}, times=99
    )
    async with listening(fake, inbox, state_dir=tmp_path):
        await inbox.holds("missed")


async def test_more_than_the_bound_is_given_up_aloud(fake: FakeDiscord, tmp_path: Path) -> None:
    """The rest is left out, health says from where on, and the present is received."""
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        pass
    for number in range(8):
        fake.post(str(number))
    async with listening(fake, inbox, state_dir=tmp_path, history_messages=5) as connector:
        fake.post("now")
        await inbox.holds("0", "1", "2", "3", "4", "now")
        assert "More than 5 messages were missed" in str((await connector.health()).detail)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("GUILD_CREATE", lambda fake: {"id": "1", "threads": []}),
        ("CHANNEL_CREATE", lambda fake: {"id": fake.channel_id}),
        ("CHANNEL_UPDATE", lambda fake: {"id": fake.channel_id}),
        ("GUILD_ROLE_UPDATE", lambda fake: {"role": {}}),
        ("GUILD_MEMBER_UPDATE", lambda fake: {"user": {"id": fake.world.bot["id"]}}),
    ],
)
async def test_what_was_written_while_the_bot_was_away_is_read_before_what_follows(
    fake: FakeDiscord, tmp_path: Path, kind: str, data: Callable[[FakeDiscord], Any]
) -> None:
    """Kicked and invited, a role given back, a channel made again: the next message moves the place past it."""
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        fake.gateway.deaf = True
        fake.post("while away")
        fake.gateway.deaf = False
        fake.gateway.publish(kind, data(fake))
        fake.post("after")
        await inbox.holds("while away", "after")


async def test_somebody_elses_roles_are_no_reason_to_look_back(fake: FakeDiscord) -> None:
    inbox = Inbox()
    async with listening(fake, inbox):
        before = len(fake.rest.of("GET", f"{fake.channel_id}/messages"))
        fake.gateway.publish("GUILD_MEMBER_UPDATE", {"user": {"id": "7"}})
        fake.post("heard")
        await inbox.holds("heard")
        assert len(fake.rest.of("GET", f"{fake.channel_id}/messages")) == before


@pytest.mark.parametrize(
    "event",
    [
        {"op": 0, "t": "MESSAGE_CREATE", "d": {"id": "9" * 5000}},
        {"op": 0, "t": "READY", "d": {"session_id": "x" * 5000, "resume_gateway_url": "wss://x"}},
        {"op": 0, "t": ["x"], "d": {"user": 7}},
        {"op": 9, "d": {"a": 1}},
        {"op": "10"},
        [1],
        7,
    ],
)
@pytest.mark.fault("Discord: frames of other types and shapes", "passed over; every message arrives")
async def test_frames_that_nobody_thought_of_cost_no_message(fake: FakeDiscord, event: Any) -> None:
    inbox = Inbox()
    async with listening(fake, inbox):
        await fake.gateway.send_raw(json.dumps(event))
        fake.post("heard")
        await inbox.holds("heard")


@pytest.mark.parametrize(
    "frame", ["[" * 100_000 + "]" * 100_000, "{", "NaN"], ids=["deep", "broken", "no object"]
)
async def test_frames_that_are_no_json_cost_no_message(fake: FakeDiscord, frame: str) -> None:
    inbox = Inbox()
    async with listening(fake, inbox):
        await fake.gateway.send_raw(frame)
        fake.post("heard")
        await inbox.holds("heard")
