# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's stream of events: one poll, one page of history."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from ..border import LONG_ANSWER_BYTES, Foreign, in_path
from .errors import NotMatrixError
from .events import Event
from .http import MatrixHttp
from .settings import MatrixSettings
from .words import EXTENSIBLE, POLL_ENDS, POLL_STARTS, POLL_VOTES

WANTED_TYPES = (
    *("m.room.message", "m.sticker", "m.reaction", *EXTENSIBLE, *POLL_STARTS, *POLL_VOTES, *POLL_ENDS),
    *("m.room.encrypted", "m.room.redaction", "m.room.tombstone"),
)

_POLLED_TYPES = (*WANTED_TYPES, "m.room.member", "m.room.encryption")
"""With encryption, which keeps us from saying more, and with memberships, since Synapse leaves a room that we were put
out of out of its answer where the filter leaves out the event that did it."""

_POSITION = re.compile(r"[a-z]?([0-9]{1,18})(?![0-9])")


@dataclass(frozen=True)
class Batch:
    """What one poll brought for our room."""

    next_batch: str
    events: tuple[Event, ...] = ()
    limited: bool = False
    prev_batch: str | None = None
    left: bool = False
    invited: bool = False
    """We are not in the room, and may come."""


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
        limit=LONG_ANSWER_BYTES,
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
    path = f"/_matrix/client/v3/rooms/{in_path(room_id)}/messages"
    answer = await http.request("GET", path, params=params, limit=LONG_ANSWER_BYTES)
    if not answer.has_list("chunk"):
        # Taken for an empty page it would close a gap that is still open.
        raise NotMatrixError(
            f"{http.base_url} answered /messages without a chunk, which every homeserver gives."
        )
    following = answer.token("end")
    if following is None and "end" in answer and answer.text("end"):
        raise NotMatrixError(f"{http.base_url} answered /messages with an end that cannot be asked for.")
    return Page(events=answer.objects("chunk"), end=following if following not in (start, end) else None)


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
    timeline: dict[str, Any] = {"limit": limit, "types": _POLLED_TYPES, "lazy_load_members": True}
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


def _batch(http: MatrixHttp, answer: Foreign, room_id: str) -> Batch:
    next_batch = answer.token("next_batch")
    if next_batch is None:
        # Kept, it could never be asked for, and the line would be deaf for ever.
        raise NotMatrixError(
            f"{http.base_url} answered /sync without a next_batch of at most 4096 printable characters, which every "
            "homeserver gives. Look at the homeserver and the proxies between."
        )
    rooms = answer.object("rooms")
    joined, gone = rooms.object("join").object(room_id), rooms.object("leave").object(room_id)
    timeline = (joined or gone).object("timeline")
    return Batch(
        next_batch=next_batch,
        events=timeline.objects("events"),
        limited=timeline.is_true("limited"),
        prev_batch=timeline.token("prev_batch"),
        left=bool(gone),
        invited=bool(rooms.object("invite").object(room_id)),
    )
