# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms: making, finding, joining and changing them (src/api/client_server/room.rs, alias.rs, membership.rs)."""

from __future__ import annotations

from typing import Any

from errors import MatrixError, forbidden, not_found
from server import Request, route
from world import World

PUBLIC = ("public_chat",)


@route("POST", "/createRoom", auth=True)
def create_room(world: World, request: Request) -> dict:
    """The alias comes last, and an invitation that fails is ignored."""
    body, me = request.body, request.user_id
    alias = f"#{body['room_alias_name']}:{world.server_name}" if body.get("room_alias_name") else None
    if alias in world.data["aliases"]:
        raise MatrixError(400, "M_ROOM_IN_USE", "Room alias already exists.")
    version = str(body.get("room_version") or world.settings.get("default_room_version", "12"))
    if version not in {str(number) for number in range(6, 13)}:
        raise MatrixError(
            400, "M_UNSUPPORTED_ROOM_VERSION", "This server does not support that room version."
        )
    room_id = world.add_room(me, version)
    world.add_event(
        room_id,
        me,
        "m.room.create",
        {**body.get("creation_content", {}), "room_version": version},
        state_key="",
    )
    world.set_membership(room_id, me, "join")
    for kind, key, content in _first_state(body, me, version):
        world.add_event(room_id, me, kind, content, state_key=key)
    for user_id in body.get("invite", []):
        world.set_membership(room_id, user_id, "invite", me)
    if alias:
        world.data["aliases"][alias] = room_id
        world.add_event(room_id, me, "m.room.canonical_alias", {"alias": alias}, state_key="")
    world.data["rooms"][room_id]["visibility"] = body.get("visibility", "private")
    world.save()
    return {"room_id": room_id}


def _first_state(body: dict[str, Any], creator: str, version: str) -> list[tuple[str, str, dict]]:
    preset = body.get("preset") or ("public_chat" if body.get("visibility") == "public" else "private_chat")
    # The creator of a room of version 12 is above all levels, and must not be given one.
    users = {} if int(version) >= 12 else {creator: 100}
    if preset == "trusted_private_chat":
        users |= dict.fromkeys(body.get("invite", []), 100)
    levels = {"users": users, "users_default": 0, "events_default": 0, "state_default": 50, "invite": 0}
    override = body.get("power_level_content_override") or {}
    if int(version) >= 12 and creator in override.get("users", {}):
        raise MatrixError(400, "M_BAD_JSON", "Creators must not be in the users of the power levels.")
    state: list[tuple[str, str, dict]] = [
        ("m.room.power_levels", "", {**levels, **override}),
        ("m.room.join_rules", "", {"join_rule": "public" if preset in PUBLIC else "invite"}),
        ("m.room.history_visibility", "", {"history_visibility": "shared"}),
        ("m.room.guest_access", "", {"guest_access": "forbidden" if preset in PUBLIC else "can_join"}),
    ]
    state += [
        (event["type"], event.get("state_key", ""), event["content"])
        for event in body.get("initial_state", [])
    ]
    state += [(f"m.room.{key}", "", {key: body[key]}) for key in ("name", "topic") if body.get(key)]
    return state


def member_of(world: World, room_id: str, user_id: str) -> None:
    """Refuse who is not in the room."""
    if room_id not in world.data["rooms"] or world.membership(room_id, user_id) != "join":
        raise forbidden("You don't have permission to view this room.")


@route("GET", "/directory/room/{alias}")
def resolve(world: World, request: Request, alias: str) -> dict:
    """Which room an alias names."""
    if alias not in world.data["aliases"]:
        raise not_found("Room with alias not found.")
    return {"room_id": world.data["aliases"][alias], "servers": [world.server_name]}


@route("PUT", "/directory/room/{alias}", auth=True)
def set_alias(world: World, request: Request, alias: str) -> dict:
    """Taken is 409 M_UNKNOWN."""
    if alias in world.data["aliases"]:
        raise MatrixError(409, "M_UNKNOWN", "Alias already exists.")
    world.data["aliases"][alias] = request.body["room_id"]
    world.save()
    return {}


@route("DELETE", "/directory/room/{alias}", auth=True)
def remove_alias(world: World, request: Request, alias: str) -> dict:
    """Make it name nothing."""
    if world.data["aliases"].pop(alias, None) is None:
        raise not_found("Alias does not exist.")
    world.save()
    return {}


@route("GET", "/directory/list/room/{room_id}")
def visibility(world: World, request: Request, room_id: str) -> dict:
    """Whether it is in the public directory."""
    return {"visibility": world.data["rooms"].get(room_id, {}).get("visibility", "private")}


@route("PUT", "/directory/list/room/{room_id}", auth=True)
def set_visibility(world: World, request: Request, room_id: str) -> dict:
    """Put it there, or take it out."""
    world.data["rooms"][room_id]["visibility"] = request.body["visibility"]
    world.save()
    return {}


@route("GET", "/joined_rooms", auth=True)
def joined_rooms(world: World, request: Request) -> dict:
    """Where the account is."""
    return {"joined_rooms": world.joined(request.user_id)}


@route("GET", "/rooms/{room_id}/joined_members", auth=True)
def joined_members(world: World, request: Request, room_id: str) -> dict:
    """Who is in a room."""
    member_of(world, room_id, request.user_id)
    members = [(key, event) for (kind, key), event in world.state(room_id).items() if kind == "m.room.member"]
    return {
        "joined": {
            key: {"display_name": event["content"].get("displayname")}
            for key, event in members
            if event["content"]["membership"] == "join"
        }
    }


@route("POST", "/join/{room}", auth=True)
@route("POST", "/rooms/{room}/join", auth=True)
def join(world: World, request: Request, room: str) -> dict:
    """Only who is invited, unless the room is public."""
    room_id = world.data["aliases"].get(room, room)
    if room_id not in world.data["rooms"]:
        raise not_found("Room was not found.")
    rule = world.state(room_id)[("m.room.join_rules", "")]["content"]["join_rule"]
    member = world.membership(room_id, request.user_id)
    if member != "join":
        if member != "invite" and rule != "public":
            raise forbidden("You are not invited to this room.")
        world.set_membership(room_id, request.user_id, "join")
        world.save()
    return {"room_id": room_id}


@route("POST", "/rooms/{room_id}/invite", auth=True)
def invite(world: World, request: Request, room_id: str) -> dict:
    """Nobody asks whether a local account exists; there is no federation to ask the others."""
    member_of(world, room_id, request.user_id)
    if world.membership(room_id, request.body["user_id"]) == "join":
        raise forbidden("User is already in the room.")
    world.set_membership(room_id, request.body["user_id"], "invite", request.user_id)
    world.save()
    return {}


@route("POST", "/rooms/{room_id}/leave", auth=True)
def leave(world: World, request: Request, room_id: str) -> dict:
    """Leave, or reject an invitation."""
    world.set_membership(room_id, request.user_id, "leave")
    world.save()
    return {}


@route("GET", "/rooms/{room_id}/state", auth=True)
def all_state(world: World, request: Request, room_id: str) -> list:
    """The current state."""
    member_of(world, room_id, request.user_id)
    return [request.shown(event) for event in world.state(room_id).values()]


@route("GET", "/rooms/{room_id}/state/{kind}", auth=True)
@route("GET", "/rooms/{room_id}/state/{kind}/{key}", auth=True)
def one_state(world: World, request: Request, room_id: str, kind: str, key: str = "") -> dict:
    """One piece of it."""
    member_of(world, room_id, request.user_id)
    event = world.state(room_id).get((kind, key))
    if event is None:
        raise not_found("State event not found.")
    return dict(event["content"])


@route("PUT", "/rooms/{room_id}/state/{kind}", auth=True)
@route("PUT", "/rooms/{room_id}/state/{kind}/{key}", auth=True)
def put_state(world: World, request: Request, room_id: str, kind: str, key: str = "") -> dict:
    """Only for those with the power to."""
    member_of(world, room_id, request.user_id)
    levels = world.state(room_id).get(("m.room.power_levels", ""), {}).get("content", {})
    needed = levels.get("events", {}).get(kind, levels.get("state_default", 50))
    mine = levels.get("users", {}).get(request.user_id, levels.get("users_default", 0))
    if world.data["rooms"][room_id]["creator"] != request.user_id and mine < needed:
        raise forbidden("Event is not authorized.")
    event = world.add_event(room_id, request.user_id, kind, request.body, state_key=key)
    world.save()
    return {"event_id": event["event_id"]}
