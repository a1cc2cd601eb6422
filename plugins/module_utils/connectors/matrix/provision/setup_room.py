# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The room: found, joined, or made, with the operators invited; by the code of the module `matrix_room`."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

from ...errors import ConfigError
from ...setup.steps import Setup
from ..identifiers import check_room_id, split_alias, split_user_id
from ..kind import ROOM_ID, ROOM_NAME
from .patient_http import PatientHttp
from .room_plan import RoomFound, RoomWish, plan_change, plan_creation
from .room_steps import converge, look

DEFAULT_NAME = "Orchestrator"


async def settle_room(setup: Setup, http: PatientHttp, user_id: str, operators: tuple[str, ...]) -> str:
    """Settle the room, be in it and have the operators invited; returns its id."""
    present = setup.files.connector.matrix if setup.files.connector else None
    # A room of another homeserver or another account is no sensible suggestion.
    same = present is not None and (present.homeserver_url.rstrip("/"), present.user_id) == (
        http.base_url,
        user_id,
    )
    localpart, server = split_user_id(user_id)

    async def check(value: str) -> str:
        return await _enter(setup, http, user_id, _wish(value, operators))

    return await setup.settle(
        ROOM_ID,
        check,
        present=present.room_id if same and present else None,
        default=f"#{localpart}:{server}",
    )


def _wish(value: str, operators: tuple[str, ...]) -> RoomWish:
    if value.startswith("#"):
        split_alias(value)
        return RoomWish(alias=value, invite=operators)
    return RoomWish(room_id=check_room_id(value), invite=operators)


async def _enter(setup: Setup, http: PatientHttp, user_id: str, wish: RoomWish) -> str:
    async with setup.dialogue.step("looking for the room"):
        found = await look(http, wish, user_id)
    if found is None:
        plan_creation(wish, user_id)  # refuses an alias of another server before anybody is asked
        if not await setup.dialogue.confirm(f"There is no room {wish.alias} yet. Make it?"):
            raise ConfigError("Name the room that there is, by its alias or its id.")
        wish = replace(wish, name=setup.answers.given(ROOM_NAME) or DEFAULT_NAME)
        with setup.making(f"the room {wish.alias}"):
            async with setup.dialogue.step(f"making the room {wish.alias}"):
                room = await converge(http, wish, user_id, None)
        setup.dialogue.good(f"The room {wish.alias} is made ({room.room_id})")
    else:
        _refuse_encrypted(found)
        was_in, missing = found.membership(user_id) == "join", _to_invite(found, wish, user_id)
        changes = _changes_in_words(found, was_in, missing)
        with setup.making(changes) if changes else nullcontext():
            async with setup.dialogue.step(f"entering {wish.alias or wish.room_id}"):
                room = await converge(http, wish, user_id, found)
        _refuse_encrypted(room)
        setup.dialogue.good(f"In the room {wish.alias or room.room_id}" + ("" if was_in else ", joined now"))
    _tell_members(setup, room, wish)
    return room.room_id


def _to_invite(found: RoomFound, wish: RoomWish, user_id: str) -> tuple[str, ...]:
    return plan_change(found, wish, user_id).invite if found.state is not None else wish.invite


def _changes_in_words(found: RoomFound, was_in: bool, missing: tuple[str, ...]) -> str:
    """What entering the room changes there, if anything."""
    joined = [] if was_in else ["the orchestrator's membership"]
    invited = [f"an invitation of {', '.join(missing)}"] if missing else []
    return f"{' and '.join(joined + invited)} in {found.room_id}" if joined or invited else ""


def _tell_members(setup: Setup, room: RoomFound, wish: RoomWish) -> None:
    """What was read before the invitations does not show them."""
    for user in wish.invite:
        there = room.membership(user) == "join"
        setup.dialogue.good(f"{user} is {'in the room' if there else 'invited'}")


def _refuse_encrypted(found: RoomFound) -> None:
    if found.content("m.room.encryption"):
        raise ConfigError(
            f"The room {found.room_id} is encrypted end to end, which the connector cannot read. "
            "Name a room without encryption, or an alias that is still free: the room is then made."
        )
