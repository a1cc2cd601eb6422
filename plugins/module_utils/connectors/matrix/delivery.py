# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Handing events over to the handler: once each, in order, and never faster than it returns."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from ..backoff import Backoff
from ..types import InboundHandler, InboundMessage
from .cursor import Cursor
from .events import Event, Media, Received, corrections, event_id_of, read_event, timestamp_of
from .settings import MatrixSettings
from .threads import ThreadHeads

_log = logging.getLogger(__name__)

Fetch = Callable[[Media, str], Awaitable[str]]
"""Stores a file that came with an event and says where it is, or why it is not."""


class Delivery:
    """One handler, and all that stands between an event and its call."""

    def __init__(
        self,
        handler: InboundHandler,
        *,
        user_id: str,
        cursor: Cursor,
        heads: ThreadHeads,
        fetch: Fetch,
        settings: MatrixSettings,
    ) -> None:
        self._handler = handler
        self._user_id = user_id
        self._cursor = cursor
        self._heads = heads
        self._fetch = fetch
        self._settings = settings
        self._current: asyncio.Task[None] | None = None
        self._stopping = False
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
        self._stopping = True

    async def take(self, events: Sequence[Event], room_id: str) -> int:
        """Hand over what is new among `events`, and return how many were.

        Ends in `asyncio.CancelledError` when it was stopped before all were done.
        """
        known = corrections(events)
        fresh = 0
        for event in events:
            event_id = event_id_of(event)
            if event_id is None or self._cursor.is_done(event_id):
                continue
            await self._take_one(event, event_id, room_id, known.get(event_id))
            fresh += 1
        return fresh

    def skip(self, events: Sequence[Event], room_id: str) -> None:
        """Count `events` as done without handing them over."""
        for event in events:
            event_id = event_id_of(event)
            if event_id is not None and not self._cursor.is_done(event_id):
                self._cursor.done(event_id, timestamp_of(event), room_id, durable=False)

    async def _take_one(self, event: Event, event_id: str, room_id: str, correction: Event | None) -> None:
        self._heads.saw(event)
        received = None if event.get("sender") == self._user_id else read_event(event, correction=correction)
        if received is not None:
            await self._hand_over(await self._with_file(received, event_id))
        self._cursor.done(event_id, timestamp_of(event), room_id, durable=received is not None)

    async def _with_file(self, received: Received, event_id: str) -> InboundMessage:
        if received.media is None:
            return received.message
        line = received.media.describe(await self._fetch(received.media, event_id))
        text = received.message.text
        return replace(received.message, text=f"{text}\n{line}" if text else line)

    async def _hand_over(self, message: InboundMessage) -> None:
        """Call the handler until it returned, or failed too often."""
        backoff = Backoff(self._settings.backoff_first, self._settings.backoff_cap)
        for attempt in range(1, self._settings.handler_attempts + 1):
            if self._stopping:
                raise asyncio.CancelledError
            try:
                await self._call(message)
            except Exception as error:
                reason = "it took too long" if isinstance(error, asyncio.TimeoutError) else repr(error)
                _log.error(
                    "the handler failed on message %s (attempt %d of %d): %s",
                    message.message_id,
                    attempt,
                    self._settings.handler_attempts,
                    reason,
                )
            else:
                return
            if attempt < self._settings.handler_attempts:
                await asyncio.sleep(backoff.next())
        self.given_up += 1
        _log.error("message %s is given up: the handler failed on it every time", message.message_id)

    async def _call(self, message: InboundMessage) -> None:
        # A task of its own, so that an unsubscribe from inside the handler can be told apart.
        call = self._current = asyncio.create_task(self._invoke(message))
        try:
            await asyncio.wait({call}, timeout=self._settings.handler_timeout)
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
