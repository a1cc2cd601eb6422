# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receipts on Slack: reactions, for which the app needs the scope `reactions:write`; no bot shows that it writes.

Source: Slack Web API, "reactions.add".
"""

from __future__ import annotations

from ..types import InboundMessage, Mark
from .api import SlackApi
from .errors import SlackApiError

_SIGNS = {Mark.STORED: "eyes", Mark.TAKEN: "white_check_mark", Mark.UNVERIFIED: "question", Mark.LOST: "x"}


class SlackReceipts:
    """Those of one channel and its threads."""

    abilities = frozenset({"mark"})

    def __init__(self, api: SlackApi, channel_id: str) -> None:
        self._api = api
        self._channel_id = channel_id

    async def mark(self, message: InboundMessage, mark: Mark) -> None:
        """React to a message; see `ReceiptGiver`."""
        try:
            await self._api.call(
                "reactions.add",
                channel=self._channel_id,
                timestamp=message.message_id or "",
                name=_SIGNS[mark],
            )
        except SlackApiError as error:
            if error.code != "already_reacted":
                raise

    async def read(self, message: InboundMessage) -> None:
        """A bot has nothing to show that by."""

    async def typing(self, thread_id: str | None, seconds: float) -> None:
        """Nor this."""
