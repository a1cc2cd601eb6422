# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that arrived and wait for their turn, with what acknowledges them: bounded, corrected while they wait.

An edit is never a new command, but what still waits is handed over as it reads by then; what was deleted is not
handed over at all. Slack repeats what is not acknowledged within seconds: a repetition joins the one that waits.
"""

from __future__ import annotations

from collections.abc import Callable

from ..border import Foreign
from .stamps import number_of

Acknowledge = Callable[[], None]

_CORRECTED = ("text", "files", "attachments", "blocks", "edited")


class Waiting:
    """The messages of the socket between their arrival and the handler."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._messages: dict[int, tuple[Foreign, list[Acknowledge]]] = {}

    def __bool__(self) -> bool:
        return bool(self._messages)

    def add(self, number: int, message: Foreign, acknowledge: Acknowledge) -> bool:
        """Keep a message; False when there are too many, so that all were given up, unacknowledged."""
        known = self._messages.get(number)
        if known is not None:
            known[1].append(acknowledge)
            return True
        if len(self._messages) >= self._limit:
            self._messages.clear()
            return False
        self._messages[number] = (message, [acknowledge])
        return True

    def correct(self, message: Foreign) -> bool:
        """Take in an edit of a message that may wait here; whether it does."""
        number = number_of(message.identifier("ts")) or 0
        if number in self._messages:
            old, acknowledged_by = self._messages[number]
            self._messages[number] = (old.with_from(message, _CORRECTED), acknowledged_by)
        return number in self._messages

    def done(self, number: int) -> None:
        """Acknowledge and forget a message that is done, or was deleted."""
        for acknowledge in self._messages.pop(number, (None, []))[1]:
            acknowledge()

    def first(self) -> tuple[int, Foreign]:
        """The earliest of those that wait, left where it is: events come in any order."""
        number = min(self._messages)
        return number, self._messages[number][0]

    def numbers(self) -> list[int]:
        """The numbers of all that wait."""
        return list(self._messages)
