# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking back into the room before something is sent."""

from __future__ import annotations

from ..border import in_path
from ..errors import ConnectorError
from .answers import is_fatal
from .content import TRANSACTION_KEY
from .events import Event, event_id_of, timestamp_of
from .http import MatrixHttp
from .settings import MatrixSettings
from .stream import page, poll

_PAGES = 50
_CLOCK_SKEW = 3600.0


async def thread_head(http: MatrixHttp, room_id: str, root: str) -> str | None:
    """The newest event in a thread as the server tells it, or None; a refusal is no reason not to send."""
    path = f"/_matrix/client/v1/rooms/{in_path(room_id)}/relations/{in_path(root)}/m.thread"
    try:
        answer = await http.request("GET", path, params={"dir": "b", "limit": 1})
    except ConnectorError as error:
        if is_fatal(error):
            raise
        return None
    return next(map(event_id_of, answer.objects("chunk")), None)


async def sent_before(
    http: MatrixHttp, settings: MatrixSettings, room_id: str, user_id: str, since: float
) -> dict[str, str]:
    """Our own events in the room since `since` (seconds since the epoch): transaction id to event id.

    For messages whose transaction ids the server may have forgotten. Pages backwards, within a bound.
    """
    batch = await poll(http, settings, room_id, None)
    found = _ours(batch.events, user_id)
    start = batch.prev_batch
    for _page in range(_PAGES):
        if start is None:
            break
        got = await page(http, settings, room_id, start=start, backwards=True)
        found.update(_ours(got.events, user_id))
        start = got.end
        if not got.events or timestamp_of(got.events[-1]) / 1000 < since - _CLOCK_SKEW:
            break
    return found


def _ours(events: tuple[Event, ...], user_id: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for event in events:
        mark, event_id = event.object("content").text(TRANSACTION_KEY), event_id_of(event)
        if event.identifier("sender") == user_id and event_id is not None and mark is not None:
            found[mark] = event_id
    return found
