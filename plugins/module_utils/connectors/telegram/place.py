# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far we have fetched, and which messages are done.

What is done is recognised by chat and number of the message, never by an update's number: those begin anew after a week
without any ("Update").
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ..store.place import Place


class TelegramPlace(Place):
    """The messages done, what is still to be confirmed, and when Telegram was last asked."""

    KEPT = ("offset", "noted_at", "polled_at", "chat")

    def __init__(self, directory: Path | None, bot_id: int, chat_id: int) -> None:
        """The place of one bot in one chat, by the number that the roster names."""
        super().__init__(directory, f"telegram-{bot_id}-{chat_id}")
        self.offset: int | None = None
        """All updates before this one are done and not confirmed yet; None where nothing is to be confirmed."""
        self.noted_at = 0.0
        """When the offset was noted, in seconds since the epoch."""
        self.polled_at = 0.0
        """When a poll was last answered; 0 before the first."""
        self.chat: int | None = None
        """The supergroup that the chat became."""

    def note(self, message: str) -> None:
        """Note that a message needs no more handling; `keep` has it on the disk."""
        self._remember(message)

    def passed(self, update_id: int) -> None:
        """Note that an update needs no more handling: the next poll confirms it."""
        self.offset, self.noted_at = update_id + 1, time.time()

    def confirmed(self, offset: int | None) -> None:
        """Telegram has taken `offset`: nothing more is to be confirmed. It must not be told again after a pause of days."""
        if offset is not None and offset == self.offset:
            self.offset = None

    def forget_stale(self, trusted: float) -> None:
        """Confirm nothing by an offset older than `trusted` seconds: what comes may be numbered below it."""
        if self.offset is not None and time.time() - self.noted_at > trusted:
            self.offset = None

    def _take_former(self, kind: Any, *values: Any) -> None:
        """No earlier version kept a journal of this kind."""
