# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages: sending, /sync and going back, with the traps (src/api/client_server/message.rs, sync.rs)."""

from __future__ import annotations

from typing import Any

from admin import obey
from errors import MatrixError, not_found
from rooms import member_of
from server import Request, route
from world import World

LIMIT = 10  # whatever a filter says


@route("PUT", "/rooms/{room_id}/send/{kind}/{txn}", auth=True)
def send(world: World, request: Request, room_id: str, kind: str, txn: str) -> dict:
    """A transaction id counts for the device, in all rooms and for ever."""
    key = f"{request.user_id} {request.device_id} {txn}"
    if key in world.data["transactions"]:
        return {"event_id": world.data["transactions"][key]}
    member_of(world, room_id, request.user_id)
    relation = request.body.get("m.relates_to") or {}
    known = {event["event_id"] for event in world.events(room_id)}
    if relation.get("rel_type") == "m.thread" and relation.get("event_id") not in known:
        raise MatrixError(400, "M_INVALID_PARAM", "Invalid event id in thread message")
    event = world.add_event(
        room_id,
        request.user_id,
        kind,
        request.body,
        unsigned={"transaction_id": txn},
        device=request.device_id,
    )
    world.data["transactions"][key] = event["event_id"]
    if kind == "m.room.message":
        obey(world, room_id, request.user_id, str(request.body.get("body", "")))
    world.save()
    return {"event_id": event["event_id"]}


@route("GET", "/rooms/{room_id}/event/{event_id}", auth=True)
def one_event(world: World, request: Request, room_id: str, event_id: str) -> dict:
    """By its id."""
    member_of(world, room_id, request.user_id)
    for event in world.events(room_id):
        if event["event_id"] == event_id:
            return request.shown(event)
    raise not_found("Event not found.")


@route("GET", "/rooms/{room_id}/messages", auth=True)
def messages(world: World, request: Request, room_id: str) -> dict:
    """`to` stops only at an event of exactly that count, so hardly ever."""
    member_of(world, room_id, request.user_id)
    backwards = request.query.get("dir", "b") == "b"
    start = request.number("from", 2**62 if backwards else 0)
    stop = request.number("to", -1)
    events = world.events(room_id)
    chosen = [event for event in events if (event["count"] < start if backwards else event["count"] > start)]
    if backwards:
        chosen.reverse()
    chunk = []
    for event in chosen[: min(request.number("limit", 10), 100)]:
        if event["count"] == stop:
            break
        chunk.append(event)
    end = {"end": str(chunk[-1]["count"])} if chunk else {}
    return {"start": str(start), "chunk": [request.shown(event) for event in chunk], "state": [], **end}


@route("GET", "/rooms/{room_id}/relations/{root}", auth=True, version="v1")
@route("GET", "/rooms/{room_id}/relations/{root}/{rel_type}", auth=True, version="v1")
def relations(world: World, request: Request, room_id: str, root: str, rel_type: str = "") -> dict:
    """Oldest first, and the pages never advance."""
    member_of(world, room_id, request.user_id)
    found = []
    for event in world.events(room_id):
        relation = event["content"].get("m.relates_to") or {}
        if relation.get("event_id") == root and rel_type in ("", relation.get("rel_type")):
            found.append(request.shown(event))
    return {"chunk": found[: request.number("limit", 50)]}


@route("GET", "/sync", auth=True)
def sync(world: World, request: Request) -> dict:
    """News, or after waiting an empty answer even if there are some: the next request has them."""
    since = request.number("since", 0)
    answer = {"next_batch": str(world.data["count"]), "rooms": _rooms(world, request, since)}
    if any(answer["rooms"].values()) or request.query.get("full_state") == "true":
        return answer
    seconds = min(request.number("timeout", 0) / 1000, 30)
    before = world.data["count"]
    if seconds:
        world.news.wait_for(lambda: world.data["count"] > before, timeout=seconds)
    return answer


def _rooms(world: World, request: Request, since: int) -> dict[str, Any]:
    rooms: dict[str, Any] = {"join": {}, "invite": {}, "leave": {}}
    for room_id in world.data["rooms"]:
        state = world.state(room_id)
        mine = state.get(("m.room.member", request.user_id))
        if mine is None:
            continue
        membership = mine["content"]["membership"]
        if membership == "join":
            joined = _joined(world, request, room_id, since, new=mine["count"] > since)
            if joined:
                rooms["join"][room_id] = joined
        elif mine["count"] > since:
            shown = [request.stripped(event) for event in state.values()]
            section = {"invite_state": {"events": shown}} if membership == "invite" else {}
            rooms["invite" if membership == "invite" else "leave"][room_id] = section
    return rooms


def _joined(world: World, request: Request, room_id: str, since: int, *, new: bool) -> dict[str, Any]:
    events = [event for event in world.events(room_id) if event["count"] > since]
    if not events:
        return {}
    timeline = events[-LIMIT:]
    shown = {event["event_id"] for event in timeline}
    state = [
        request.shown(event)
        for event in world.state(room_id).values()
        if event["event_id"] not in shown and (new or event["count"] > since)
    ]
    return {
        "timeline": {
            "events": [request.shown(event) for event in timeline],
            "limited": len(events) > LIMIT,
            "prev_batch": str(timeline[0]["count"]),
        },
        "state": {"events": state},
        "summary": {},
        "account_data": {"events": []},
        "ephemeral": {"events": []},
        "unread_notifications": {"notification_count": 0, "highlight_count": 0},
    }
