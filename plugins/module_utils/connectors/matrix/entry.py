# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coming into our room: by its alias or id, by an invitation, and into the room that replaces an upgraded one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from ..border import in_path
from .errors import MatrixApiError, NotInRoomError
from .events import Event
from .http import CLIENT, MatrixHttp
from .rooms import joined_rooms, look_up_alias, read_state_event

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
    joins = successor not in await joined_rooms(http)
    # A room that shows itself to those outside is looked at before it is joined.
    if (joins and await _predecessor(http, successor) not in (None, room_id)) or not await _follows(
        http, successor, room_id, user_id, joins=joins
    ):
        _log.warning(
            "%s claims to be replaced by %s, which does not say so: not followed", room_id, successor
        )
        return None
    _log.info("following the upgrade of %s to %s", room_id, successor)
    return successor


async def _follows(http: MatrixHttp, successor: str, room_id: str, user_id: str, *, joins: bool) -> bool:
    """Be in the successor if it names `room_id` as its predecessor; what was joined for nothing is left again."""
    if joins:
        await _join(http, successor, _servers(room_id) or _servers(user_id), user_id)
    if await _predecessor(http, successor) == room_id:
        return True
    if joins:
        # Whoever may write a tombstone could otherwise have us join anything.
        await http.request("POST", f"{CLIENT}/rooms/{in_path(successor)}/leave", json={})
    return False


async def _predecessor(http: MatrixHttp, room_id: str) -> str | None:
    """The room that this one replaces, empty where it replaces none; None where it is not shown."""
    create = await read_state_event(http, room_id, "m.room.create")
    return (create.object("predecessor").identifier("room_id") or "") if create else None


async def _resolve(http: MatrixHttp, room: str) -> tuple[str, list[str]]:
    if not room.startswith("#"):
        return room, _servers(room)
    named = await look_up_alias(http, room)
    if named is None:
        raise NotInRoomError(
            f"No room has the alias {room}. Expected the alias of an existing room as room_id: "
            "create the room, or correct the alias."
        )
    if not named.room_id.startswith("!"):
        raise NotInRoomError(f"The server named no room id for the alias {room}.")
    return named.room_id, list(named.servers)


async def _join(http: MatrixHttp, room_id: str, via: list[str], user_id: str) -> None:
    # `via` for current servers, `server_name` for those before Matrix 1.12.
    hints = [f"{name}={in_path(server)}" for server in via[:3] for name in ("server_name", "via")]
    path = f"{CLIENT}/join/{in_path(room_id)}" + (f"?{'&'.join(hints)}" if hints else "")
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


def _servers(identifier: str) -> list[str]:
    """The server an identifier names; a room id of version 12 names none."""
    server = identifier.partition(":")[2]
    return [server] if server else []
