# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Discord line step by step: server, login, channel, operators; nothing is sent.

Source: Discord API v10, "Get Channel", "Get Guild Member".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from ..diagnosis import NOBODY, from_health
from ..errors import ConnectorError
from ..types import Check, ConnectorHealth
from .errors import DiscordApiError
from .rest import DiscordRest
from .snowflake import number_of

_ASKED = 20
"""Operators who are looked for in the server; of more only the list is told."""


async def diagnose(
    health: Callable[[], Awaitable[ConnectorHealth]],
    rest: DiscordRest,
    channel_id: str,
    operators: Sequence[str],
) -> AsyncIterator[Check]:
    """The four steps; what health tells is told step by step, then the operators are looked for."""
    state = await health()
    for check in from_health(state):
        yield check
    if not (state.reachable and state.authenticated):
        yield Check("operators", "skipped", "Discord cannot be asked.")
    else:
        yield await _operators(rest, channel_id, operators)


async def _operators(rest: DiscordRest, channel_id: str, operators: Sequence[str]) -> Check:
    if not operators:
        return NOBODY
    # The list may hold the ids of other kinds as well, so that a switch needs no other list.
    own = [one for one in operators if number_of(one) is not None]
    if not own:
        fix = "Copy User ID is in the context menu of a user, in Discord's developer mode; names can change hands."
        told = f"None of the operators is the id of a Discord user: {', '.join(operators)}."
        return Check("operators", "failed", told, fix)
    try:
        channel = await rest.get_object("/channels/{channel}", channel=channel_id)
        guild = channel.identifier("guild_id") or ""
        absent = [one for one in own[:_ASKED] if not await _is_member(rest, guild, one)]
    except ConnectorError as error:
        return Check("operators", "skipped", f"The server's members cannot be seen: {error}")
    if absent:
        told = f"Not in the bot's server: {', '.join(absent)}."
        return Check(
            "operators", "failed", told, "Invite them into the server, or correct the list of operators."
        )
    return Check("operators", "ok", f"In the server and listened to: {', '.join(own)}.")


async def _is_member(rest: DiscordRest, guild: str, user: str) -> bool:
    try:
        await rest.get_object("/guilds/{guild}/members/{user}", guild=guild, user=user)
    except DiscordApiError as error:
        if error.status != 404:
            raise
        return False
    return True
