# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a room and carrying out a plan for it."""

from __future__ import annotations

from dataclasses import replace

from ...errors import ConfigError
from ..errors import MatrixApiError, RateLimitedError
from ..http import MatrixHttp
from ..identifiers import split_alias, split_user_id
from ..rooms import read_state, resolve_alias
from .power_levels import guard_encryption
from .room_plan import POWER_LEVELS, RoomFound, RoomPlan, RoomWish, plan_change, plan_creation
from .rooms import (
    AliasTakenError,
    create_room,
    directory_visibility,
    invite,
    join_room,
    put_state,
    set_alias,
    set_directory_visibility,
)

_MAX_ROUNDS = 4
"""Create or find, join, correct: one more than needed, for a race over the alias."""


async def look(http: MatrixHttp, wish: RoomWish, user_id: str) -> RoomFound | None:
    """The room that the wish names, or None; raises `ConfigError` when alias and id disagree."""
    named = await _named_by(http, wish.alias, user_id) if wish.alias else None
    if wish.room_id and named not in (None, wish.room_id):
        raise ConfigError(
            f"The alias {wish.alias} is expected to name {wish.room_id} and names {named}. "
            "Correct one of them, or give only one."
        )
    room_id = wish.room_id or named
    if room_id is None:
        return None
    found = RoomFound(room_id, await read_state(http, room_id), alias_is_set=named is not None)
    if wish.visibility is None or found.membership(user_id) != "join":
        return found
    return RoomFound(room_id, found.state, found.alias_is_set, await directory_visibility(http, room_id))


async def _named_by(http: MatrixHttp, alias: str, user_id: str) -> str | None:
    try:
        return await resolve_alias(http, alias)
    except RateLimitedError:
        raise
    except MatrixApiError as error:
        server = split_alias(alias)[1]
        if server == split_user_id(user_id)[1]:
            raise
        raise ConfigError(
            f"The alias {alias} belongs to {server}, which cannot be asked for it: "
            f"{error.said or error.errcode}. Let the two homeservers federate, "
            f"or choose an alias that ends in :{split_user_id(user_id)[1]}."
        ) from error


def plan(found: RoomFound | None, wish: RoomWish, user_id: str) -> RoomPlan:
    """What to do next about the room."""
    return plan_creation(wish, user_id) if found is None else plan_change(found, wish, user_id)


async def converge(http: MatrixHttp, wish: RoomWish, user_id: str, found: RoomFound | None) -> RoomFound:
    """Find or create, join, correct; returns the room.

    A room that was just created or joined is looked at again, since only then its state is known,
    and since a homeserver may have created it with something missing (Conduit drops failed invites).
    """
    for _round in range(_MAX_ROUNDS):
        step = plan(found, wish, user_id)
        if found is not None and step.before == step.after:
            return found
        if step.create is not None:
            try:
                made = await create_room(http, step.create, wish.alias)
            except AliasTakenError:
                found = await look(http, wish, user_id)
                continue
            wish = replace(wish, room_id=made, power_levels=guard_encryption(wish.power_levels))
        elif found is not None and step.join:
            # By alias where there is one: it tells the homeserver which servers know the room.
            await join_room(http, wish.alias if wish.alias and found.alias_is_set else found.room_id)
        elif found is not None:
            await apply(http, found.room_id, step, wish)
            return found
        found = await look(http, wish, user_id)
    raise ConfigError(
        f"The room {wish.alias or wish.room_id} cannot be settled: it is created or joined, and gone the next "
        "moment. Look for somebody else who changes it, and at the homeserver's log."
    )


async def apply(http: MatrixHttp, room_id: str, step: RoomPlan, wish: RoomWish) -> None:
    """Make the requests of a plan for a room that the account is in."""
    if step.set_alias:
        await set_alias(http, str(wish.alias), room_id)
    if step.visibility is not None:
        await set_directory_visibility(http, room_id, step.visibility)
    for kind, content in step.state_events:
        if kind != POWER_LEVELS:
            await put_state(http, room_id, kind, content)
    for user in step.invite:
        await invite(http, room_id, user)
    # Last, since they may take the power for all of the above away.
    for kind, content in step.state_events:
        if kind == POWER_LEVELS:
            await put_state(http, room_id, kind, content)
