# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bot may do in a channel.

Source: Discord API v10, "Permissions", "Permission Overwrites".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ADMINISTRATOR = 1 << 3
NEEDED = {
    "View Channel": 1 << 10,
    "Send Messages": 1 << 11,
    "Read Message History": 1 << 16,
    "Attach Files": 1 << 15,
    "Create Public Threads": 1 << 35,
    "Send Messages in Threads": 1 << 38,
}
"""By the names that Discord's own settings show."""

ESSENTIAL = ("View Channel", "Send Messages")
"""Without these there is no conversation."""

_ALL = (1 << 64) - 1


def missing_permissions(
    guild: Mapping[str, Any], channel: Mapping[str, Any], member: Mapping[str, Any]
) -> list[str]:
    """The names of the needed permissions that the member does not have in the channel."""
    granted = granted_permissions(guild, channel, member)
    return [name for name, bit in NEEDED.items() if not granted & bit]


def granted_permissions(
    guild: Mapping[str, Any], channel: Mapping[str, Any], member: Mapping[str, Any]
) -> int:
    """The member's permissions in the channel as a bit field."""
    user_id, guild_id = (member.get("user") or {}).get("id"), guild.get("id")
    if guild.get("owner_id") == user_id:
        return _ALL
    own_roles = {guild_id, *(member.get("roles") or [])}
    granted = 0
    for role in guild.get("roles") or []:
        if role.get("id") in own_roles:
            granted |= _bits(role.get("permissions"))
    if granted & ADMINISTRATOR:
        return _ALL
    overwrites = {one.get("id"): one for one in channel.get("permission_overwrites") or []}
    granted = _overwritten(granted, [overwrites.get(guild_id)])
    granted = _overwritten(granted, [overwrites.get(role) for role in own_roles - {guild_id}])
    return _overwritten(granted, [overwrites.get(user_id)])


def _overwritten(granted: int, overwrites: Iterable[Mapping[str, Any] | None]) -> int:
    """All denials of one level first, then all that is allowed on it."""
    level = [one for one in overwrites if one is not None]
    for one in level:
        granted &= ~_bits(one.get("deny"))
    for one in level:
        granted |= _bits(one.get("allow"))
    return granted


def _bits(value: Any) -> int:
    return int(value) if isinstance(value, (str, int)) and str(value).isdigit() else 0
