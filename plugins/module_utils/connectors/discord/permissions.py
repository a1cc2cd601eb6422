# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bot may do in a channel.

Source: Discord API v10, "Permissions", "Permission Overwrites".
"""

from __future__ import annotations

from collections.abc import Sequence

from ..border import Foreign

ADMINISTRATOR = 1 << 3
NEEDED = {
    "View Channel": 1 << 10,
    "Send Messages": 1 << 11,
    "Read Message History": 1 << 16,
    "Attach Files": 1 << 15,
    "Create Public Threads": 1 << 35,
    "Send Messages in Threads": 1 << 38,
    "Add Reactions": 1 << 6,
}
"""By the names that Discord's own settings show."""

ESSENTIAL = ("View Channel", "Send Messages")
"""Without these there is no conversation."""

LOST = {
    "Read Message History": "nothing that was written while the bridge was away",
    "Attach Files": "no files of the agent's",
    "Create Public Threads": "no thread at a message",
    "Send Messages in Threads": "no answers in threads",
    "Add Reactions": "no marks on messages",
}
"""What is missed without each of the others."""

_ALL = (1 << 64) - 1


def missing_permissions(guild: Foreign, channel: Foreign, member: Foreign, user_id: str) -> list[str]:
    """The names of the needed permissions that the member `user_id` does not have in the channel."""
    granted = granted_permissions(guild, channel, member, user_id)
    return [name for name, bit in NEEDED.items() if not granted & bit]


def granted_permissions(guild: Foreign, channel: Foreign, member: Foreign, user_id: str) -> int:
    """The permissions of the member `user_id` in the channel as a bit field."""
    guild_id = guild.identifier("id")
    if guild.identifier("owner_id") == user_id:
        return _ALL
    roles = set(member.identifiers("roles"))
    granted = 0
    for role in guild.objects("roles"):
        if role.identifier("id") in {guild_id, *roles}:
            granted |= role.snowflake("permissions") or 0
    if granted & ADMINISTRATOR:
        return _ALL
    overwrites = channel.objects("permission_overwrites")
    for level in ({guild_id}, roles - {guild_id}, {user_id}):
        granted = _overwritten(granted, [one for one in overwrites if one.identifier("id") in level])
    return granted


def _overwritten(granted: int, level: Sequence[Foreign]) -> int:
    """All denials of one level first, then all that is allowed on it; bit fields are written as ids are."""
    for one in level:
        granted &= ~(one.snowflake("deny") or 0)
    for one in level:
        granted |= one.snowflake("allow") or 0
    return granted
