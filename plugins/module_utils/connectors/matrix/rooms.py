# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms over the client-server API: find, create, join, read, change, leave; one step per function.

What to do is decided in `room_plan.py`. Source: Matrix client-server API v1.11, "Rooms".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..border import LONG_ANSWER_BYTES, Foreign, in_path
from ..errors import ConfigError, MatrixApiError, RateLimitedError
from .accounts import CLIENT, required
from .http import MatrixHttp

State = Mapping[tuple[str, str], Foreign]
"""The current state of a room: (event type, state key) -> event."""


class AliasTakenError(ConfigError):
    """The alias came to name a room in the meantime."""


async def resolve_alias(http: MatrixHttp, alias: str) -> str | None:
    """The id of the room that an alias names, or None."""
    try:
        answer = await http.request("GET", _directory(alias))
    except RateLimitedError:
        raise
    except MatrixApiError as error:
        if error.status == 404:
            return None
        raise
    return required(answer, "room_id")


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


async def create_room(http: MatrixHttp, request: Mapping[str, Any], alias: str | None) -> str:
    """Create a room and return its id; raises `AliasTakenError` when somebody was faster."""
    wanted = request.get("room_version")
    try:
        answer = await http.request("POST", f"{CLIENT}/createRoom", json=dict(request))
    except RateLimitedError:
        raise
    except MatrixApiError as error:
        if error.errcode == "M_ROOM_IN_USE":
            raise AliasTakenError(f"{alias} names a room already.") from error
        if error.errcode == "M_UNSUPPORTED_ROOM_VERSION":
            raise ConfigError(
                f"{http.base_url} has no room version {wanted!r}. Leave room_version out "
                "for the homeserver's default, or choose one that it offers."
            ) from error
        raise
    return required(answer, "room_id")


async def join_room(http: MatrixHttp, room: str) -> str:
    """Join by id or alias and return the id; raises `ConfigError` when that is not allowed."""
    try:
        # An empty body is refused by some servers.
        answer = await http.request("POST", f"{CLIENT}/join/{in_path(room)}", json={})
    except RateLimitedError:
        raise
    except MatrixApiError as error:
        if error.status in (403, 404):
            raise ConfigError(
                f"The room {room} cannot be joined: {error.said or error.errcode}. Have a member invite the account, "
                "or correct the name of the room. Where everybody has left it, take its alias away first "
                "(state absent), and run this again: the room is then made anew."
            ) from error
        raise
    return answer.identifier("room_id") or room


async def put_state(http: MatrixHttp, room_id: str, kind: str, content: Mapping[str, Any]) -> None:
    """Set a piece of the room's state; raises `ConfigError` when the account lacks the power."""
    try:
        await http.request(
            "PUT", f"{CLIENT}/rooms/{in_path(room_id)}/state/{in_path(kind)}/", json=dict(content)
        )
    except RateLimitedError:
        raise
    except MatrixApiError as error:
        if error.status == 403:
            raise ConfigError(
                f"The account may not change {kind} in {room_id}: {error.said or error.errcode}. "
                "Have somebody with more power raise its power level there."
            ) from error
        raise


async def invite(http: MatrixHttp, room_id: str, user_id: str) -> None:
    """Invite an account; raises `ConfigError` when that is not allowed."""
    try:
        await http.request("POST", f"{CLIENT}/rooms/{in_path(room_id)}/invite", json={"user_id": user_id})
    except RateLimitedError:
        raise
    except MatrixApiError as error:
        if error.status in (400, 403, 404):
            raise ConfigError(
                f"{user_id} cannot be invited into {room_id}: {error.said or error.errcode}. "
                "Check the user id, and the power level of the account that invites."
            ) from error
        raise


async def set_alias(http: MatrixHttp, alias: str, room_id: str) -> None:
    """Make an alias name a room."""
    await http.request("PUT", _directory(alias), json={"room_id": room_id})


async def remove_alias(http: MatrixHttp, alias: str) -> None:
    """Make an alias name nothing."""
    await http.request("DELETE", _directory(alias))


async def directory_visibility(http: MatrixHttp, room_id: str) -> str:
    """Whether the room is in the public directory: `public` or `private`."""
    answer = await http.request("GET", f"{CLIENT}/directory/list/room/{in_path(room_id)}")
    return answer.identifier("visibility") or "private"


async def set_directory_visibility(http: MatrixHttp, room_id: str, visibility: str) -> None:
    """Put the room into the public directory, or take it out."""
    await http.request(
        "PUT", f"{CLIENT}/directory/list/room/{in_path(room_id)}", json={"visibility": visibility}
    )


async def leave_room(http: MatrixHttp, room_id: str) -> None:
    """Leave a room."""
    await http.request("POST", f"{CLIENT}/rooms/{in_path(room_id)}/leave", json={})


def _directory(alias: str) -> str:
    return f"{CLIENT}/directory/room/{in_path(alias)}"
