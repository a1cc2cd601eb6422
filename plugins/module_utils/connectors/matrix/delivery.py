# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Handing events over to the handler: once each, in order, and never faster than it returns."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Sequence
from functools import partial

from ..chat import handover_to
from ..types import InboundHandler, InboundMessage
from .completion import Completion, Fetch, Origin
from .encryption import SIGNS
from .events import Event, corrections, edited_by, event_id_of, read_edit, timestamp_of
from .http import MatrixHttp
from .place import MatrixPlace
from .quotes import OwnWords
from .settings import MatrixSettings
from .threads import ThreadHeads

_log = logging.getLogger(__name__)

_TOLD = 20
"""Unreadable events that are named in the journal; of more, only their number is told."""


class Delivery:
    """One handler, and all that stands between an event and its call."""

    def __init__(
        self,
        handler: InboundHandler,
        http: MatrixHttp,
        *,
        user_id: str,
        place: MatrixPlace,
        heads: ThreadHeads,
        fetch: Fetch,
        saw_encryption: Callable[[], None],
        settings: MatrixSettings,
    ) -> None:
        self._user_id = user_id
        self._place = place
        self._heads = heads
        self._saw_encryption = saw_encryption
        self._own = OwnWords(user_id)
        self._completion = Completion(http, fetch, self._own)
        self.handover = handover_to(handler, settings)
        self.unreadable = 0
        """Events that could not be understood and were passed over."""

    async def take(self, events: Sequence[Event], room_id: str, *, more_follows: bool = False) -> int:
        """Hand over what is new among `events`, and return how many were.

        `more_follows`: they are a page of the past, and what came after it may be an edit of one of them.
        Ends in `asyncio.CancelledError` when it was stopped before all were done.
        """
        known = corrections(events)
        taken_before = {target for target in known if self._place.is_done(target)}
        fresh = 0
        for event in events:
            event_id = event_id_of(event)
            if event_id is None or self._place.is_done(event_id):
                continue
            origin = Origin(
                event,
                event_id,
                event.identifier("sender") or "",
                room_id,
                known.get(event_id),
                may_be_edited=more_follows,
            )
            await self._take_one(origin, taken_before)
            fresh += 1
        return fresh

    def skip(self, events: Sequence[Event], room_id: str) -> None:
        """Count `events` as done without handing them over."""
        for event in events:
            event_id = event_id_of(event)
            if event_id is not None and not self._place.is_done(event_id):
                self._place.note(event_id, timestamp_of(event), room_id)

    async def _take_one(self, origin: Origin, taken_before: Container[str | None]) -> None:
        self._heads.saw(origin.event)
        if origin.event.identifier("type") in SIGNS:
            self._saw_encryption()
        message = self._read(origin)
        if message is not None:
            await self.handover.hand_over(message)
        elif edited_by(origin.event) in taken_before:
            await self.handover.hear_of_edit(origin.sender, partial(read_edit, origin.event))
        self._place.note(origin.event_id, timestamp_of(origin.event), origin.room_id)
        if message is not None:
            await self._place.keep()

    def _read(self, origin: Origin) -> InboundMessage | None:
        """The message of an event; None when it has none, or nobody thought of what it holds."""
        try:
            self._own.saw(origin.event)
            return None if origin.sender == self._user_id else self._completion.begin(origin)
        except Exception:
            # Anybody in the room can write anything: one event must not hold up all that follow it, and
            # many must not fill the journal.
            self.unreadable += 1
            if self.unreadable <= _TOLD:
                _log.exception("event %s is passed over: it could not be read", origin.event_id)
            return None
