# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A homeserver's rooms at the wire: aliases, creation, membership and state, by the rules of version 12."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from fakes.accounts_server import CLIENT, SERVER_NAME, AccountsServer
from fakes.http_server import Refusal, Request

POWER_LEVELS = "m.room.power_levels"


@dataclass
class FakeRoom:
    """A room's state by (type, state key)."""

    creator: str
    version: str
    state: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    public: bool = False
    listed: str = "private"

    def put(self, kind: str, content: dict[str, Any], sender: str, state_key: str = "") -> None:
        self.state[kind, state_key] = {
            "type": kind,
            "state_key": state_key,
            "sender": sender,
            "content": content,
        }

    def content(self, kind: str, state_key: str = "") -> dict[str, Any]:
        content: dict[str, Any] = self.state.get((kind, state_key), {}).get("content", {})
        return content

    def membership(self, user_id: str) -> str | None:
        return self.content("m.room.member", user_id).get("membership")


class RoomsServer(AccountsServer):
    """Accounts and rooms; `drops_invites` does at creation what Conduit does with invites that fail."""

    def __init__(self, flavour: str = "synapse", **options: Any) -> None:
        super().__init__(flavour, **options)
        self.rooms: dict[str, FakeRoom] = {}
        self.aliases: dict[str, str] = {}
        self.drops_invites = False
        self.said: list[tuple[str, str]] = []
        """(room id, text) of every message."""

    def _add_routes(self) -> None:
        super()._add_routes()
        rooms = f"{CLIENT}/rooms/{{}}"
        self.route("GET", f"{CLIENT}/directory/room/{{}}", self._resolve)
        self.route("PUT", f"{CLIENT}/directory/room/{{}}", self._set_alias)
        self.route("DELETE", f"{CLIENT}/directory/room/{{}}", self._drop_alias)
        self.route("GET", f"{CLIENT}/directory/list/room/{{}}", self._listed)
        self.route("PUT", f"{CLIENT}/directory/list/room/{{}}", self._list)
        self.route("POST", f"{CLIENT}/createRoom", self._create)
        self.route("POST", f"{CLIENT}/join/{{}}", self._join)
        self.route("GET", f"{CLIENT}/joined_rooms", self._joined)
        self.route("GET", f"{rooms}/state", self._state)
        self.route("PUT", f"{rooms}/state/{{}}/", self._put_state)
        self.route("POST", f"{rooms}/invite", self._invite)
        self.route("POST", f"{rooms}/leave", self._leave)
        self.route("PUT", f"{rooms}/send/m.room.message/{{}}", self._say)
        self.route("GET", "/_matrix/client/versions", lambda _request: {"versions": ["v1.1", "v1.11"]})

    def user_of(self, request: Request) -> str:
        return f"@{self.owner(request)[0]}:{SERVER_NAME}"

    def make_room(self, creator: str, alias: str | None = None, version: str = "12", **more: Any) -> str:
        """A room that exists already, with the power levels a server gives it."""
        room_id = f"!{secrets.token_urlsafe(32)}" + ("" if version == "12" else f":{SERVER_NAME}")
        room = self.rooms[room_id] = FakeRoom(creator, version, **more)
        room.put("m.room.create", {"room_version": version}, creator)
        room.put("m.room.member", {"membership": "join"}, creator, creator)
        users = {} if version == "12" else {creator: 100}
        room.put(
            POWER_LEVELS,
            {"users": users, "ban": 50, "events": {"m.room.name": 50}, "users_default": 0},
            creator,
        )
        if alias is not None:
            self.aliases[alias] = room_id
        return room_id

    def _resolve(self, request: Request) -> Any:
        if request.arguments[0].partition(":")[2] != SERVER_NAME and request.arguments[0] not in self.aliases:
            raise Refusal(502, "M_UNKNOWN", "Failed to fetch alias")
        if request.arguments[0] not in self.aliases:
            raise Refusal(404, "M_NOT_FOUND")
        return {"room_id": self.aliases[request.arguments[0]], "servers": [SERVER_NAME]}

    def _set_alias(self, request: Request) -> Any:
        self.user_of(request)
        if request.arguments[0] in self.aliases:
            raise Refusal(409, "M_UNKNOWN", "Room alias already exists")
        self.aliases[request.arguments[0]] = request.body["room_id"]
        return {}

    def _drop_alias(self, request: Request) -> Any:
        self.user_of(request)
        del self.aliases[request.arguments[0]]
        return {}

    def _listed(self, request: Request) -> Any:
        return {"visibility": self.rooms[request.arguments[0]].listed}

    def _list(self, request: Request) -> Any:
        self._member(request)
        self.rooms[request.arguments[0]].listed = request.body["visibility"]
        return {}

    def _create(self, request: Request) -> Any:
        me, body = self.user_of(request), request.body
        alias = f"#{body['room_alias_name']}:{SERVER_NAME}"
        if alias in self.aliases:
            raise Refusal(400, "M_ROOM_IN_USE", "Room alias already taken")
        if body.get("room_version", "12") not in ("11", "12"):
            raise Refusal(400, "M_UNSUPPORTED_ROOM_VERSION")
        room_id = self.make_room(me, alias, body.get("room_version", "12"))
        room = self.rooms[room_id]
        room.public = body["preset"] == "public_chat"
        room.listed = body["visibility"]
        for event in body["initial_state"]:
            room.put(event["type"], event["content"], me, event["state_key"])
        for key in ("name", "topic"):
            if key in body:
                room.put(f"m.room.{key}", {key: body[key]}, me)
        if not self.drops_invites:
            for user_id in body["invite"]:
                room.put("m.room.member", {"membership": "invite"}, me, user_id)
        return {"room_id": room_id}

    def _join(self, request: Request) -> Any:
        me = self.user_of(request)
        room_id = self.aliases.get(request.arguments[0], request.arguments[0])
        room = self.rooms.get(room_id)
        if room is None:
            raise Refusal(404, "M_NOT_FOUND", "No such room")
        if not room.public and room.membership(me) not in ("invite", "join"):
            raise Refusal(403, "M_FORBIDDEN", "You are not invited to this room.")
        room.put("m.room.member", {"membership": "join"}, me, me)
        return {"room_id": room_id}

    def _joined(self, request: Request) -> Any:
        me = self.user_of(request)
        return {"joined_rooms": [key for key, room in self.rooms.items() if room.membership(me) == "join"]}

    def _member(self, request: Request) -> tuple[str, FakeRoom]:
        me = self.user_of(request)
        room = self.rooms.get(request.arguments[0])
        if room is None or room.membership(me) != "join":
            raise Refusal(403, "M_FORBIDDEN", f"User {me} not in room")
        return me, room

    def _state(self, request: Request) -> Any:
        return list(self._member(request)[1].state.values())

    def _put_state(self, request: Request) -> Any:
        me, room = self._member(request)
        kind = request.arguments[1]
        if room.version == "12" and kind == POWER_LEVELS and room.creator in request.body.get("users", {}):
            raise Refusal(400, "M_BAD_JSON", "Creator user must not appear in content.users")
        if room.creator != me and room.content(POWER_LEVELS)["users"].get(me, 0) < 50:
            raise Refusal(403, "M_FORBIDDEN", "You don't have permission to post that to the room.")
        room.put(kind, request.body, me)
        return {"event_id": f"${secrets.token_hex(8)}"}

    def _invite(self, request: Request) -> Any:
        me, room = self._member(request)
        room.put("m.room.member", {"membership": "invite"}, me, request.body["user_id"])
        return {}

    def _leave(self, request: Request) -> Any:
        me, room = self._member(request)
        room.put("m.room.member", {"membership": "leave"}, me, me)
        return {}

    def _say(self, request: Request) -> Any:
        self._member(request)
        self.said.append((request.arguments[0], request.body["body"]))
        return {"event_id": f"${secrets.token_hex(8)}"}
