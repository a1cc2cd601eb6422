# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calling the handler for a message until it took it: bounded, isolated, and told apart from us."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import logging
from dataclasses import replace

from .backoff import Backoff
from .characters import encodable
from .types import InboundHandler, InboundMessage

_log = logging.getLogger(__name__)


class Handover:
    """One handler, called for one message at a time."""

    def __init__(
        self,
        handler: InboundHandler,
        *,
        attempts: int | None,
        timeout: float,
        backoff_first: float,
        backoff_cap: float,
    ) -> None:
        """`attempts` per message (None: until it is taken); `timeout` of a call and the waits are in seconds."""
        self._handler = handler
        self._attempts = attempts
        self._timeout = timeout
        self._waits = (backoff_first, backoff_cap)
        self._current: asyncio.Task[None] | None = None
        self.stopping = False
        """Whether no handler is started any more."""
        self.given_up = 0
        """Messages whose handler failed every time."""

    @property
    def current(self) -> asyncio.Task[None] | None:
        """The call of the handler that is running, or None."""
        return self._current

    def called_from_handler(self) -> bool:
        """Whether the code that asks is the handler itself."""
        return self._current is not None and asyncio.current_task() is self._current

    def stop(self) -> None:
        """Start no handler any more."""
        self.stopping = True

    async def hand_over(self, message: InboundMessage) -> None:
        """Call the handler until it returned, or failed too often.

        Ends in `asyncio.CancelledError` when it was stopped before.
        """
        # The handler stores it: a text that no database takes would fail there for ever.
        message = replace(message, text=encodable(message.text))
        backoff = Backoff(*self._waits)
        for attempt in itertools.count(1):
            if self.stopping:
                raise asyncio.CancelledError
            try:
                await self._call(message)
            except Exception as error:
                reason = "it took too long" if isinstance(error, asyncio.TimeoutError) else repr(error)
                _log.error(
                    "the handler failed on message %s (attempt %d of %s): %s",
                    message.message_id,
                    attempt,
                    self._attempts or "as many as it takes",
                    reason,
                )
            else:
                return
            if attempt == self._attempts:
                break
            await asyncio.sleep(backoff.next())
        self.given_up += 1
        _log.error("message %s is given up: the handler failed on it every time", message.message_id)

    async def _call(self, message: InboundMessage) -> None:
        # A task of its own, so that an unsubscribe from inside the handler can be told apart.
        call = self._current = asyncio.create_task(self._invoke(message))
        try:
            await asyncio.wait({call}, timeout=self._timeout)
            if not call.done():
                raise asyncio.TimeoutError
            if call.cancelled():
                raise RuntimeError("it was cancelled")
            call.result()
        finally:
            call.cancel()
            self._current = None

    async def _invoke(self, message: InboundMessage) -> None:
        result = self._handler(message)
        if inspect.isawaitable(result):
            await result
