# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real Synapse demands: patience, invitations, upgrades, files and sizes."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from integration.matrix.people import Inbox, Operator, connector_for, new_pair
from integration.synapse import Synapse
from mosaic_connectors import OutboundMessage

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x02\x80\x00\x00\x01\xe0\x08\x06\x00\x00\x00"


async def test_default_rate_limits_lose_and_double_nothing(
    synapse_default_limits: Synapse, tmp_path: Path
) -> None:
    """Fourteen messages in a row meet the limit Synapse is shipped with; all arrive, in order, once."""
    operator, bot = new_pair(synapse_default_limits)
    texts = [f"answer {number}" for number in range(14)]
    async with connector_for(synapse_default_limits, bot, operator.room_id, tmp_path) as connector:
        for text in texts:
            result = await connector.send(OutboundMessage(text))
            assert result.delivered, result.error
    sent = [
        e["content"]["body"]
        for e in operator.timeline()
        if e["sender"] == bot.user_id and "body" in e["content"]
    ]
    assert sent == texts


async def test_an_invitation_is_accepted_while_waiting(synapse: Synapse, tmp_path: Path) -> None:
    """Started before it is invited, the connector joins when it is, and hears what is said next."""
    name = uuid4().hex[:8]
    human, bot = synapse.register(f"host_{name}"), synapse.register(f"guest_{name}")
    room_id = synapse.create_room(human)
    operator, inbox = Operator(synapse, human, room_id), Inbox()
    async with connector_for(synapse, bot, room_id, tmp_path) as connector:
        connector.subscribe(inbox)
        assert f"Invite {bot.user_id}" in ((await connector.health()).detail or "")
        invite = f"/_matrix/client/v3/rooms/{quote(room_id)}/invite"
        synapse.call("POST", invite, {"user_id": bot.user_id}, token=human.access_token)
        await connector.wait_ready()
        operator.say("welcome")
        await inbox.wait_for(1)
    assert inbox.texts == ["welcome"]


async def test_an_upgraded_room_is_followed_across_a_restart(synapse: Synapse, tmp_path: Path) -> None:
    """Upgraded while the connector was down: old room's end, then the new room, then answers there."""
    operator, bot = new_pair(synapse)
    inbox = Inbox()
    async with connector_for(synapse, bot, operator.room_id, tmp_path) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        operator.say("known")
        await inbox.wait_for(1)
    operator.say("last words here")
    upgrade = f"/_matrix/client/v3/rooms/{quote(operator.room_id)}/upgrade"
    moved = synapse.call("POST", upgrade, {"new_version": "10"}, token=operator.account.access_token)
    new_room = Operator(synapse, operator.account, moved["replacement_room"])
    invite = f"/_matrix/client/v3/rooms/{quote(new_room.room_id)}/invite"
    synapse.call("POST", invite, {"user_id": bot.user_id}, token=operator.account.access_token)
    for number in range(30):
        new_room.say(f"new {number}")
    async with connector_for(synapse, bot, operator.room_id, tmp_path) as connector:
        connector.subscribe(inbox)
        await inbox.wait_for(32)
        new_room.say("live")
        await inbox.wait_for(33)
        result = await connector.send(OutboundMessage("moved too"))
    assert inbox.texts == ["known", "last words here", *(f"new {number}" for number in range(30)), "live"]
    assert new_room.event(result.message_id)["content"]["body"] == "moved too"


async def test_files_go_both_ways(synapse: Synapse, tmp_path: Path) -> None:
    """An image sent has its facts and its bytes; one received lies on the disk."""
    operator, bot = new_pair(synapse)
    picture = tmp_path / "plan.png"
    picture.write_bytes(PNG)
    inbox = Inbox()
    async with connector_for(synapse, bot, operator.room_id, tmp_path / "state") as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        assert (await connector.send(OutboundMessage("see", attachments=(str(picture),)))).delivered
        content = operator.timeline()[-1]["content"]
        assert content["info"] == {"mimetype": "image/png", "size": len(PNG), "w": 640, "h": 480}
        operator.post(
            {"msgtype": "m.image", "body": "back.png", "url": content["url"], "info": content["info"]}
        )
        await inbox.wait_for(1)
    path = Path(inbox.texts[0].rpartition(": ")[2].rstrip("]"))
    assert path.read_bytes() == _download(synapse, operator, content["url"]) == PNG


async def test_any_size_of_text_is_taken(synapse: Synapse, tmp_path: Path) -> None:
    """Long, escape-heavy and wide texts arrive whole, in events that Synapse accepts."""
    operator, bot = new_pair(synapse)
    async with connector_for(synapse, bot, operator.room_id, tmp_path) as connector:
        for text in (
            "word " * 30_000,
            '"\\<&\x01' * 20_000,
            "漢字🦊" * 20_000,
            "**b** `c` " * 8_000,
            "a\x00b",
        ):
            before = len(operator.timeline())
            result = await connector.send(OutboundMessage(text))
            assert result.delivered, (text[:10], result.error)
            bodies = [event["content"]["body"] for event in operator.timeline()[before:]]
            assert "".join("".join(bodies).split()) == "".join(text.replace("\x00", "\ufffd").split())


def _download(server: Synapse, operator: Operator, uri: str) -> bytes:
    request = urllib.request.Request(
        server.url + "/_matrix/client/v1/media/download/" + uri.removeprefix("mxc://")
    )
    request.add_header("Authorization", f"Bearer {operator.account.access_token}")
    with urllib.request.urlopen(request, timeout=30) as response:
        content: bytes = response.read()
    return content
