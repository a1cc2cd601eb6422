# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators who talk where nobody listens, on a real Synapse: told where to talk, and no stranger with them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fakes.matrix import eventually
from integration.matrix.people import Operator, connector_for, new_pair
from integration.synapse import Account, Synapse
from mosaic_connectors import OutboundMessage
from mosaic_connectors.bridge.service import Bridge
from mosaic_connectors.matrix.events import ENCRYPTED_NOTICE
from mosaic_connectors.settings import Settings


def membership(room: Operator, user: Account) -> dict[str, Any]:
    """Somebody's membership, as the room's own people see it."""
    path = f"/_matrix/client/v3/rooms/{quote(room.room_id)}/state/m.room.member/{quote(user.user_id)}"
    return room.server.call("GET", path, token=room.account.access_token)


def said_by(room: Operator, user: Account) -> list[str]:
    """The words of one, or the type of what has none, and no membership."""
    events = [one for one in room.timeline() if one["sender"] == user.user_id]
    return [one["content"].get("body", one["type"]) for one in events if one["type"] != "m.room.member"]


async def test_an_operator_who_talks_elsewhere_is_told_and_a_stranger_is_not(
    synapse: Synapse, tmp_path: Path
) -> None:
    operator, bot = new_pair(synapse)
    human, stranger = operator.account, synapse.register(f"eve_{uuid4().hex[:8]}")
    direct = Operator(synapse, human, synapse.create_room(human, bot))
    wrong = Operator(synapse, human, synapse.create_room(human, bot, stranger))
    invited, theirs = (Operator(synapse, one, synapse.create_room(one)) for one in (human, stranger))
    connector = connector_for(synapse, bot, operator.room_id, tmp_path, elsewhere_interval=0.2)
    places = {"socket_path": str(tmp_path / "socket"), "tmux_socket": str(tmp_path / "tmux")}
    bridge = Bridge(Settings(operators=(human.user_id,), **places), connector, tmp_path)
    running = asyncio.ensure_future(bridge.run())
    await eventually(lambda: bridge.monitor.ready, 20)
    theirs.change("invite", bot.user_id)
    invited.change("invite", bot.user_id)
    direct.say("are you there?")
    named = {"m.mentions": {"user_ids": [bot.user_id]}}
    wrong.say("and here?", **named)
    Operator(synapse, stranger, wrong.room_id).say("and I?", **named)
    await eventually(lambda: membership(invited, bot)["membership"] == "leave", 20)
    await eventually(lambda: len(said_by(operator, bot)) == 2, 20)
    reason = (
        f"Nothing that is written here reaches the orchestrator. Please talk to it in {operator.room_id}."
    )
    assert membership(invited, bot)["reason"] == reason
    assert membership(theirs, bot)["membership"] == "invite"
    assert {
        place.room_id for place in (direct, wrong) for one in said_by(operator, bot) if place.room_id in one
    } == {
        direct.room_id,
        wrong.room_id,
    }
    assert said_by(direct, bot) == said_by(wrong, bot) == []

    # Now our own room: what is on its way when it becomes encrypted, and all after it, waits.
    operator.set_state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    sealed = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgA", "session_id": "x"}
    operator.post(sealed, "m.room.encrypted")
    await eventually(lambda: ENCRYPTED_NOTICE in said_by(operator, bot), 20)
    entry = bridge.outbox.accept("matrix", OutboundMessage("the key is 1234"), "txn", "agent")
    bridge.dispatcher.wake()
    await eventually(lambda: bridge.counters.total("send_obstructions") > 1, 20)
    found = bridge.outbox.get(entry.id)
    bridge._stop.set()
    assert await running == 0
    assert found is not None
    assert (found.state, found.attempts) == ("waiting", 0)
    assert said_by(operator, bot)[2:] == [ENCRYPTED_NOTICE]
