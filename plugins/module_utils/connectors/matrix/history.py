# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what the live stream left out: gaps, a place that was lost, a room from its beginning."""

from __future__ import annotations

import logging
import time

from .answers import is_fatal
from .delivery import Delivery
from .errors import MatrixApiError, RateLimitedError
from .events import event_id_of
from .http import MatrixHttp
from .place import MatrixPlace
from .recovery import recover
from .settings import MatrixSettings
from .stream import WANTED_TYPES, Batch, page

_log = logging.getLogger(__name__)

_GAP_TRIES = 10
_PROGRESS_EVERY = 10


class History:
    """Hands over what lies between our place and the present, and says where something is missing."""

    def __init__(
        self, http: MatrixHttp, settings: MatrixSettings, place: MatrixPlace, delivery: Delivery
    ) -> None:
        self._http = http
        self._settings = settings
        self._place = place
        self._delivery = delivery
        self._gap_failures = 0
        self.gap: str | None = None
        """What may have been lost in this run, and why."""
        self.last_contact = 0.0
        """When the server last gave a page, in seconds since the epoch; 0 before the first."""

    async def fill(self, batch: Batch, room_id: str, since: str) -> int:
        """Read what the timeline left out, from our place forward, and hand it over."""
        try:
            start = self._place.filled or since
            newest = next(
                (
                    event_id_of(one)
                    for one in reversed(batch.events)
                    if one.identifier("type") in WANTED_TYPES
                ),
                None,
            )
            fresh = await self.read_on(room_id, start, batch.prev_batch, newest)
        except MatrixApiError as error:
            if is_fatal(error) or isinstance(error, RateLimitedError):
                raise
            self._gap_failures += 1
            if error.status >= 500 and self._gap_failures < _GAP_TRIES:
                raise
            return await self._fill_backwards(room_id, error)
        self._gap_failures = 0
        return fresh

    async def _fill_backwards(self, room_id: str, why: MatrixApiError) -> int:
        """The second way over a gap, when the server refuses the first."""
        self._gap_failures = 0
        _log.warning("the gap cannot be read forward, trying backwards: %s", why)
        try:
            return await self.take_recovered(room_id, commit=False)
        except MatrixApiError as error:
            if is_fatal(error) or isinstance(error, RateLimitedError):
                raise
            self.gap = f"the server would not show what lies in a gap of {room_id}: {error}"
            _log.error("%s", self.gap)
            return 0

    async def read_on(
        self, room_id: str, start: str | None, end: str | None, newest: str | None = None
    ) -> int:
        """Hand over the history from `start` to `end`, page by page, noting how far we are."""
        fresh = 0
        for number in range(1, self._settings.gap_pages + 1):
            found = await page(self._http, self._settings, room_id, start=start, end=end)
            self.last_contact = time.time()
            with self._delivery.handover.catching_up():
                fresh += await self._delivery.take(found.events, room_id, more_follows=True)
            # Conduit goes on past `end`: the newest event of the live window says that the gap is closed. An
            # empty page does not: a server leaves out what we may not see, and gives what follows it.
            closed = newest is not None and any(event_id_of(event) == newest for event in found.events)
            if found.end is None or closed:
                return fresh
            start = found.end
            await self._place.filled_to(start)
            if number % _PROGRESS_EVERY == 0:
                _log.info("catching up in %s: %d messages so far", room_id, fresh)
        self.gap = (
            f"a gap in {room_id} was longer than {self._settings.gap_pages} pages; its end was left out"
        )
        _log.error("%s", self.gap)
        return fresh

    async def take_recovered(self, room_id: str, *, commit: bool) -> int:
        """Hand over what came after the newest event that is known; with `commit` the place is moved behind it."""
        found = await recover(self._http, self._settings, room_id, self._place)
        if not found.anchored:
            self.gap = (
                f"our place in {room_id} was lost and no known event was found: messages may be missing"
            )
            _log.error("%s", self.gap)
        self._delivery.skip(found.known, room_id)
        with self._delivery.handover.catching_up():
            fresh = await self._delivery.take(found.new, room_id)
        if commit:
            await self._place.commit(found.next_batch, room_id)
        return fresh
