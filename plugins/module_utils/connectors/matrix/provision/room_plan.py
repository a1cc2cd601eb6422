# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a room as it is and as it should be to what has to be done; nothing here makes a request.

Only what is given is looked after: an option that is None leaves the room as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...border import Foreign
from ...errors import ConfigError
from ..identifiers import split_alias
from ..rooms import State
from .power_levels import drop_creators, merge

POWER_LEVELS = "m.room.power_levels"

_MEGOLM = {"algorithm": "m.megolm.v1.aes-sha2"}

# What a room says of itself: option -> (event type, key of its content).
_TEXTS = {
    "name": ("m.room.name", "name"),
    "topic": ("m.room.topic", "topic"),
    "history_visibility": ("m.room.history_visibility", "history_visibility"),
}


@dataclass(frozen=True)
class RoomWish:
    """The room as it should be; `preset` and `room_version` matter only when it is created."""

    alias: str | None = None
    room_id: str | None = None
    name: str | None = None
    topic: str | None = None
    preset: str = "private_chat"
    visibility: str | None = None
    room_version: str | None = None
    encrypted: bool | None = None
    invite: tuple[str, ...] = ()
    power_levels: Mapping[str, Any] | None = None
    history_visibility: str | None = None


@dataclass(frozen=True)
class RoomFound:
    """The room as it is for `user_id`; `state` is None for who is not in it."""

    room_id: str
    state: State | None
    alias_is_set: bool = True
    visibility: str | None = None

    def content(self, kind: str, state_key: str = "") -> Foreign:
        """The content of a piece of state, empty where there is none."""
        return self.event(kind, state_key).object("content")

    def event(self, kind: str, state_key: str = "") -> Foreign:
        """A piece of state, empty where there is none."""
        return (self.state or {}).get((kind, state_key), Foreign())

    def membership(self, user_id: str) -> str:
        """`join`, `invite`, `leave`, `ban`, `knock`, or `none` for who was never there."""
        return self.content("m.room.member", user_id).identifier("membership") or "none"


@dataclass(frozen=True)
class RoomPlan:
    """What is, what will be, and the requests that lead there."""

    before: dict[str, Any]
    after: dict[str, Any]
    state_events: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    invite: tuple[str, ...] = ()
    set_alias: bool = False
    visibility: str | None = None
    join: bool = False
    create: Mapping[str, Any] | None = None


def plan_creation(wish: RoomWish, user_id: str) -> RoomPlan:
    """Create the room; raises `ConfigError` when its alias belongs to another server."""
    if wish.alias is None:
        raise ConfigError(
            "A room that does not exist can be created by alias only. Give the alias it should have."
        )
    check_alias_is_local(wish.alias, user_id)
    request: dict[str, Any] = {
        "room_alias_name": split_alias(wish.alias)[0],
        "preset": wish.preset,
        "visibility": wish.visibility or "private",
        "initial_state": _initial_state(wish),
        "invite": [invited for invited in wish.invite if invited != user_id],
    }
    request.update(
        {key: getattr(wish, key) for key in ("name", "topic", "room_version") if getattr(wish, key)}
    )
    return RoomPlan(
        before={"room": "absent"}, after={"room": "present", **_wished(wish, user_id)}, create=request
    )


def plan_change(found: RoomFound, wish: RoomWish, user_id: str) -> RoomPlan:
    """Correct the drift of a room; raises `ConfigError` for what no request could bring about."""
    if found.membership(user_id) != "join":
        membership = {"membership": found.membership(user_id)}
        return RoomPlan(before=membership, after={"membership": "join"}, join=True)
    before: dict[str, Any] = {"membership": "join"}
    after: dict[str, Any] = {"membership": "join"}
    events: list[tuple[str, Mapping[str, Any]]] = []
    for key, kind, now, then, content in _state_wishes(found, wish):
        before[key], after[key] = now, then
        if now != then:
            events.append((kind, content))
    missing = _missing(found, wish, user_id)
    if wish.invite:
        before["members"] = {user: found.membership(user) for user in wish.invite}
        after["members"] = {**before["members"], **dict.fromkeys(missing, "invite")}
    set_alias = wish.alias is not None and not found.alias_is_set
    if set_alias:
        check_alias_is_local(str(wish.alias), user_id)
        before["alias"], after["alias"] = None, wish.alias
    visibility = wish.visibility if wish.visibility not in (None, found.visibility) else None
    if wish.visibility is not None:
        before["visibility"], after["visibility"] = found.visibility, wish.visibility
    return RoomPlan(before, after, tuple(events), missing, set_alias, visibility)


def check_alias_is_local(alias: str, user_id: str) -> None:
    """Refuse to make an alias of another server."""
    server, own = split_alias(alias)[1], user_id.partition(":")[2]
    if server != own:
        raise ConfigError(
            f"The alias {alias} names no room, and only {server} could make it, while {user_id} is on {own}. "
            f"Choose an alias that ends in :{own}, or have the room made on {server} first."
        )


def _state_wishes(found: RoomFound, wish: RoomWish) -> list[tuple[str, str, Any, Any, Mapping[str, Any]]]:
    """(option, event type, value now, value then, content to send) for every piece of state that is given."""
    wishes: list[tuple[str, str, Any, Any, Mapping[str, Any]]] = []
    for option, (kind, key) in _TEXTS.items():
        wanted = getattr(wish, option)
        if wanted is not None:
            wishes.append((option, kind, found.content(kind).text(key) or "", wanted, {key: wanted}))
    if wish.encrypted is not None:
        encrypted = bool(found.content("m.room.encryption"))
        if encrypted and not wish.encrypted:
            raise ConfigError(
                f"The room {found.room_id} is encrypted, and encryption cannot be turned off again. "
                "Leave encrypted out, or make a new room under another alias."
            )
        wishes.append(("encrypted", "m.room.encryption", encrypted, wish.encrypted, _MEGOLM))
    if wish.power_levels is not None:
        now = found.content(POWER_LEVELS)
        then = drop_creators(merge(now.plain, wish.power_levels), found.event("m.room.create"))
        wishes.append(("power_levels", POWER_LEVELS, now.plain, then, then))
    return wishes


def _missing(found: RoomFound, wish: RoomWish, user_id: str) -> tuple[str, ...]:
    memberships = {user: found.membership(user) for user in wish.invite if user != user_id}
    banned = [user for user, membership in memberships.items() if membership == "ban"]
    if banned:
        raise ConfigError(
            f"{', '.join(banned)} cannot be invited into {found.room_id}, being banned there. "
            "Lift the ban in the room, or take the name out of invite."
        )
    return tuple(user for user, membership in memberships.items() if membership not in ("join", "invite"))


def _initial_state(wish: RoomWish) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    if wish.encrypted:
        events.append({"type": "m.room.encryption", "state_key": "", "content": _MEGOLM})
    if wish.history_visibility is not None:
        kind, key = _TEXTS["history_visibility"]
        events.append({"type": kind, "state_key": "", "content": {key: wish.history_visibility}})
    return events


def _wished(wish: RoomWish, user_id: str) -> dict[str, Any]:
    keys = ("alias", *_TEXTS, "encrypted", "power_levels", "visibility", "preset", "room_version")
    wished = {key: getattr(wish, key) for key in keys if getattr(wish, key) is not None}
    if wish.invite:
        wished["members"] = {user: "join" if user == user_id else "invite" for user in wish.invite}
    return wished
