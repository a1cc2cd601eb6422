# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power levels: a given part of the map laid over the whole that a room has.

Homeservers replace the whole event, so a part sent alone would take everybody's power away.
Source: Matrix client-server API v1.16, "m.room.power_levels"; room version 12, "Creators".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from ...border import Foreign
from ...errors import ConfigError
from ..identifiers import split_user_id
from ..obstacles import gives_creators_all_power

_NUMBERS = (
    "ban",
    "events_default",
    "invite",
    "kick",
    "redact",
    "state_default",
    "users_default",
)
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,15}\Z")
_ENCRYPTION = "m.room.encryption"
_MAKERS = 100
"""What who makes a room has in it (Matrix client-server API v1.11, "m.room.power_levels")."""

_MAPS = ("events", "notifications", "users")


def check_power_levels(given: Mapping[str, Any]) -> dict[str, Any]:
    """Given power levels with every level as an integer; raises `ConfigError` for anything unknown."""
    checked: dict[str, Any] = {}
    for key, value in given.items():
        if key in _NUMBERS:
            checked[key] = _level(key, value)
        elif key in _MAPS:
            if not isinstance(value, Mapping):
                raise ConfigError(
                    f"power_levels.{key} is expected to be a mapping, found {value!r}. Correct it."
                )
            if key == "users":
                _check_users(value)
            checked[key] = {str(name): _level(f"{key}.{name}", level) for name, level in value.items()}
        else:
            close = difflib.get_close_matches(str(key), (*_NUMBERS, *_MAPS), n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ConfigError(
                f"power_levels.{key} is not known. Known: {', '.join(sorted((*_NUMBERS, *_MAPS)))}.{hint}"
            )
    return checked


def merge(now: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The complete map: what the room has, with the given levels in it."""
    merged = dict(now)
    for key, value in given.items():
        merged[key] = {**Foreign(now).object(key).plain, **value} if key in _MAPS else value
    return merged


def guard_encryption(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """The given levels for a room that we make, with encryption, which nobody can end, for its maker alone.

    Homeservers differ: where they say nothing, any moderator may switch it on. A level that is given stays.
    """
    levels = dict(given or {})
    return {**levels, "events": {_ENCRYPTION: _MAKERS, **levels.get("events", {})}}


def drop_creators(levels: dict[str, Any], create_event: Foreign) -> dict[str, Any]:
    """The map without the creators of a room whose version gives them all power and no entry."""
    if not gives_creators_all_power(create_event):
        return levels
    content = create_event.object("content")
    creators = {create_event.identifier("sender"), *content.identifiers("additional_creators")}
    given = Foreign(levels).object("users").plain
    users = {user: level for user, level in given.items() if user not in creators}
    return {**levels, "users": users} if "users" in levels else levels


def _check_users(users: Mapping[Any, Any]) -> None:
    for user_id in users:
        if "{{" in str(user_id):
            raise ConfigError(
                f"power_levels.users holds the key {user_id!r}, and Ansible does not fill in keys. "
                'Write the whole mapping as one expression: users: "{{ {operator: 100} }}"'
            )
        split_user_id(str(user_id))


def _level(name: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE_NUMBER.match(value):  # templates make strings of numbers
        return int(value)
    raise ConfigError(f"power_levels.{name} is expected to be a whole number, found {value!r}. Correct it.")
