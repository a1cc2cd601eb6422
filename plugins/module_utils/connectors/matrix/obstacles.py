# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps one from talking in a room that one is in: judged once, for health and for the diagnosis.

Source: Matrix client-server API v1.11, "m.room.encryption", "m.room.power_levels", "m.room.tombstone".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..border import Foreign
from .rooms import State

TALK = ("m.room.tombstone", "m.room.encryption", "m.room.power_levels", "m.room.create")
"""The pieces of a room's state that say whether one can talk in it."""


@dataclass(frozen=True)
class Obstacle:
    """What is in the way, and what a human can do about it."""

    what: str
    fix: str


def content_of(state: State | None, kind: str, key: str = "") -> Foreign:
    """The content of a piece of a room's state; an empty one where there is none."""
    return (state or {}).get((kind, key), Foreign()).object("content")


def successor_of(state: State | None) -> str:
    """The room that replaces this one; empty when none does."""
    return content_of(state, "m.room.tombstone").identifier("replacement_room") or ""


def find_obstacle(state: State, user_id: str, room: str) -> Obstacle | None:
    """What keeps `user_id` from talking in a room that it is in, or None."""
    successor = successor_of(state)
    if successor:
        return Obstacle(
            f"The room {room} was replaced by {successor}.",
            f"Invite {user_id} into {successor}: the bridge follows by itself.",
        )
    if content_of(state, "m.room.encryption"):
        return Obstacle(
            f"The room {room} is encrypted, which this connector cannot read.",
            "Use a room without encryption: another orchestrator_matrix_room_alias, and run the playbook again.",
        )
    if not _may_talk(state, user_id):
        return Obstacle(
            f"{user_id} may not send messages in {room}.",
            f"Have a moderator of the room raise the power level of {user_id}.",
        )
    return None


def find_limits(state: State, user_id: str, operators: Sequence[str] = ()) -> str:
    """What cannot be had in a room though one can talk in it, in sentences that say what to do; empty where all can."""
    mute = [one for one in (user_id, *operators) if not _may_send(state, one, "m.reaction")]
    if not mute:
        return ""
    lost = "no marks on messages, no choices below questions" if user_id in mute else "no answers by a tap"
    return (
        f"Expected that {' and '.join(mute)} may send m.reaction, and the power level does not do: {lost}. Lower the level "
        "of reactions in the room's settings (Permissions), or raise theirs; words work."
    )


def _may_talk(state: State, user_id: str) -> bool:
    return _may_send(state, user_id, "m.room.message")


def _may_send(state: State, user_id: str, kind: str) -> bool:
    levels = content_of(state, "m.room.power_levels")
    own = levels.object("users").number(user_id)
    needed = levels.object("events").number(kind)
    own = levels.number("users_default") or 0 if own is None else own
    needed = levels.number("events_default") or 0 if needed is None else needed
    if own >= needed:
        return True
    create = state.get(("m.room.create", ""), Foreign())
    # Where the event's sender is not shown, it may be us.
    creator = create.identifier("sender") or user_id
    return gives_creators_all_power(create) and creator == user_id


def gives_creators_all_power(create_event: Foreign) -> bool:
    """Whether creators stand above the levels: from version 12 on, and in those tried out before it."""
    version = create_event.object("content").identifier("room_version") or "1"
    return not (version.isascii() and version.isdigit() and int(version[:6]) < 12)
