# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is an administrator of a Conduit: whoever is in the room `#admins:<server name>`.

Conduit has no administrative API, only that room. Source: Conduit 0.10.12, src/service/admin/mod.rs
(`make_user_admin`) and `user_is_admin` of src/service/users.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import ConfigError
from ..http import MatrixHttp
from ..identifiers import split_user_id
from ..rooms import joined_rooms, resolve_alias
from .accounts import whoami


@dataclass(frozen=True)
class AdminRoom:
    """The room of a Conduit's administrators, as one account sees it."""

    user_id: str
    room_id: str
    joined: bool


async def admin_room(http: MatrixHttp) -> AdminRoom:
    """Find the admin room and whether the client's account is in it.

    Raises `UnknownTokenError` for a dead token and `ConfigError` where there is no such room.
    """
    user_id, _device_id = await whoami(http)
    alias = f"#admins:{split_user_id(user_id)[1]}"
    room_id = await resolve_alias(http, alias)
    if room_id is None:
        raise ConfigError(
            f"{http.base_url} is expected to be a Conduit, which has a room {alias}, and has none. "
            "Correct homeserver_url; other homeservers have an administrative API instead."
        )
    return AdminRoom(user_id, room_id, room_id in await joined_rooms(http))
