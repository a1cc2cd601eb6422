# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kicked, banned, muted, invited, moved: as a real Synapse does it, which leaves out what a filter leaves out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
from fakes.matrix import eventually
from integration.matrix.people import Inbox, Operator, connector_for, new_pair
from integration.synapse import Synapse
from mosaic_connectors import OutboundMessage
from mosaic_connectors.bridge.service import Bridge
from mosaic_connectors.matrix.connector import MatrixConnector
from mosaic_connectors.settings import Settings
from mosaic_connectors.types import ObstructedHealth


async def until_out(connector: MatrixConnector) -> None:
    """Return when the connector has noticed that it is not in its room."""
    receiver = connector._receiver  # the state has no other face
    assert receiver is not None
    for _look in range(400):
        if not receiver.ready.is_set():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it was not noticed within 20 seconds")


@pytest.mark.parametrize("away", ["kick", "ban"])
@pytest.mark.fault(
    "kicked or banned, on a real Synapse", "noticed; back by the next invitation, nothing lost"
)
async def test_who_only_listens_comes_back_after_being_put_out(
    synapse: Synapse, tmp_path: Path, away: str
) -> None:
    """It is noticed without a look at the health, and the next invitation is accepted."""
    operator, bot = new_pair(synapse)
    inbox = Inbox()
    async with connector_for(synapse, bot, operator.room_id, tmp_path, join_cap=0.5) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        operator.say("before")
        await inbox.wait_for(1)
        operator.change(away, bot.user_id)
        await until_out(connector)
        health = await connector.health()
        assert isinstance(health, ObstructedHealth)
        assert ("banned" in str(health.detail)) is (away == "ban")
        if away == "ban":
            operator.change("unban", bot.user_id)
        operator.change("invite", bot.user_id)
        operator.say("after")
        await inbox.wait_for(2)
    assert inbox.texts == ["before", "after"]


async def test_the_first_words_after_the_invitation_are_heard(synapse: Synapse, tmp_path: Path) -> None:
    """Said before the bot has come, and to nobody else; what was said before it is the past."""
    name = uuid4().hex[:8]
    human, bot = synapse.register(f"host_{name}"), synapse.register(f"guest_{name}")
    operator, inbox = Operator(synapse, human, synapse.create_room(human)), Inbox()
    operator.say("to myself")
    async with connector_for(synapse, bot, operator.room_id, tmp_path, join_cap=3.0) as connector:
        connector.subscribe(inbox)
        await asyncio.sleep(0.5)
        operator.change("invite", bot.user_id)
        operator.say("first words")
        await connector.wait_ready()
        operator.say("second")
        await inbox.wait_for(2)
    assert inbox.texts == ["first words", "second"]


async def test_an_answer_into_a_thread_of_the_room_before_arrives_without_it(
    synapse: Synapse, tmp_path: Path
) -> None:
    """Synapse refuses a relation to an event of another room, for ever."""
    operator, bot = new_pair(synapse)
    root = operator.say("do it")
    upgrade = f"/_matrix/client/v3/rooms/{quote(operator.room_id)}/upgrade"
    moved = synapse.call("POST", upgrade, {"new_version": "10"}, token=operator.account.access_token)
    new_room = Operator(synapse, operator.account, moved["replacement_room"])
    new_room.change("invite", bot.user_id)
    async with connector_for(synapse, bot, operator.room_id, tmp_path) as connector:
        result = await connector.send(OutboundMessage("done", thread_id=root))
        assert result.delivered, result.error
    content = new_room.event(result.message_id)["content"]
    assert content["body"] == "done"
    assert "m.relates_to" not in content


def _muted(operator: Operator, bot: str) -> None:
    # The operator made the room and needs no entry (and may have none from version 12 on).
    operator.set_state("m.room.power_levels", {"events_default": 50, "users": {bot: 0}})


def _encrypted(operator: Operator, _bot: str) -> None:
    operator.set_state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})


@pytest.mark.parametrize("trouble", [_muted, _encrypted])
async def test_health_says_what_the_diagnosis_says(
    synapse: Synapse, tmp_path: Path, trouble: Callable[[Operator, str], None]
) -> None:
    """A monitor that is green where no conversation is possible is none."""
    operator, bot = new_pair(synapse)
    async with connector_for(synapse, bot, operator.room_id, tmp_path) as connector:
        assert (await connector.send(OutboundMessage("hello"))).delivered
        trouble(operator, bot.user_id)
        health = await connector.health()
        checks = {one.name: one async for one in connector.diagnose((operator.account.user_id,))}
    assert isinstance(health, ObstructedHealth)
    assert checks["room"].state == "failed"
    assert checks["room"].detail[1:] in str(health.detail)


def _put_out(operator: Operator, bot: str) -> None:
    operator.change("kick", bot)


def _let_in(operator: Operator, bot: str) -> None:
    operator.change("invite", bot)


def _unmuted(operator: Operator, bot: str) -> None:
    operator.set_state("m.room.power_levels", {"events_default": 0, "users": {bot: 0}})


@pytest.mark.parametrize(("obstruct", "mend"), [(_put_out, _let_in), (_muted, _unmuted)])
async def test_what_is_said_where_one_cannot_talk_arrives_when_one_can(
    synapse: Synapse,
    tmp_path: Path,
    obstruct: Callable[[Operator, str], None],
    mend: Callable[[Operator, str], None],
) -> None:
    """No dead letter comes of it, however often it is tried; the status names it."""
    operator, bot = new_pair(synapse)
    connector = connector_for(synapse, bot, operator.room_id, tmp_path, join_cap=0.5, send_bound=0.5)
    places = {"socket_path": str(tmp_path / "socket"), "tmux_socket": str(tmp_path / "tmux")}
    bridge = Bridge(Settings(max_attempts=2, health_interval=0.5, **places), connector, tmp_path)
    bridge.dispatcher.backoff_first, bridge.dispatcher.backoff_cap = 0.05, 0.5
    running = asyncio.ensure_future(bridge.run())
    await eventually(lambda: bridge.monitor.ready, 20)
    obstruct(operator, bot.user_id)
    entry = bridge.outbox.accept("matrix", OutboundMessage("it is done"), "txn", "test")
    bridge.dispatcher.wake()
    await eventually(lambda: bridge.counters.total("send_obstructions") > 3, 30)
    assert bridge.monitor.status().startswith("matrix: obstructed")
    mend(operator, bot.user_id)
    await eventually(lambda: bridge.outbox.counts().get("sent") == 1, 30)
    sent = bridge.outbox.get(entry.id)
    bridge._stop.set()
    assert await running == 0
    assert sent is not None
    assert operator.event(sent.message_id)["content"]["body"] == "it is done"


async def test_a_tombstone_leads_into_no_room_that_does_not_name_ours(
    synapse: Synapse, tmp_path: Path
) -> None:
    """Synapse shows the state of a private room to nobody outside: it is joined, looked at, and left again."""
    operator, bot = new_pair(synapse)
    elsewhere = synapse.create_room(operator.account)
    Operator(synapse, operator.account, elsewhere).change("invite", bot.user_id)
    inbox = Inbox()
    async with connector_for(synapse, bot, operator.room_id, tmp_path) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        operator.set_state("m.room.tombstone", {"body": "moved", "replacement_room": elsewhere})
        operator.say("still here")
        await inbox.wait_for(1)
        membership = f"/_matrix/client/v3/rooms/{quote(elsewhere)}/state/m.room.member/{quote(bot.user_id)}"

        def state() -> str:
            found = synapse.call("GET", membership, token=operator.account.access_token)
            return str(found["membership"])

        await eventually(lambda: state() == "leave", 20)
    assert inbox.texts == ["still here"]
