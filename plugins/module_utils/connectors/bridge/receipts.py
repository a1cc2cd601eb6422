# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receipts: what became of the operator's messages, shown on them. The facts are the inbox's.

Nobody waits for a receipt, and none is promised: one request at a time, none while answers wait for the channel, and
a long silence where the far side does not take them. What is pending is the newest mark of each message alone, so that
a message that is taken at once gets one mark and not two.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..base import ReceiptGiver
from ..ending import within
from ..errors import ConnectorError, Meaning, RemoteError
from ..types import InboundMessage, Mark
from .counters import Counters
from .progress import Progress

logger = logging.getLogger(__name__)

CALL_SECONDS = 15.0
"""How long one request may take."""

SETTLING_SECONDS = 1.5
"""How long a stored message goes without a mark: most are taken meanwhile."""

MOST_PENDING = 500
"""Messages that wait for a mark; of more, the oldest go without."""

PATIENCE_SECONDS = 30.0
"""How long marks wait for answers that wait for the channel, which come first."""

PAUSE_SECONDS = 0.5

QUIET_SECONDS = 600.0
"""Silence after failures in a row, such as a missing permission; and the longest that a far side may ask for."""

FAILURES = 3
"""Failures in a row that lead to it."""


@dataclass(frozen=True)
class _Wanted:
    message: InboundMessage
    mark: Mark
    since: float
    due: float


class Receipts:
    """Gives marks and read receipts, one after the other."""

    def __init__(
        self,
        giver: ReceiptGiver | None,
        *,
        progress: Progress,
        counters: Counters,
        answers_wait: Callable[[], bool],
        marks: bool,
        reads: bool,
        call_seconds: float = CALL_SECONDS,
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        """`giver` is the channel's, None where it has none; `answers_wait` says whether messages wait to be sent.

        A request may take `call_seconds`; after failures in a row nothing is asked for `quiet_seconds`.
        """
        self.marks = marks
        """Whether messages are marked."""
        self.reads = reads
        """Whether they are shown as read."""
        self._giver = giver
        self._progress = progress
        self._counters = counters
        self._answers_wait = answers_wait
        self._call_seconds = call_seconds
        self._quiet_seconds = quiet_seconds
        self._pending: dict[str, _Wanted] = {}
        self._unread: InboundMessage | None = None
        self._wake = asyncio.Event()
        self._failures = 0
        self._quiet_until = 0.0

    def note(self, message: InboundMessage, mark: Mark) -> None:
        """Have a message marked soon; nothing here waits or fails."""
        if self._giver is None or message.message_id is None:
            return
        now = time.monotonic()
        if self.reads and mark is Mark.STORED and "read" in self._giver.abilities:
            self._unread = message
        if self.marks and "mark" in self._giver.abilities:
            self._pending.pop(message.message_id, None)
            wait = SETTLING_SECONDS if mark is Mark.STORED else 0.0
            self._pending[message.message_id] = _Wanted(message, mark, now, now + wait)
            if len(self._pending) > MOST_PENDING:
                del self._pending[next(iter(self._pending))]
        self._wake.set()

    async def run(self) -> None:
        """Give them until cancelled."""
        while True:
            self._progress.beat("receipts", 2 * self._call_seconds + self._quiet_seconds + 60)
            await self._rest()
            if self._giver is None:
                continue
            unread, self._unread = self._unread, None
            if unread is not None:
                await self._give(self._giver.read(unread))
            wanted = self._due()
            if wanted is not None:
                del self._pending[wanted.message.message_id or ""]
                if await self._give(self._giver.mark(wanted.message, wanted.mark)):
                    # It was asked to wait, and goes after the quiet unless there is a newer one.
                    self._pending.setdefault(wanted.message.message_id or "", wanted)

    async def _rest(self) -> None:
        """Wait until something may be given."""
        quiet = self._quiet_until - time.monotonic()
        if quiet > 0:
            await asyncio.sleep(quiet)
        elif not self._pending and self._unread is None:
            self._wake.clear()
            with suppress(asyncio.TimeoutError):
                await within(self._wake.wait(), self._quiet_seconds)
        elif self._unread is None and self._due() is None:
            await asyncio.sleep(PAUSE_SECONDS)

    def _due(self) -> _Wanted | None:
        """The first mark whose time has come, unless answers go first."""
        now = time.monotonic()
        wanted = next((one for one in self._pending.values() if one.due <= now), None)
        if wanted is None or (now - wanted.since < PATIENCE_SECONDS and self._answers_wait()):
            return None
        return wanted

    async def _give(self, call: Coroutine[Any, Any, None]) -> bool:
        """Give one; whether it is to be given later."""
        try:
            await within(call, self._call_seconds)
        except (ConnectorError, asyncio.TimeoutError) as error:
            self._failed(error)
            return isinstance(error, RemoteError) and error.meaning is Meaning.QUIET
        except Exception as error:
            logger.exception("a receipt failed unexpectedly")
            self._failed(error)
        else:
            self._failures = 0
            self._counters.add("receipts", outcome="given")
        return False

    def _failed(self, error: Exception) -> None:
        """Leave the far side alone for as long as it asks, and for long after failures in a row."""
        self._counters.add("receipts", outcome="failed")
        self._failures += 1
        asked = (error.retry_after or 0.0) if isinstance(error, RemoteError) else 0.0
        wait = min(max(asked, PAUSE_SECONDS), self._quiet_seconds)
        if self._failures >= FAILURES:
            wait, self._failures = self._quiet_seconds, 0
            logger.info("no receipts for %g s: %s", wait, error or "no answer")
        self._quiet_until = time.monotonic() + wait
