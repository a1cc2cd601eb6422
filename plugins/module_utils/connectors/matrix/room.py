# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding our room and being in it: aliases, joining, and the room that replaces an upgraded one."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from ..border import LONG_ANSWER_BYTES, Foreign, in_path
from ..errors import MatrixApiError, NotInRoomError
from .events import Event
from .http import MatrixHttp
from .rooms import joined_rooms

_log = logging.getLogger(__name__)

_MOVES_FOLLOWED = 16


@dataclass(frozen=True)
class Entry:
    """Where we are: the room to use, those it replaced (oldest first), and whether it is replaced too."""

    room_id: str
    replaced: tuple[str, ...] = ()
    shut_out: bool = False
    """The room was replaced by one that does not let us in yet."""
    joined_now: bool = False
    """We were not in the room before."""


async def enter_room(http: MatrixHttp, room: str, user_id: str) -> Entry:
    """Be in the room that `room` (an id or an alias) means today.

    Accepts an invitation, joins a public room, follows upgrades. Raises `NotInRoomError` when the
    account is not let in, and whatever a request raises.
    """
    room_id, via = await _resolve(http, room)
    joined_now = room_id not in await joined_rooms(http)
    if joined_now:
        await _join(http, room_id, via, user_id)
    chain = [room_id]
    while len(chain) <= _MOVES_FOLLOWED:
        try:
            successor = await follow_upgrade(http, chain[-1], user_id)
        except NotInRoomError as error:
            _log.warning("%s was replaced, but: %s", chain[-1], error)
            return Entry(chain[-1], tuple(chain[:-1]), shut_out=True, joined_now=joined_now)
        if successor is None or successor in chain:
            break
        chain.append(successor)
    return Entry(chain[-1], tuple(chain[:-1]), joined_now=joined_now)


async def follow_upgrade(http: MatrixHttp, room_id: str, user_id: str) -> str | None:
    """Join the room that replaces `room_id` and return its id, or None when there is none to trust.

    What the timeline shows could be forged; the room's current state was authorised by the
    server, and the successor has to name its predecessor. Raises `NotInRoomError` when the
    successor does not let us in.
    """
    tombstone = await read_state_event(http, room_id, "m.room.tombstone")
    successor = tombstone.identifier("replacement_room")
    if successor is None or successor == room_id:
        return None
    if successor not in await joined_rooms(http):
        await _join(http, successor, _servers(room_id) or _servers(user_id), user_id)
    create = await read_state_event(http, successor, "m.room.create")
    if create.object("predecessor").identifier("room_id") != room_id:
        _log.warning(
            "%s claims to be replaced by %s, which does not say so: not followed", room_id, successor
        )
        return None
    _log.info("following the upgrade of %s to %s", room_id, successor)
    return successor


async def _resolve(http: MatrixHttp, room: str) -> tuple[str, list[str]]:
    if not room.startswith("#"):
        return room, _servers(room)
    try:
        answer = await http.request("GET", f"/_matrix/client/v3/directory/room/{in_path(room)}")
    except MatrixApiError as error:
        if error.status != 404:
            raise
        raise NotInRoomError(
            f"No room has the alias {room}. Expected the alias of an existing room as room_id: "
            "create the room, or correct the alias."
        ) from error
    room_id = answer.identifier("room_id")
    if room_id is None or not room_id.startswith("!"):
        raise NotInRoomError(f"The server named no room id for the alias {room}.")
    return room_id, list(answer.identifiers("servers"))


async def _join(http: MatrixHttp, room_id: str, via: list[str], user_id: str) -> None:
    # `via` for current servers, `server_name` for those before Matrix 1.12.
    hints = [f"{name}={in_path(server)}" for server in via[:3] for name in ("server_name", "via")]
    path = f"/_matrix/client/v3/join/{in_path(room_id)}" + (f"?{'&'.join(hints)}" if hints else "")
    try:
        await http.request("POST", path, json={})
    except MatrixApiError as error:
        if error.status not in (400, 403, 404):
            raise
        # Synapse says so of who is banned, and shows them nothing else.
        banned = error.errcode == "M_BAD_STATE"
        advice = not_in_room_advice("ban" if banned else None, user_id)
        raise NotInRoomError(
            f"{user_id} is not in the room {room_id} and was not let in ({error.errcode}). {advice}"
        ) from error
    _log.info("joined %s", room_id)


def began_at(events: Sequence[Event], user_id: str) -> int:
    """Where our present membership begins among `events`: behind the invitation, else behind our joining."""
    begin = len(events)
    for number in reversed(range(len(events))):
        event = events[number]
        if event.identifier("type") != "m.room.member" or event.text("state_key") != user_id:
            continue
        membership = event.object("content").identifier("membership")
        if membership not in ("invite", "join"):
            break
        begin = number + 1
    return begin


def not_in_room_advice(membership: str | None, user_id: str) -> str:
    """What a human has to do so that we come in, by our membership."""
    if membership == "ban":
        return f"{user_id} is banned from it: lift the ban, then invite {user_id}."
    return f"Invite {user_id}; the invitation is accepted by itself."


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
        "/_matrix/client/v3/sync",
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
    path = f"/_matrix/client/v3/rooms/{in_path(room_id)}/state/{kind}"
    try:
        found = await http.request("GET", path, params={"format": "event"}, timeout=timeout)
    except MatrixApiError as error:
        if error.status in (403, 404):
            return Foreign()
        raise
    # A server that does not know the format answers with the content alone.
    is_whole = "content" in found and "sender" in found and found.identifier("type") is not None
    return found if is_whole else Foreign({"content": found.plain})


def _servers(identifier: str) -> list[str]:
    """The server an identifier names; a room id of version 12 names none."""
    server = identifier.partition(":")[2]
    return [server] if server else []
