# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that arrived and wait for their turn: bounded, and corrected while they wait.

An edit is never a new command, but what still waits is handed over as it reads by then; what was
deleted is not handed over at all.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..border import Foreign
from .snowflake import number_of

_CORRECTED = ("content", "attachments", "mentions", "embeds", "components", "poll", "edited_timestamp")


class Waiting:
    """The messages of the gateway between their arrival and the handler."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._messages: dict[int, Foreign] = {}

    def __bool__(self) -> bool:
        return bool(self._messages)

    def add(self, message: Foreign) -> bool:
        """Keep a message; False when there are too many, so that all were given up."""
        number = message.snowflake("id")
        if number is None:
            return True
        if len(self._messages) >= self._limit:
            self._messages.clear()
            return False
        self._messages[number] = message
        return True

    def correct(self, message: Foreign) -> bool:
        """Take in an edit of a message that may wait here; whether it does."""
        number = message.snowflake("id") or 0
        if number in self._messages:
            self._messages[number] = self._messages[number].with_from(message, _CORRECTED)
        return number in self._messages

    def remove(self, ids: Iterable[str]) -> None:
        """Forget messages that were deleted or are done."""
        for one in ids:
            self._messages.pop(number_of(one) or 0, None)

    def first(self) -> tuple[int, Foreign]:
        """The one that waits longest, left where it is."""
        return next(iter(self._messages.items()))

    def numbers(self) -> list[int]:
        """The ids of all that wait."""
        return list(self._messages)
