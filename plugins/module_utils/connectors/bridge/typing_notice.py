# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Typing notices: shown while the orchestrator's program is seen at work on what an operator said, and no longer."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from ..base import ReceiptGiver
from ..ending import within
from ..errors import ConnectorError, RemoteError
from ..tmux.halt import Signs
from ..tmux.pane import Pane
from .at_work import is_at_work
from .progress import Progress

logger = logging.getLogger(__name__)

EVERY_SECONDS = 4.0
"""Between two looks at a program that works; a notice is given each time."""

SHOWN_SECONDS = 8.0
"""How long a notice lasts: longer than it takes to the next one."""

STARTING_SECONDS = 20.0
"""How long a program may take from a message to its first sign of work."""

LONGEST_SECONDS = 3600.0
"""After so long it is no news any more."""

CALL_SECONDS = 10.0

QUIET_SECONDS = 600.0
"""Silence after a failure."""


class TypingNotice:
    """Follows the program from a message that it took to the end of its work."""

    def __init__(self, giver: ReceiptGiver | None, pane: Pane, *, progress: Progress, enabled: bool) -> None:
        """`giver` is the channel's, None where it has none."""
        self.enabled = enabled
        """Whether notices are given."""
        self._giver = giver if giver is not None and "typing" in giver.abilities else None
        self._pane = pane
        self._progress = progress
        self._thread: str | None = None
        self._begun = asyncio.Event()
        self._quiet_until = 0.0

    def begin(self, thread_id: str | None) -> None:
        """The program took a message of this thread."""
        self._thread = thread_id
        self._begun.set()

    async def run(self) -> None:
        """Give notices until cancelled."""
        while True:
            self._progress.beat("typing", LONGEST_SECONDS)
            with suppress(asyncio.TimeoutError):
                await within(self._begun.wait(), LONGEST_SECONDS / 2)
            if self._begun.is_set():
                self._begun.clear()
                await self._follow()

    async def _follow(self) -> None:
        signs, loop = Signs(), asyncio.get_running_loop()
        began = seen = loop.time()
        shown: str | None = None
        given = False
        while loop.time() - began < LONGEST_SECONDS and self._giver is not None and self.enabled:
            self._progress.beat("typing", CALL_SECONDS * 4)
            works = await is_at_work(self._pane, signs)
            now = loop.time()
            seen = now if works else seen
            # Before its first sign a program may take a while; after it, one look without is enough.
            if not works and (given or now - seen > STARTING_SECONDS):
                break
            if works:
                given, shown = True, self._thread
                await self._give(shown, SHOWN_SECONDS)
            if self._begun.is_set():
                self._begun.clear()
                began = seen = now
            await asyncio.sleep(EVERY_SECONDS if works else 1.0)
        if given:
            await self._give(shown, 0.0)

    async def _give(self, thread_id: str | None, seconds: float) -> None:
        if self._giver is None or time.monotonic() < self._quiet_until:
            return
        try:
            await within(self._giver.typing(thread_id, seconds), CALL_SECONDS)
        except (ConnectorError, asyncio.TimeoutError) as error:
            asked = (error.retry_after or 0.0) if isinstance(error, RemoteError) else 0.0
            self._quiet_until = time.monotonic() + max(asked, QUIET_SECONDS)
            logger.info("no typing notices for a while: %s", error or "no answer")
