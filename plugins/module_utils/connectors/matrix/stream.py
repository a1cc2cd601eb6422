# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's stream of events: one poll, one page of history."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from ..errors import NotMatrixError
from .events import Event
from .http import MatrixHttp
from .room import segment
from .settings import MatrixSettings
from .words import EXTENSIBLE, POLL_ENDS, POLL_STARTS, POLL_VOTES

WANTED_TYPES = (
    *("m.room.message", "m.sticker", "m.reaction", *EXTENSIBLE, *POLL_STARTS, *POLL_VOTES, *POLL_ENDS),
    *("m.room.encrypted", "m.room.redaction", "m.room.tombstone"),
)
_POSITION = re.compile(r"^[a-z]?(\d+)")


@dataclass(frozen=True)
class Batch:
    """What one poll brought for our room."""

    next_batch: str
    events: tuple[Event, ...] = ()
    limited: bool = False
    prev_batch: str | None = None
    left: bool = False


@dataclass(frozen=True)
class Page:
    """One page of history; `end` is where the next begins, None when there is none."""

    events: tuple[Event, ...]
    end: str | None


async def poll(
    http: MatrixHttp, settings: MatrixSettings, room_id: str, since: str | None, *, at_once: bool = False
) -> Batch:
    """Wait for what happens after `since`, unless `at_once`; without `since`, ask for the present.

    The answer is cut off a little after the server should have given it, so that a connection
    that died silently is noticed.
    """
    wait = 0.0 if since is None or at_once else settings.sync_timeout
    params: dict[str, str | int] = {
        "timeout": int(wait * 1000),
        "filter": _filter(room_id, settings.timeline_limit, fresh=since is None),
    }
    if since is not None:
        params["since"] = since
    answer = await http.request(
        "GET",
        "/_matrix/client/v3/sync",
        params=params,
        # An initial sync is computed by the server on the spot and may take its time.
        timeout=(wait or settings.request_timeout) + settings.sync_grace,
    )
    return _batch(http, answer, room_id)


async def page(
    http: MatrixHttp,
    settings: MatrixSettings,
    room_id: str,
    *,
    start: str | None,
    end: str | None = None,
    backwards: bool = False,
) -> Page:
    """One page of the room's history from `start` (None: its beginning) on, towards `end`."""
    params: dict[str, str | int] = {
        "dir": "b" if backwards else "f",
        "limit": settings.timeline_limit,
        "filter": json.dumps({"types": WANTED_TYPES}),
    }
    if start is not None:
        params["from"] = start
    if end is not None:
        params["to"] = end
    path = f"/_matrix/client/v3/rooms/{segment(room_id)}/messages"
    answer = await http.request("GET", path, params=params)
    if not isinstance(answer.get("chunk"), list):
        # Taken for an empty page it would close a gap that is still open.
        raise NotMatrixError(
            f"{http.base_url} answered /messages without a chunk, which every homeserver gives."
        )
    following = answer.get("end")
    return Page(
        events=_events(answer.get("chunk")),
        end=following if isinstance(following, str) and following != start else None,
    )


def position(token: str) -> int | None:
    """How far along the stream a token is, as far as it shows (Synapse `s12_…`, Conduit `12`)."""
    found = _POSITION.match(token)
    return int(found.group(1)) if found else None


def went_back(since: str, next_batch: str) -> bool:
    """Whether the server's stream is shorter than the place we had reached in it."""
    before, after = position(since), position(next_batch)
    return before is not None and after is not None and after < before


def _filter(room_id: str, limit: int, *, fresh: bool) -> str:
    nothing: dict[str, Any] = {"types": []}
    timeline: dict[str, Any] = {"limit": limit, "types": WANTED_TYPES, "lazy_load_members": True}
    if fresh:
        # Synapse answers a repeated initial sync from a cache of two minutes, keyed by the filter
        # among others, and its token would be as old: a name that no type has makes the key new.
        timeline["not_types"] = [f"mosaic.nonce.{uuid4().hex}"]
    return json.dumps(
        {
            "room": {
                "rooms": [room_id],
                "timeline": timeline,
                "state": {"types": [], "lazy_load_members": True},
                "ephemeral": nothing,
                "account_data": nothing,
            },
            "presence": nothing,
            "account_data": nothing,
        }
    )


def _batch(http: MatrixHttp, answer: Mapping[str, Any], room_id: str) -> Batch:
    next_batch = answer.get("next_batch")
    if not isinstance(next_batch, str) or not next_batch:
        raise NotMatrixError(
            f"{http.base_url} answered /sync without next_batch, which every homeserver gives."
        )
    rooms = _mapping(answer.get("rooms"))
    joined = _mapping(_mapping(rooms.get("join")).get(room_id))
    gone = _mapping(_mapping(rooms.get("leave")).get(room_id))
    timeline = _mapping((joined or gone).get("timeline"))
    prev_batch = timeline.get("prev_batch")
    return Batch(
        next_batch=next_batch,
        events=_events(timeline.get("events")),
        limited=timeline.get("limited") is True,
        prev_batch=prev_batch if isinstance(prev_batch, str) else None,
        left=bool(gone),
    )


def _events(value: Any) -> tuple[Event, ...]:
    return tuple(event for event in value if isinstance(event, Mapping)) if isinstance(value, list) else ()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
