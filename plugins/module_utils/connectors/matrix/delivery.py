# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Handing events over to the handler: once each, in order, and never faster than it returns."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from ..handover import Handover
from ..types import InboundHandler, InboundMessage, PartialMessage
from .events import Event, Media, Received, corrections, event_id_of, read_event, timestamp_of
from .options import MatrixOptions
from .place import MatrixPlace
from .quotes import Quotes
from .threads import ThreadHeads

_log = logging.getLogger(__name__)

_TOLD = 20
"""Unreadable events that are named in the journal; of more, only their number is told."""

Fetch = Callable[[Media, str], Awaitable[str]]
"""Stores a file that came with an event and says where it is, or why it is not."""


class Delivery:
    """One handler, and all that stands between an event and its call."""

    def __init__(
        self,
        handler: InboundHandler,
        *,
        user_id: str,
        place: MatrixPlace,
        heads: ThreadHeads,
        fetch: Fetch,
        options: MatrixOptions,
    ) -> None:
        self._user_id = user_id
        self._place = place
        self._heads = heads
        self._fetch = fetch
        self._quotes = Quotes()
        self.handover = Handover(
            handler,
            attempts=options.handler_attempts,
            timeout=options.handler_timeout,
            backoff_first=options.backoff_first,
            backoff_cap=options.backoff_cap,
        )
        self.unreadable = 0
        """Events that could not be understood and were passed over."""

    async def take(self, events: Sequence[Event], room_id: str) -> int:
        """Hand over what is new among `events`, and return how many were.

        Ends in `asyncio.CancelledError` when it was stopped before all were done.
        """
        known = corrections(events)
        fresh = 0
        for event in events:
            event_id = event_id_of(event)
            if event_id is None or self._place.is_done(event_id):
                continue
            await self._take_one(event, event_id, room_id, known.get(event_id))
            fresh += 1
        return fresh

    def skip(self, events: Sequence[Event], room_id: str) -> None:
        """Count `events` as done without handing them over."""
        for event in events:
            event_id = event_id_of(event)
            if event_id is not None and not self._place.is_done(event_id):
                self._place.note(event_id, timestamp_of(event), room_id)

    async def _take_one(
        self, event: Event, event_id: str, room_id: str, correction: Mapping[str, Event] | None
    ) -> None:
        self._heads.saw(event)
        message = self._read(event, event_id, correction)
        if message is not None:
            await self.handover.hand_over(message)
        self._place.note(event_id, timestamp_of(event), room_id)
        if message is not None:
            await self._place.keep()

    def _read(
        self, event: Event, event_id: str, correction: Mapping[str, Event] | None
    ) -> InboundMessage | None:
        """The message of an event; None when it has none, or nobody thought of what it holds."""
        try:
            self._quotes.saw(event)
            if event.identifier("sender") == self._user_id:
                return None
            received = read_event(event, correction=correction, quoted=self._quotes.of)
            return None if received is None else self._with_file(received, event_id)
        except Exception:
            # Anybody in the room can write anything: one event must not hold up all that follow it, and
            # many must not fill the journal.
            self.unreadable += 1
            if self.unreadable <= _TOLD:
                _log.exception("event %s is passed over: it could not be read", event_id)
            return None

    def _with_file(self, received: Received, event_id: str) -> InboundMessage:
        """The message naming its file by the reference; where it is stored is told to who asks for the rest."""
        media, message = received.media, received.message
        if media is None:
            return message

        async def rest() -> InboundMessage:
            return _with_line(message, media.describe(await self._fetch(media, event_id)))

        named = _with_line(message, media.describe(media.uri))
        return PartialMessage(
            named.text, named.sender, named.ts, named.thread_id, named.message_id, rest=rest
        )


def _with_line(message: InboundMessage, line: str) -> InboundMessage:
    return replace(message, text=f"{message.text}\n{line}" if message.text else line)
