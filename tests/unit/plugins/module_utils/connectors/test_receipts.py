# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The receipts of each kind at the wire: these requests, as the service's documentation has them, and no other ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from mosaic_connectors.base import OrchestratorConnector, Receipts
from mosaic_connectors.discord.connector import DiscordConnector
from mosaic_connectors.errors import ConnectorError
from mosaic_connectors.secrets import Secret
from mosaic_connectors.slack.connector import SlackConnector
from mosaic_connectors.telegram.connector import TelegramConnector
from mosaic_connectors.types import InboundMessage, Mark

Wire = Callable[[httpx.Request], httpx.Response]


def discord(transport: httpx.MockTransport) -> DiscordConnector:
    return DiscordConnector(channel_id="100", token=Secret("token"), transport=transport)


def telegram(transport: httpx.MockTransport) -> TelegramConnector:
    return TelegramConnector(chat_id="-42", token=Secret("1:" + "a" * 35), transport=transport)


def slack(transport: httpx.MockTransport) -> SlackConnector:
    tokens = {"app_token": Secret("xapp-1"), "bot_token": Secret("xoxb-1")}
    return SlackConnector(channel_id="C0CHANNEL01", **tokens, transport=transport)


ASKED = {
    "discord": (
        discord,
        httpx.Response(204),
        InboundMessage("x", "1", "", "200", "300"),
        [
            ("PUT", "/api/v10/channels/200/messages/300/reactions/%E2%9C%85/@me", None),
            ("POST", "/api/v10/channels/200/typing", None),
        ],
    ),
    "telegram": (
        telegram,
        httpx.Response(200, json={"ok": True, "result": True}),
        InboundMessage("x", "1", "", "7", "-42:300"),
        [
            (
                "POST",
                f"/bot1:{'a' * 35}/setMessageReaction",
                {"chat_id": -42, "message_id": 300, "reaction": [{"type": "emoji", "emoji": "👌"}]},
            ),
            (
                "POST",
                f"/bot1:{'a' * 35}/sendChatAction",
                {"chat_id": -42, "action": "typing", "message_thread_id": 7},
            ),
        ],
    ),
    "slack": (
        slack,
        httpx.Response(200, json={"ok": True}),
        InboundMessage("x", "U1", "", None, "1700000000.000100"),
        [
            (
                "POST",
                "/api/reactions.add",
                {"channel": "C0CHANNEL01", "timestamp": "1700000000.000100", "name": "white_check_mark"},
            )
        ],
    ),
}


@pytest.mark.parametrize("kind", ASKED)
async def test_a_mark_and_a_typing_notice_are_one_request_each(kind: str) -> None:
    make, answer, message, expected = ASKED[kind]
    seen: list[tuple[str, str, Any]] = []

    def wire(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        seen.append((request.method, request.url.raw_path.decode(), body))
        return answer

    connector: OrchestratorConnector = make(httpx.MockTransport(wire))
    async with connector:
        assert isinstance(connector, Receipts)
        await connector.receipts.mark(message, Mark.TAKEN)
        await connector.receipts.typing(message.thread_id, 8.0)
        await connector.receipts.typing(message.thread_id, 0.0)
        await connector.receipts.read(message)
    assert seen == expected


async def test_a_reaction_that_is_there_is_no_failure_and_a_missing_scope_is_one() -> None:
    words = iter(("already_reacted", "missing_scope"))
    connector = slack(
        httpx.MockTransport(lambda _asked: httpx.Response(200, json={"ok": False, "error": next(words)}))
    )
    async with connector:
        await connector.receipts.mark(ASKED["slack"][2], Mark.STORED)
        with pytest.raises(ConnectorError):
            await connector.receipts.mark(ASKED["slack"][2], Mark.STORED)


async def test_a_limited_chat_action_keeps_no_message_of_the_chat_back() -> None:
    """Telegram says how long to be quiet; it says so of what was asked."""
    sent: list[str] = []

    def wire(request: httpx.Request) -> httpx.Response:
        method = request.url.path.rpartition("/")[2]
        sent.append(method)
        if method == "sendChatAction":
            more = {"parameters": {"retry_after": 60}}
            return httpx.Response(429, json={"ok": False, "error_code": 429, "description": "wait", **more})
        return httpx.Response(200, json={"ok": True, "result": {"message_id": 1, "chat": {"id": -42}}})

    connector = telegram(httpx.MockTransport(wire))
    async with connector:
        with pytest.raises(ConnectorError):
            await connector.receipts.typing(None, 8.0)
        await connector._api.object("sendMessage", timeout=5.0, chat_id=-42, text="words")
    assert sent == ["sendChatAction", "sendMessage"]
