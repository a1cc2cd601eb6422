# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a homeserver says of rooms: which we are in, what an alias names, and what state a room has.

Source: Matrix client-server API v1.11, "Rooms".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ..border import LONG_ANSWER_BYTES, Foreign, in_path
from .answers import required
from .errors import MatrixApiError, RateLimitedError
from .http import CLIENT, MatrixHttp

State = Mapping[tuple[str, str], Foreign]
"""The current state of a room: (event type, state key) -> event."""


@dataclass(frozen=True)
class Named:
    """What an alias names: a room, and servers by which it can be joined."""

    room_id: str
    servers: tuple[str, ...]


async def resolve_alias(http: MatrixHttp, alias: str) -> str | None:
    """The id of the room that an alias names, or None."""
    named = await look_up_alias(http, alias)
    return None if named is None else named.room_id


async def look_up_alias(http: MatrixHttp, alias: str) -> Named | None:
    """What an alias names, or None where it names nothing; raises `NotMatrixError` for an answer without an id."""
    try:
        answer = await http.request("GET", alias_path(alias))
    except RateLimitedError:
        raise
    except MatrixApiError as error:
        if error.status == 404:
            return None
        raise
    return Named(required(answer, "room_id"), answer.identifiers("servers"))


async def read_state(http: MatrixHttp, room_id: str) -> State | None:
    """The state of a room, or None when this account may not see it (or there is no such room)."""
    try:
        events = await http.request_list(f"{CLIENT}/rooms/{in_path(room_id)}/state")
    except RateLimitedError:
        raise
    except MatrixApiError as error:
        if error.status in (403, 404):
            return None
        raise
    return {
        (event.identifier("type") or "", event.text("state_key") or ""): event
        for event in events
        if event.identifier("type")
    }


async def joined_rooms(http: MatrixHttp, *, timeout: float | None = None) -> tuple[str, ...]:
    """The ids of the rooms this account is in."""
    answer = await http.request("GET", f"{CLIENT}/joined_rooms", limit=LONG_ANSWER_BYTES, timeout=timeout)
    return answer.identifiers("joined_rooms")


def alias_path(alias: str) -> str:
    """The path of an alias in the room directory."""
    return f"{CLIENT}/directory/room/{in_path(alias)}"


async def own_membership(http: MatrixHttp, room_id: str, user_id: str) -> str | None:
    """Our membership as far as the server shows it to who is not in the room.

    Who is banned may not look at the room's state, and is told in an initial sync.
    """
    member = await read_state_event(http, room_id, f"m.room.member/{in_path(user_id)}")
    if member:
        return member.identifier("membership")
    timeline = {"limit": 1, "types": ["m.room.member"]}
    only = {"rooms": [room_id], "include_leave": True, "timeline": timeline, "state": {"types": []}}
    answer = await http.request(
        "GET",
        f"{CLIENT}/sync",
        params={"timeout": 0, "filter": json.dumps({"room": only, "presence": {"types": []}})},
        limit=LONG_ANSWER_BYTES,
    )
    gone = answer.object("rooms").object("leave").object(room_id)
    for event in reversed(gone.object("timeline").objects("events")):
        if event.identifier("type") == "m.room.member" and event.text("state_key") == user_id:
            return event.object("content").identifier("membership")
    return None


async def read_state_event(
    http: MatrixHttp, room_id: str, kind: str, *, timeout: float | None = None
) -> Foreign:
    """The content of a piece of a room's state; an empty one where there is none, or none is shown."""
    return (await read_whole_state_event(http, room_id, kind, timeout=timeout)).object("content")


async def read_whole_state_event(
    http: MatrixHttp, room_id: str, kind: str, *, timeout: float | None = None
) -> Foreign:
    """A piece of a room's state with who set it, where the server tells that; see `read_state_event`."""
    path = f"{CLIENT}/rooms/{in_path(room_id)}/state/{kind}"
    try:
        found = await http.request("GET", path, params={"format": "event"}, timeout=timeout)
    except MatrixApiError as error:
        if error.status in (403, 404):
            return Foreign()
        raise
    # A server that does not know the format answers with the content alone.
    is_whole = "content" in found and "sender" in found and found.identifier("type") is not None
    return found if is_whole else Foreign({"content": found.plain})
