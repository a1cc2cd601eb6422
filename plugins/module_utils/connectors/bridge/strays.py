# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators who talk where nobody listens: one sentence a day for each place, which says where to talk."""

from __future__ import annotations

import logging

from ..store.writer import write
from ..terminal import one_line
from ..types import StrayMessage
from .counters import Counters
from .doorkeeper import Doorkeeper
from .intake import Tell
from .told import Told

logger = logging.getLogger(__name__)


class Strays:
    """Decides what is said to whom; strangers cost the look at their name."""

    def __init__(self, kind: str, door: Doorkeeper, told: Told, tell: Tell, counters: Counters) -> None:
        """`tell` says a sentence in the configured place."""
        self._kind = kind
        self._door = door
        self._told = told
        self._tell = tell
        self._counters = counters

    async def hear(self, stray: StrayMessage) -> str | None:
        """What is to be said in that place; see `HearsOfStrays`. Noted before it is said: never twice. Raises `StateError`."""
        if not self._door.lists(stray.sender):
            return None
        if not stray.invitation and not await write(self._told.is_first, self._name(stray), stray.written):
            self._counters.add("strays", outcome="again")
            return ""
        self._counters.add("strays", outcome="told")
        logger.info("told where to talk: sender=%r place=%r", stray.sender, stray.place)
        if stray.can_answer:
            return (
                f"Nothing that is written here reaches the orchestrator. Please talk to it in {stray.home}."
            )
        await self._tell(
            f"{one_line(stray.sender, 255)} wrote to me in another place ({one_line(stray.place, 255)}), where nothing "
            "reaches the orchestrator. Please talk to it here.",
            None,
        )
        return ""

    def _name(self, stray: StrayMessage) -> str:
        # What could not be said there is told in our place, and that is another telling.
        where = "there" if stray.can_answer else "home"
        return f"stray:{self._kind}:{where}:{stray.place}"
