# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A homeserver at the wire: request in, response out, in memory, with its faults scripted.

Two flavours: `synapse` honours filters and `to`, caps a timeline at 100; `conduit` ignores both and
caps it at 10, answers an empty sync after waking up, and numbers its tokens plainly. A script lays
answers over the normal ones: `server.on("PUT", "/send/", error(502), PASS)`.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx

BOT = "@bot:fake.test"
OPERATOR = "@operator:fake.test"
ROOM = "!room:fake.test"
TOKEN = "fake_token_never_to_be_seen"

PASS = None
"""In a script: answer this one as usual."""

Answer = httpx.Response | Exception | Callable[[httpx.Request], Any] | None
Event = dict[str, Any]


def error(status: int, errcode: str = "M_UNKNOWN", **more: Any) -> httpx.Response:
    """A Matrix error."""
    return httpx.Response(status, json={"errcode": errcode, "error": "as scripted", **more})


def limited(retry_after_ms: int | None = None, header: str | None = None) -> httpx.Response:
    """M_LIMIT_EXCEEDED, with the wait in the body, in the header, or in neither."""
    body: dict[str, Any] = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests"}
    if retry_after_ms is not None:
        body["retry_after_ms"] = retry_after_ms
    return httpx.Response(429, json=body, headers={"Retry-After": header} if header else {})


async def silence(_request: httpx.Request) -> httpx.Response:
    """A connection that is open and dead: never an answer."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


@dataclass
class Room:
    """A room's events in the server's order; `members` are in, `invited` may come in."""

    members: set[str] = field(default_factory=set)
    invited: set[str] = field(default_factory=set)
    state: dict[str, Event] = field(default_factory=dict)
    public: bool = False
    banned: set[str] = field(default_factory=set)
    left_at: int | None = None
    """Where in the stream the bot was put out."""
    invited_at: int | None = None
    """Where in the stream the bot was invited while the server ran."""


class FakeHomeserver:
    """One server with one stream of events for all its rooms."""

    def __init__(self, flavour: str = "synapse") -> None:
        self.flavour = flavour
        self.cap = 100 if flavour == "synapse" else 10
        self.stream: list[Event] = []
        self.rooms: dict[str, Room] = defaultdict(Room)
        self.rooms[ROOM].members = {BOT, OPERATOR}
        self.aliases: dict[str, str] = {}
        self.media: dict[str, bytes] = {}
        self.media_limit = 50 * 1024 * 1024
        self.whoami = BOT
        self.down = False
        """Whether every connection is refused."""
        self.requests: list[httpx.Request] = []
        self.began = 1_700_000_000_000
        """The time of the first event, in milliseconds since the epoch; each has a second."""
        self.transactions: dict[str, str] = {}
        self.left: list[tuple[str, str | None]] = []
        """The rooms that the bot left or whose invitations it declined, and with which reason."""
        self.duplicates: list[Event] = []
        """Events that the next sync brings once more, before its own."""
        self._scripts: list[tuple[str, str, list[Answer]]] = []
        self._news = asyncio.Condition()
        self._made = 0
        self.transport = httpx.MockTransport(self._answer)

    # What happens on the server -------------------------------------------------------------

    def say(self, body: str, *, sender: str = OPERATOR, room: str = ROOM, **content: Any) -> str:
        """A text message; returns its event id."""
        return self.post(
            "m.room.message", {"msgtype": "m.text", "body": body, **content}, sender=sender, room=room
        )

    def post(
        self,
        kind: str,
        content: dict[str, Any],
        *,
        sender: str = OPERATOR,
        room: str = ROOM,
        state_key: str | None = None,
        **more: Any,
    ) -> str:
        """Any event; one with a state key becomes the room's state."""
        self._made += 1
        event: Event = {
            "type": kind,
            "event_id": f"${self._made}",
            "sender": sender,
            "room_id": room,
            "origin_server_ts": self.began + self._made * 1000,
            "content": content,
            **more,
        }
        if state_key is not None:
            event["state_key"] = state_key
            self.rooms[room].state[kind] = event
        self.stream.append(event)
        self._wake()
        event_id: str = event["event_id"]
        return event_id

    def put_out(self, how: str = "leave", room: str = ROOM) -> None:
        """Kick the bot, or ban it."""
        place = self.rooms[room]
        place.members.discard(BOT)
        place.invited.discard(BOT)
        if how == "ban":
            place.banned.add(BOT)
        place.left_at = len(self.stream)
        self.post("m.room.member", {"membership": how}, room=room, state_key=BOT)

    def invite(self, room: str = ROOM, sender: str = OPERATOR) -> None:
        """Invite the bot; a ban is lifted by it."""
        place = self.rooms[room]
        place.banned.discard(BOT)
        place.invited.add(BOT)
        place.invited_at = len(self.stream)
        self.post("m.room.member", {"membership": "invite"}, sender=sender, room=room, state_key=BOT)

    def rewind(self, to: int) -> None:
        """The server is restored from a backup of when its stream was `to` long."""
        del self.stream[to:]

    def on(self, method: str, fragment: str, *answers: Answer, forever: bool = False) -> None:
        """Answer the next requests whose path contains `fragment` by the script, or all of them."""
        script = list(answers) * (100_000 if forever else 1)
        self._scripts.append((method, fragment, script))

    def stop(self, method: str, fragment: str) -> None:
        """Take the scripts for a request away."""
        self._scripts = [one for one in self._scripts if one[:2] != (method, fragment)]

    def count(self, method: str, fragment: str) -> int:
        """How many such requests came."""
        return sum(
            1 for request in self.requests if request.method == method and fragment in request.url.path
        )

    def sent(self, room: str = ROOM) -> list[dict[str, Any]]:
        """The contents of what the connector sent."""
        return [
            event["content"] for event in self.stream if event["sender"] == BOT and event["room_id"] == room
        ]

    # How it answers -------------------------------------------------------------------------

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.down:
            raise httpx.ConnectError("connection refused")
        for method, fragment, script in self._scripts:
            if script and request.method == method and fragment in request.url.path:
                answer = script.pop(0)
                if answer is PASS:
                    break
                return await _scripted(answer, request)
        if request.url.path == "/_matrix/client/versions":
            return httpx.Response(200, json={"versions": ["v1.11"]})
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return error(401, "M_UNKNOWN_TOKEN")
        path = request.url.raw_path.decode().partition("?")[0].removeprefix("/_matrix/")
        return await self._route(request, [unquote(part) for part in path.split("/")])

    async def _route(self, request: httpx.Request, parts: list[str]) -> httpx.Response:  # noqa: PLR0911, PLR0912  # a table
        query = {key: values[0] for key, values in parse_qs(request.url.query.decode()).items()}
        match [request.method, *parts]:
            case ["GET", "client", "v3", "account", "whoami"]:
                return _ok({"user_id": self.whoami})
            case ["GET", "client", "v3", "joined_rooms"]:
                return _ok(
                    {"joined_rooms": [name for name, room in self.rooms.items() if BOT in room.members]}
                )
            case ["POST", "client", "v3", "join", room]:
                return self._join(room)
            case ["GET", "client", "v3", "directory", "room", alias]:
                known = self.aliases.get(alias)
                return (
                    _ok({"room_id": known, "servers": ["fake.test"]}) if known else error(404, "M_NOT_FOUND")
                )
            case ["GET", "client", "v3", "sync"]:
                return await self._sync(query)
            case ["GET", "client", "v3", "rooms", room, "messages"]:
                return self._messages(room, query)
            case ["GET", "client", "v3", "rooms", room, "state", kind]:
                if BOT not in self.rooms[room].members and not self.rooms[room].public:
                    return error(403, "M_FORBIDDEN")
                state = self.rooms[room].state.get(kind)
                return _ok(state["content"]) if state else error(404, "M_NOT_FOUND")
            case ["POST", "client", "v3", "rooms", room, "leave"]:
                self.rooms[room].members.discard(BOT)
                self.rooms[room].invited.discard(BOT)
                self.rooms[room].invited_at = None
                self.left.append((room, json.loads(request.content).get("reason")))
                return _ok({})
            case ["GET", "client", "v3", "rooms", room, "joined_members"]:
                return _ok({"joined": {who: {} for who in self.rooms[room].members}})
            case ["GET", "client", "v3", "rooms", room, "state", "m.room.member", who]:
                # As Synapse does: who is banned is shown nothing.
                known = "join" if who in self.rooms[room].members else "leave"
                return error(403) if who in self.rooms[room].banned else _ok({"membership": known})
            case ["GET", "client", "v3", "rooms", room, "state"]:
                return self._whole_state(room)
            case ["GET", "client", "v3", "rooms", room, "event", event_id]:
                found = [e for e in self.stream if e["event_id"] == event_id and e["room_id"] == room]
                return _ok(found[0]) if found else error(404, "M_NOT_FOUND")
            case ["PUT", "client", "v3", "rooms", room, "send", kind, transaction]:
                return self._send(request, room, kind, transaction)
            case ["GET", "client", "v1", "rooms", room, "relations", root, "m.thread"]:
                return _ok({"chunk": list(reversed(self._thread(room, root)))[:1]})
            case ["GET", "client", "v1", "rooms", room, "relations", target, "m.replace"]:
                return _ok({"chunk": list(reversed(self._thread(room, target)))})
            case _:
                return self._media(request, parts)

    def _whole_state(self, name: str) -> httpx.Response:
        room = self.rooms[name]
        if BOT not in room.members:
            return error(403, "M_FORBIDDEN")
        people = {**dict.fromkeys(room.invited, "invite"), **dict.fromkeys(room.members, "join")}
        members = [
            {"type": "m.room.member", "state_key": who, "content": {"membership": how}}
            for who, how in people.items()
        ]
        return httpx.Response(200, json=[*room.state.values(), *members])

    def _join(self, room_id: str) -> httpx.Response:
        room = self.rooms.get(room_id)
        if room is not None and BOT in room.banned:
            return error(403, "M_BAD_STATE")
        if room is None or not (BOT in room.invited | room.members or room.public):
            return error(403, "M_FORBIDDEN")
        room.members.add(BOT)
        self.post("m.room.member", {"membership": "join"}, sender=BOT, room=room_id, state_key=BOT)
        return _ok({"room_id": room_id})

    async def _sync(self, query: dict[str, str]) -> httpx.Response:
        filter_ = json.loads(query["filter"])["room"] if self.flavour == "synapse" else {}
        since = self._position(query.get("since"))
        if since is None:
            return error(400)
        elsewhere = self._left(since, filter_) | self._invited(since, filter_)
        if "since" in query and not self._visible(since, filter_) and not self.duplicates and not elsewhere:
            try:
                await asyncio.wait_for(self._wait(len(self.stream)), int(query["timeout"]) / 1000)
            except asyncio.TimeoutError:
                # What came with the last moment is told: a token past it would lose it.
                if not self._visible(since, filter_):
                    return _ok({"next_batch": self._token(len(self.stream))})
            if self.flavour == "conduit":
                return _ok({"next_batch": query["since"]})  # wakes up, and tells nothing
        elsewhere = self._left(since, filter_) | self._invited(since, filter_)
        again, self.duplicates = self.duplicates, []
        limit = min(self.cap, filter_.get("timeline", {}).get("limit", self.cap))
        rooms = {}
        for name, events in self._visible(since, filter_).items():
            shown = events[-limit:]
            start = shown[0][0] if shown else len(self.stream)
            rooms[name] = {
                "timeline": {
                    "events": [
                        *(e for e in again if e["room_id"] == name),
                        *(event for _number, event in shown),
                    ],
                    "limited": len(events) > len(shown),
                    "prev_batch": self._token(start),
                }
            }
        for event in again:
            rooms.setdefault(event["room_id"], {"timeline": {"events": [event], "limited": False}})
        return _ok({"next_batch": self._token(len(self.stream)), "rooms": {"join": rooms, **elsewhere}})

    def _left(self, since: int, filter_: dict[str, Any]) -> dict[str, Any]:
        """Rooms that the bot was put out of: Synapse leaves one out where the filter leaves out the event."""
        types = filter_.get("timeline", {}).get("types")
        found = {}
        for name, room in self.rooms.items():
            at = room.left_at
            if at is None or at < since or not _is_asked_for(name, filter_) or BOT in room.members:
                continue
            if types is None or "m.room.member" in types:
                found[name] = {"timeline": {"events": [self.stream[at]], "limited": False}}
        return {"leave": found} if found else {}

    def _invited(self, since: int, filter_: dict[str, Any]) -> dict[str, Any]:
        found = {
            name: {"invite_state": {"events": [{"type": "m.room.create", "content": {}}, _stripped(room)]}}
            for name, room in self.rooms.items()
            if room.invited_at is not None
            and room.invited_at >= since
            and BOT not in room.members
            and _is_asked_for(name, filter_)
        }
        return {"invite": found} if found else {}

    def _visible(self, since: int, filter_: dict[str, Any]) -> dict[str, list[tuple[int, Event]]]:
        found: dict[str, list[tuple[int, Event]]] = defaultdict(list)
        types = filter_.get("timeline", {}).get("types")
        for position, event in enumerate(self.stream):
            name = event["room_id"]
            if position < since or BOT not in self.rooms[name].members or not _is_asked_for(name, filter_):
                continue
            if types is None or event["type"] in types:
                found[name].append((position, event))
        return found

    def _messages(self, room: str, query: dict[str, str]) -> httpx.Response:
        backwards = query["dir"] == "b"
        start = (
            self._position(query.get("from")) if "from" in query else (len(self.stream) if backwards else 0)
        )
        if start is None:
            return error(400, "M_INVALID_PARAM")
        stop = None
        if self.flavour == "synapse" and "to" in query:
            stop = self._position(query["to"])
        here = [(n, e) for n, e in enumerate(self.stream) if e["room_id"] == room]
        if self.flavour == "synapse":
            types = json.loads(query["filter"])["types"]
            here = [(n, e) for n, e in here if e["type"] in types]
        if backwards:
            wanted = [(n, e) for n, e in reversed(here) if n < start and (stop is None or n >= stop)]
        else:
            wanted = [(n, e) for n, e in here if n >= start and (stop is None or n < stop)]
        chunk = wanted[: int(query["limit"])]
        answer: dict[str, Any] = {
            "start": query.get("from", ""),
            "chunk": [event for _number, event in chunk],
        }
        if chunk and len(wanted) > len(chunk):
            answer["end"] = self._token(chunk[-1][0] if backwards else chunk[-1][0] + 1)
        return _ok(answer)

    def _send(self, request: httpx.Request, room: str, kind: str, transaction: str) -> httpx.Response:
        if BOT not in self.rooms[room].members:
            return error(403, "M_FORBIDDEN")
        if len(request.content) > 65_000:
            return error(413, "M_TOO_LARGE")
        root = json.loads(request.content).get("m.relates_to", {}).get("event_id")
        if root is not None and root.startswith("$old"):
            return error(400)  # Synapse: "Relations must be in the same room"
        if transaction not in self.transactions:
            if kind == "m.reaction" and self._reacted(json.loads(request.content)):
                return error(400, "M_DUPLICATE_ANNOTATION")  # as Synapse does
            content = json.loads(request.content)
            unsigned = {"transaction_id": transaction}
            self.transactions[transaction] = self.post(
                kind, content, sender=BOT, room=room, unsigned=unsigned
            )
        return _ok({"event_id": self.transactions[transaction]})

    def _reacted(self, content: dict[str, Any]) -> bool:
        """Whether the bot has reacted so to the same event."""
        return any(
            event["type"] == "m.reaction" and event["sender"] == BOT and event["content"] == content
            for event in self.stream
        )

    def _media(self, request: httpx.Request, parts: list[str]) -> httpx.Response:
        match [request.method, *parts]:
            case ["GET", "client", "v1", "media", "config"]:
                return _ok({"m.upload.size": self.media_limit})
            case ["POST", "media", "v3", "upload"]:
                name = f"media{len(self.media)}"
                self.media[name] = request.content
                return _ok({"content_uri": f"mxc://fake.test/{name}"})
            case ["GET", "client", "v1", "media", "download", _, name] if name in self.media:
                return httpx.Response(200, content=self.media[name])
        return error(404, "M_UNRECOGNIZED")

    def _thread(self, room: str, root: str) -> list[Event]:
        def is_in(event: Event) -> bool:
            relation = event["content"].get("m.relates_to", {})
            return event["room_id"] == room and relation.get("event_id") == root

        return [event for event in self.stream if is_in(event)]

    async def _wait(self, length: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: len(self.stream) != length)

    def _wake(self) -> None:
        async def notify() -> None:
            async with self._news:
                self._news.notify_all()

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # before the loop runs nobody waits
        self._notifying = loop.create_task(notify())

    def _token(self, position: int) -> str:
        return f"s{position}_7" if self.flavour == "synapse" else str(position)

    def _position(self, token: str | None) -> int | None:
        if token is None:
            return 0
        text = token.removeprefix("s").partition("_")[0]
        if text.isdigit():
            return int(text)
        return None if self.flavour == "synapse" else 0


async def _scripted(answer: Answer, request: httpx.Request) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    if callable(answer):
        answer = answer(request)
        if asyncio.iscoroutine(answer):
            answer = await answer
    assert isinstance(answer, httpx.Response)
    # A copy, since a response can be read once only.
    return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def _ok(document: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json=document)


def _is_asked_for(name: str, filter_: dict[str, Any]) -> bool:
    return name in filter_.get("rooms", [name]) and name not in filter_.get("not_rooms", [])


def _stripped(room: Room) -> Event:
    """Our membership as an invitation shows it: without an id or a time."""
    member = room.state["m.room.member"]
    return {key: member[key] for key in ("type", "sender", "state_key", "content")}
