# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receipts on Telegram: one reaction of the bot's, and the chat action, which lasts five seconds and cannot be ended.

Source: Bot API 8.0, "setMessageReaction", "ReactionTypeEmoji" (a bot may use these few), "sendChatAction".
"""

from __future__ import annotations

from ..types import InboundMessage, Mark
from .api import BotApi
from .chat import Chat

SIGNS = {Mark.STORED: "👀", Mark.TAKEN: "👌", Mark.UNVERIFIED: "🤔", Mark.LOST: "👎"}
"""A message's mark, as one of the reactions that a bot may give."""


class TelegramReceipts:
    """Those of one chat and its topics."""

    abilities = frozenset({"mark", "typing"})

    def __init__(self, api: BotApi, chat: Chat) -> None:
        self._api = api
        self._chat = chat

    async def mark(self, message: InboundMessage, mark: Mark) -> None:
        """React to a message, in the place of an earlier reaction; see `ReceiptGiver`."""
        chat, _colon, number = (message.message_id or "").rpartition(":")
        if chat and number.isdecimal():
            reaction = [{"type": "emoji", "emoji": SIGNS[mark]}]
            await self._api.tell(
                "setMessageReaction", chat_id=int(chat), message_id=int(number), reaction=reaction
            )

    async def read(self, message: InboundMessage) -> None:
        """A bot has nothing to show that by."""

    async def typing(self, thread_id: str | None, seconds: float) -> None:
        """Show that the bot writes; see `ReceiptGiver`."""
        topic = {"message_thread_id": int(thread_id)} if thread_id and thread_id.isdecimal() else {}
        if seconds > 0:
            await self._api.tell("sendChatAction", chat_id=self._chat.id, action="typing", **topic)
