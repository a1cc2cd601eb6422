# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receipts on Discord: reactions and the typing indicator, which lasts ten seconds and cannot be ended.

Source: Discord API v10, "Create Reaction", "Trigger Typing Indicator".
"""

from __future__ import annotations

from ..types import InboundMessage, Mark
from .rest import DiscordRest

_SIGNS = {Mark.STORED: "👀", Mark.TAKEN: "✅", Mark.UNVERIFIED: "❓", Mark.LOST: "❌"}


class DiscordReceipts:
    """Those of one channel and its threads."""

    abilities = frozenset({"mark", "typing"})

    def __init__(self, rest: DiscordRest, channel_id: str) -> None:
        self._rest = rest
        self._channel_id = channel_id

    async def mark(self, message: InboundMessage, mark: Mark) -> None:
        """React to a message; see `ReceiptGiver`."""
        await self._rest.request(
            "PUT",
            "/channels/{channel}/messages/{message}/reactions/{emoji}/@me",
            channel=message.thread_id or self._channel_id,
            message=message.message_id or "",
            emoji=_SIGNS[mark],
        )

    async def read(self, message: InboundMessage) -> None:
        """A bot's account has nothing to show that by."""

    async def typing(self, thread_id: str | None, seconds: float) -> None:
        """Show the indicator; see `ReceiptGiver`."""
        if seconds > 0:
            await self._rest.request(
                "POST", "/channels/{channel}/typing", channel=thread_id or self._channel_id
            )
