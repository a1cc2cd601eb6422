# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding our way back into a stream that lost our place.

A server restored from a backup refuses the token we hold, or takes it and silently skips what lies
between; an administrator may purge history. Then we ask for the present and read backwards to an
event we know: what came after it is new, however the server counts now.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from ..border import identifier, in_path
from .errors import MatrixApiError
from .events import Event, event_id_of, timestamp_of
from .http import MatrixHttp
from .place import MatrixPlace
from .settings import MatrixSettings
from .stream import page, poll

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recovery:
    """Where the stream is now, what is new since the event we know, and whether we found one."""

    next_batch: str
    known: tuple[Event, ...]
    new: tuple[Event, ...]
    anchored: bool


async def recover(http: MatrixHttp, settings: MatrixSettings, room_id: str, place: MatrixPlace) -> Recovery:
    """Ask for the present and read back to an event that was handled.

    Where none is found within the bound, the server's time of our last event decides; without
    even that nothing is new: a gap may exist, and no flood comes.
    """
    batch = await poll(http, settings, room_id, None)
    events = list(batch.events)
    start = batch.prev_batch if batch.limited else None
    for _page in range(settings.recovery_pages):
        if start is None:
            break
        found = await page(http, settings, room_id, start=start, backwards=True)
        events[:0] = reversed(found.events)
        start = found.end if found.events and not _knows_any(place, found.events) else None
    anchored = _knows_any(place, events)
    if anchored:
        # The oldest one: between it and the newest there may be some that we never had.
        cut = next(number for number, event in enumerate(events) if _knows_any(place, [event])) + 1
    else:
        cut = _first_after(events, place.last_ts) if place.last_ts else len(events)
    return Recovery(batch.next_batch, tuple(events[:cut]), tuple(events[cut:]), anchored)


async def is_lost(http: MatrixHttp, room_id: str, event_id: str | None) -> bool:
    """Whether the server does not know an event that it once sent us."""
    if event_id is None:
        return False
    if identifier(event_id) is None:
        return True  # written down by an earlier release, and nothing that could be asked for
    path = f"/_matrix/client/v3/rooms/{in_path(room_id)}/event/{in_path(event_id)}"
    try:
        await http.request("GET", path)
    except MatrixApiError as error:
        if error.status == 404:
            return True
        if error.status != 403:
            raise
    return False


def _knows_any(place: MatrixPlace, events: Iterable[Event]) -> bool:
    return any(event_id is not None and place.is_done(event_id) for event_id in map(event_id_of, events))


def _first_after(events: list[Event], ts: int) -> int:
    return next((number for number, event in enumerate(events) if timestamp_of(event) > ts), len(events))
