# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator and the orchestrator talk through a real Synapse."""

from __future__ import annotations

import asyncio
from pathlib import Path

from integration.matrix.people import Inbox, connector_for, new_pair
from integration.synapse import Synapse
from mosaic_connectors import OutboundMessage
from mosaic_connectors.types import Mark


async def test_messages_arrive_both_ways(synapse: Synapse, tmp_path: Path) -> None:
    """What the operator says reaches the handler; what the connector sends reaches the room."""
    operator, bot = new_pair(synapse)
    async with connector_for(synapse, bot, operator.room_id, tmp_path) as connector:
        inbox = Inbox()
        connector.subscribe(inbox)
        await connector.wait_ready()
        asked = operator.say("status, please")
        await inbox.wait_for(1)
        assert [(m.text, m.sender, m.message_id) for m in inbox.messages] == [
            ("status, please", operator.account.user_id, asked)
        ]
        sent = await connector.send(OutboundMessage("**all** good"))
        assert sent.delivered
        content = operator.event(sent.message_id)["content"]
        assert (content["body"], content["formatted_body"]) == (
            "**all** good",
            "<p><strong>all</strong> good</p>",
        )


async def test_receipts_are_seen_by_the_operator_and_are_no_messages(
    synapse: Synapse, tmp_path: Path
) -> None:
    """A mark that is given twice is one reaction; the read receipt and the typing notice end up at the operator."""
    operator, bot = new_pair(synapse)
    async with connector_for(synapse, bot, operator.room_id, tmp_path) as connector:
        inbox = Inbox()
        connector.subscribe(inbox)
        await connector.wait_ready()
        operator.say("status, please")
        await inbox.wait_for(1)
        message = inbox.messages[0]
        for mark in (Mark.STORED, Mark.TAKEN, Mark.TAKEN):
            await connector.receipts.mark(message, mark)
        await connector.receipts.read(message)
        await connector.receipts.typing(None, 8.0)
        seen = operator.server.call("GET", "/_matrix/client/v3/sync", token=operator.account.access_token)
        await connector.receipts.typing(None, 0.0)
        operator.say("the next")
        await inbox.wait_for(2)
    relations = [one["content"]["m.relates_to"] for one in operator.timeline() if one["type"] == "m.reaction"]
    assert [(one["event_id"], one["key"]) for one in relations] == [
        (message.message_id, "👀"),
        (message.message_id, "✅"),
    ]
    ephemeral = seen["rooms"]["join"][operator.room_id]["ephemeral"]["events"]
    about = {one["type"]: one["content"] for one in ephemeral}
    assert about["m.typing"]["user_ids"] == [bot.user_id]
    assert bot.user_id in about["m.receipt"][message.message_id]["m.read"]
    assert inbox.texts == ["status, please", "the next"]


async def test_a_thread_is_kept_on_both_ways(synapse: Synapse, tmp_path: Path) -> None:
    """A message in a thread carries its root; an answer goes into that thread, after its last event."""
    operator, bot = new_pair(synapse)
    async with connector_for(synapse, bot, operator.room_id, tmp_path) as connector:
        inbox = Inbox()
        connector.subscribe(inbox)
        await connector.wait_ready()
        root = operator.say("a topic")
        last = operator.say("a question", thread=root)
        await inbox.wait_for(2)
        assert [m.thread_id for m in inbox.messages] == [None, root]
        sent = await connector.send(OutboundMessage("an answer", thread_id=root))
        assert operator.event(sent.message_id)["content"]["m.relates_to"] == {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": last},
        }


async def test_health_tells_what_is_wrong(synapse: Synapse, tmp_path: Path) -> None:
    """Healthy, not joined, a wrong token and no server are four different answers."""
    operator, bot = new_pair(synapse)
    async with connector_for(synapse, bot, operator.room_id, tmp_path) as connector:
        health = await connector.health()
        assert (health.reachable, health.authenticated) == (True, True)
        assert "joined to" in (health.detail or "")
        assert health.last_seen
    async with connector_for(synapse, bot, "!elsewhere:mosaic.test", tmp_path) as connector:
        assert "not joined" in ((await connector.health()).detail or "")
    async with connector_for(synapse, bot, operator.room_id, tmp_path, token="syt_wrong") as connector:
        health = await connector.health()
        assert (health.reachable, health.authenticated) == (True, False)
    async with connector_for(synapse, bot, operator.room_id, tmp_path, url="http://127.0.0.1:1") as connector:
        health = await connector.health()
        assert (health.reachable, health.authenticated) == (False, False)


async def test_a_revoked_token_stops_the_line(synapse: Synapse, tmp_path: Path) -> None:
    """After a logout the connector stops, says why, and asks nothing more."""
    operator, bot = new_pair(synapse)
    async with connector_for(synapse, bot, operator.room_id, tmp_path) as connector:
        connector.subscribe(Inbox())
        await connector.wait_ready()
        synapse.call("POST", "/_matrix/client/v3/logout", {}, token=bot.access_token)
        error = await asyncio.wait_for(connector.wait_stopped(), 10)
        assert "M_UNKNOWN_TOKEN" in str(error)
        assert "Stopped for good" in ((await connector.health()).detail or "")
        result = await connector.send(OutboundMessage("anyone?"))
        assert not result.delivered
        assert "M_UNKNOWN_TOKEN" in (result.error or "")
