# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing rooms over the client-server API: create, join, set, invite, leave; one step per function.

What to do is decided in `room_plan.py`. Source: Matrix client-server API v1.11, "Rooms".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...border import in_path
from ...errors import ConfigError
from ..answers import required
from ..errors import MatrixApiError, RateLimitedError
from ..http import CLIENT, MatrixHttp
from ..rooms import alias_path


class AliasTakenError(ConfigError):
    """The alias came to name a room in the meantime."""


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
    await http.request("PUT", alias_path(alias), json={"room_id": room_id})


async def remove_alias(http: MatrixHttp, alias: str) -> None:
    """Make an alias name nothing."""
    await http.request("DELETE", alias_path(alias))


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
