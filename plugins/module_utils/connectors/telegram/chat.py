# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which chat we talk in: the one of the roster, or the supergroup that it became.

A group that becomes a supergroup gets another number; the old one takes nothing any more. Source: Bot API 8.0,
"ResponseParameters", "Message" (`migrate_to_chat_id`, `migrate_from_chat_id`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ..border import Foreign
from .api import BotApi
from .errors import TelegramMigratedError

_log = logging.getLogger(__name__)


class Chat:
    """The chat of one line."""

    def __init__(self, api: BotApi, chat_id: str) -> None:
        """`chat_id` is the number that the roster names."""
        self._api = api
        self.configured = int(chat_id)
        self.id = self.configured
        """The number that is talked to."""
        self.on_moved: Callable[[int], None] = lambda _successor: None
        """Told when the chat has another number."""

    def notes(self) -> list[str]:
        """What ought to be corrected in the roster."""
        if self.id == self.configured:
            return []
        return [f"The group {self.configured} became the supergroup {self.id}: put that number into chat_id."]

    def is_ours(self, chat_id: int | None) -> bool:
        """Whether what is written in this chat is written to us."""
        return chat_id in (self.id, self.configured)

    def move(self, successor: int) -> None:
        """Talk in the supergroup that our group became."""
        if successor != self.id:
            _log.warning("the group %d became the supergroup %d, which is followed", self.id, successor)
            self.id = successor
            self.on_moved(successor)

    async def call(self, method: str, **arguments: Any) -> Foreign:
        """Call `method` for our chat, following it where it has moved to; raises what `BotApi.object` raises."""
        try:
            return await self._api.object(method, chat_id=self.id, **arguments)
        except TelegramMigratedError as error:
            self.move(error.successor)
            return await self._api.object(method, chat_id=self.id, **arguments)
