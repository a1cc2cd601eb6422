# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding our room and being in it: aliases, joining, and the room that replaces an upgraded one."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..errors import ConfigError, MatrixApiError, NotInRoomError
from .http import MatrixHttp

_log = logging.getLogger(__name__)

_MOVES_FOLLOWED = 16


def segment(value: str) -> str:
    """`value` as one segment of a path; room ids are opaque and may hold anything."""
    return quote(value, safe="")


@dataclass(frozen=True)
class Entry:
    """Where we are: the room to use, those it replaced (oldest first), and whether it is replaced too."""

    room_id: str
    replaced: tuple[str, ...] = ()
    shut_out: bool = False
    """The room was replaced by one that does not let us in yet."""


async def enter_room(http: MatrixHttp, room: str, user_id: str) -> Entry:
    """Be in the room that `room` (an id or an alias) means today.

    Accepts an invitation, joins a public room, follows upgrades. Raises `NotInRoomError` when the
    account is not let in, and whatever a request raises.
    """
    room_id, via = await _resolve(http, room)
    joined = await joined_rooms(http)
    if room_id not in joined:
        await _join(http, room_id, via, user_id)
    chain = [room_id]
    while len(chain) <= _MOVES_FOLLOWED:
        try:
            successor = await follow_upgrade(http, chain[-1], user_id)
        except NotInRoomError as error:
            _log.warning("%s was replaced, but: %s", chain[-1], error)
            return Entry(chain[-1], tuple(chain[:-1]), shut_out=True)
        if successor is None or successor in chain:
            break
        chain.append(successor)
    return Entry(chain[-1], tuple(chain[:-1]))


async def joined_rooms(http: MatrixHttp, *, timeout: float | None = None) -> list[str]:
    """The ids of the rooms the account is in."""
    answer = await http.request("GET", "/_matrix/client/v3/joined_rooms", timeout=timeout)
    rooms = answer.get("joined_rooms")
    return [room for room in rooms if isinstance(room, str)] if isinstance(rooms, list) else []


async def follow_upgrade(http: MatrixHttp, room_id: str, user_id: str) -> str | None:
    """Join the room that replaces `room_id` and return its id, or None when there is none to trust.

    What the timeline shows could be forged; the room's current state was authorised by the
    server, and the successor has to name its predecessor. Raises `NotInRoomError` when the
    successor does not let us in.
    """
    tombstone = await _state(http, room_id, "m.room.tombstone")
    successor = tombstone.get("replacement_room")
    if not isinstance(successor, str) or not successor or successor == room_id:
        return None
    if successor not in await joined_rooms(http):
        await _join(http, successor, _servers(room_id) or _servers(user_id), user_id)
    create = await _state(http, successor, "m.room.create")
    predecessor = create.get("predecessor")
    if not isinstance(predecessor, dict) or predecessor.get("room_id") != room_id:
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
        answer = await http.request("GET", f"/_matrix/client/v3/directory/room/{segment(room)}")
    except MatrixApiError as error:
        if error.status != 404:
            raise
        raise NotInRoomError(
            f"No room has the alias {room}. Expected the alias of an existing room as room_id: "
            "create the room, or correct the alias."
        ) from error
    room_id, servers = answer.get("room_id"), answer.get("servers")
    if not isinstance(room_id, str):
        raise NotInRoomError(f"The server named no room id for the alias {room}.")
    return room_id, [name for name in servers if isinstance(name, str)] if isinstance(servers, list) else []


async def _join(http: MatrixHttp, room_id: str, via: list[str], user_id: str) -> None:
    # `via` for current servers, `server_name` for those before Matrix 1.12.
    hints = [f"{name}={segment(server)}" for server in via[:3] for name in ("server_name", "via")]
    path = f"/_matrix/client/v3/join/{segment(room_id)}" + (f"?{'&'.join(hints)}" if hints else "")
    try:
        await http.request("POST", path, json={})
    except MatrixApiError as error:
        if error.status not in (400, 403, 404):
            raise
        if not room_id.startswith("!"):
            raise ConfigError(
                f"room_id is expected to be a room id (!…) or an alias (#…), found {room_id!r}."
            ) from error
        raise NotInRoomError(
            f"{user_id} is not in the room {room_id} and was not let in ({error.errcode}). "
            f"Invite {user_id}; the invitation is accepted by itself."
        ) from error
    _log.info("joined %s", room_id)


async def _state(http: MatrixHttp, room_id: str, kind: str) -> dict[str, Any]:
    try:
        return await http.request("GET", f"/_matrix/client/v3/rooms/{segment(room_id)}/state/{kind}")
    except MatrixApiError as error:
        if error.status in (403, 404):
            return {}
        raise


def _servers(identifier: str) -> list[str]:
    """The server an identifier names; a room id of version 12 names none."""
    server = identifier.partition(":")[2]
    return [server] if server else []
