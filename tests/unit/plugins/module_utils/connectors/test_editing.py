# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind that can edit does: the message that was sent reads so, and no other one is made. tmux cannot, and says so."""

from __future__ import annotations

from fakes.discord import FakeDiscord
from fakes.discord_line import connector_on as discord_on
from fakes.homeserver import FakeHomeserver
from fakes.matrix import connector_on as matrix_on
from fakes.slack import FakeSlack
from fakes.slack_line import connector_on as slack_on
from fakes.telegram import FakeTelegram
from fakes.telegram_line import connector_on as telegram_on
from mosaic_connectors import OrchestratorConnector, OutboundMessage
from mosaic_connectors.base import Editable
from mosaic_connectors.tmux.connector import TmuxConnector


async def edited(connector: OrchestratorConnector) -> str:
    """Send, edit twice, and return the id of the message."""
    async with connector:
        assert isinstance(connector, Editable)
        sent = await connector.send_once(OutboundMessage("at work"), "txn")
        assert sent.message_id is not None
        for number, words in enumerate(("still at work", "done")):
            assert (await connector.edit(sent.message_id, None, words, f"txn-{number}")).delivered
    return sent.message_id


async def test_matrix_replaces_it() -> None:
    server = FakeHomeserver()
    event_id = await edited(matrix_on(server))
    first, *edits = server.sent()
    assert first["body"] == "at work"
    assert [one["m.new_content"]["body"] for one in edits] == ["still at work", "done"]
    assert {one["m.relates_to"]["event_id"] for one in edits} == {event_id}
    assert {one["m.relates_to"]["rel_type"] for one in edits} == {"m.replace"}


async def test_discord_edits_it() -> None:
    async with FakeDiscord() as fake:
        await edited(discord_on(fake))
        assert fake.texts() == ["done"]


async def test_slack_edits_it() -> None:
    async with FakeSlack() as fake:
        await edited(slack_on(fake))
        assert fake.texts() == ["done"]


async def test_telegram_edits_it() -> None:
    async with FakeTelegram() as fake:
        await edited(telegram_on(fake))
        assert fake.texts() == ["done"]


def test_tmux_cannot() -> None:
    assert not isinstance(TmuxConnector.__new__(TmuxConnector), Editable)
