# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The REST side of the fake Discord: routes, permissions, rate limits, and faults on order."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from fakes.discord_world import (
    ATTACH_FILES,
    CREATE_PUBLIC_THREADS,
    FLAG_MESSAGE_CONTENT,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
    Document,
    Refused,
    World,
)

PREFIX = "/api/v10"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Call:
    """A request as it came in."""

    method: str
    path: str
    body: Document
    headers: dict[str, str]
    query: dict[str, str]
    at: float


@dataclass
class Fault:
    """What happens to the next `times` requests whose `METHOD path` matches."""

    pattern: str
    status: int = 500
    body: Document | str = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    cut: str = ""
    """`before` or `after`: the connection breaks before or after the request is carried out."""
    delay: float = 0.0


class Rest:
    """The API's HTTP half."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.calls: list[Call] = []
        self.downloads = 0
        """How often the CDN was asked for a file."""
        self.broken_downloads = 0
        """How many of the next ones break off."""
        self.stuck_downloads: set[str] = set()
        """Names of files that never come."""
        self.faults: list[Fault] = []
        self.limits: dict[str, tuple[int, float]] = {}
        """Per route such as `POST /channels/*/messages`: requests per seconds."""
        self.hidden_limits = False
        """Whether the answers keep silent about the limits."""
        self.session_starts_left = 1000
        self._windows: dict[str, tuple[float, int]] = {}
        self.limited = 0
        """Requests that were answered 429 because a limit was exceeded."""

    def of(self, method: str, pattern: str) -> list[Call]:
        """The calls of a method whose path matches."""
        return [call for call in self.calls if call.method == method and re.search(pattern, call.path)]

    def routes(self) -> list[web.RouteDef]:
        """Everything the fake answers."""
        channel = PREFIX + "/channels/{channel}"
        wired = {
            ("GET", PREFIX + "/gateway"): self.gateway,
            ("GET", PREFIX + "/gateway/bot"): self.gateway,
            ("GET", PREFIX + "/users/@me"): self.me,
            ("GET", PREFIX + "/users/@me/guilds"): self.guilds,
            ("GET", PREFIX + "/applications/@me"): self.application,
            ("GET", PREFIX + "/oauth2/applications/@me"): self.application,
            ("GET", PREFIX + "/guilds/{guild}"): self.guild,
            ("GET", PREFIX + "/guilds/{guild}/channels"): self.guild_channels,
            ("GET", PREFIX + "/guilds/{guild}/members/{user}"): self.member,
            ("GET", PREFIX + "/guilds/{guild}/threads/active"): self.active_threads,
            ("GET", channel): self.channel,
            ("GET", channel + "/messages"): self.history,
            ("POST", channel + "/messages"): self.create_message,
            ("GET", channel + "/messages/{message}"): self.message,
            ("PATCH", channel + "/messages/{message}"): self.edit_message,
            ("POST", PREFIX + "/interactions/{interaction}/{token}/callback"): self.acknowledge,
            ("POST", channel + "/messages/{message}/threads"): self.start_thread,
            ("GET", channel + "/threads/archived/public"): self.archived_threads,
            ("GET", channel + "/users/@me/threads/archived/private"): self.no_threads,
        }
        return [web.route(method, path, self._wrap(handler)) for (method, path), handler in wired.items()]

    async def cdn(self, request: web.Request) -> web.Response:
        """A stored file, for whoever has its signed address: a bot's token has no business here."""
        assert "Authorization" not in request.headers
        self.downloads += 1
        if request.match_info["name"] in self.stuck_downloads:
            await asyncio.sleep(30)
        if self.broken_downloads:
            self.broken_downloads -= 1
            return web.Response(status=502, text="<html>502</html>")
        content = self.world.files.get(request.match_info["number"])
        if content is None or request.query.get("hm") != self.world.cdn_signature:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=content)

    def _wrap(self, handler: Callable[[web.Request, Document], Any]) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            body = await _read(request, self.world)
            path = request.path.removeprefix(PREFIX)
            self.calls.append(
                Call(request.method, path, body, dict(request.headers), dict(request.query), time.monotonic())
            )
            fault = self._fault(f"{request.method} {path}")
            if fault is not None and fault.delay:
                await asyncio.sleep(fault.delay)
            if fault is not None and fault.cut == "before":
                return _cut(request)
            if fault is not None and not fault.cut and not fault.delay:
                return _fault_response(fault)
            response = self._limit(request) or self._carry_out(handler, request, body)
            return _cut(request) if fault is not None and fault.cut == "after" else response

        return answer

    def _carry_out(
        self, handler: Callable[[web.Request, Document], Any], request: web.Request, body: Document
    ) -> web.Response:
        try:
            if request.headers.get("Authorization") != f"Bot {self.world.token}":
                raise Refused(401, 0, "401: Unauthorized")
            document = handler(request, body)
            response = web.Response(status=204) if document is None else _json(document)
        except Refused as refused:
            response = _json(refused.body, status=refused.status)
        self._describe_limit(request, response)
        return response

    def _fault(self, line: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and re.search(fault.pattern, line):
                fault.times -= 1
                return fault
        return None

    def _route(self, request: web.Request) -> str:
        resource = request.match_info.route.resource
        path = resource.canonical.removeprefix(PREFIX) if resource is not None else request.path
        return f"{request.method} {re.sub('{[a-z]+}', '*', path)}"

    def _limit(self, request: web.Request) -> web.Response | None:
        """Count against the global and the route's limit; 429 when one is exceeded."""
        route = self._route(request)
        for scope, key in (
            ("global", "global"),
            ("user", f"{route} {request.match_info.get('channel', '')}"),
        ):
            limit = self.limits.get("global" if scope == "global" else route)
            if limit is None:
                continue
            allowed, seconds = limit
            start, used = self._windows.get(key, (0.0, 0))
            now = time.monotonic()
            if now - start >= seconds:
                start, used = now, 0
            if used >= allowed:
                self.limited += 1
                return _too_many(start + seconds - now, scope)
            self._windows[key] = (start, used + 1)
        return None

    def _describe_limit(self, request: web.Request, response: web.Response) -> None:
        route = self._route(request)
        limit = self.limits.get(route)
        if limit is None or self.hidden_limits:
            return
        start, used = self._windows[f"{route} {request.match_info.get('channel', '')}"]
        left = max(start + limit[1] - time.monotonic(), 0.0)
        response.headers["X-RateLimit-Limit"] = str(limit[0])
        response.headers["X-RateLimit-Remaining"] = str(max(limit[0] - used, 0))
        response.headers["X-RateLimit-Reset"] = f"{time.time() + left:.3f}"
        response.headers["X-RateLimit-Reset-After"] = f"{left:.3f}"
        response.headers["X-RateLimit-Bucket"] = f"bucket-{abs(hash(route)):x}"

    # --- what the routes answer ---

    def gateway(self, request: web.Request, body: Document) -> Document:
        """Get Gateway Bot."""
        starts = {
            "total": 1000,
            "remaining": self.session_starts_left,
            "reset_after": 2000,
            "max_concurrency": 1,
        }
        return {"url": f"ws://{request.host}/gateway/", "shards": 1, "session_start_limit": starts}

    def me(self, request: web.Request, body: Document) -> Document:
        """Get Current User."""
        return self.world.bot

    def guilds(self, request: web.Request, body: Document) -> list[Document]:
        """Get Current User Guilds."""
        return [{"id": self.world.guild_id, "name": "The guild"}] if self.world.in_guild else []

    def application(self, request: web.Request, body: Document) -> Document:
        """Get Current Application."""
        flags = FLAG_MESSAGE_CONTENT if self.world.message_content else 0
        owner = {"id": "1", "username": "owner", "discriminator": "0", "avatar": None}
        return {
            "id": self.world.bot["id"],
            "name": "mosaic",
            "icon": None,
            "description": "",
            "flags": flags,
            "bot_public": False,
            "bot_require_code_grant": False,
            "verify_key": "0",
            "owner": owner,
            "team": None,
        }

    def guild(self, request: web.Request, body: Document) -> Document:
        """Get Guild."""
        if not self.world.in_guild or request.match_info["guild"] != self.world.guild_id:
            raise Refused(404, 10004, "Unknown Guild")
        return self.world.guild()

    def guild_channels(self, request: web.Request, body: Document) -> list[Document]:
        """Get Guild Channels: those the bot may not view as well, threads not."""
        self.guild(request, body)
        return [one for one in self.world.channels.values() if "thread_metadata" not in one]

    def member(self, request: web.Request, body: Document) -> Document:
        """Get Guild Member."""
        self.guild(request, body)
        person = self.world.people.get(request.match_info["user"])
        if person is None:
            raise Refused(404, 10007, "Unknown Member")
        return {"user": person, "roles": [], "joined_at": "2026-01-01T00:00:00+00:00"}

    def active_threads(self, request: web.Request, body: Document) -> Document:
        """List Active Guild Threads."""
        self.guild(request, body)
        return {"threads": self._threads(archived=False), "members": []}

    def archived_threads(self, request: web.Request, body: Document) -> Document:
        """List Public Archived Threads, the last archived first."""
        parent = self._channel(request)["id"]
        self.world.allow(READ_MESSAGE_HISTORY)
        found = [one for one in self._threads(archived=True) if one["parent_id"] == parent]
        found.sort(key=lambda one: one["thread_metadata"]["archive_timestamp"], reverse=True)
        before = request.query.get("before")
        if before:
            found = [one for one in found if one["thread_metadata"]["archive_timestamp"] < before]
        limit = int(request.query.get("limit", 50))
        return {"threads": found[:limit], "members": [], "has_more": len(found) > limit}

    def no_threads(self, request: web.Request, body: Document) -> Document:
        """List Joined Private Archived Threads."""
        self._channel(request)
        return {"threads": [], "members": [], "has_more": False}

    def channel(self, request: web.Request, body: Document) -> Document:
        """Get Channel."""
        return self._channel(request)

    def history(self, request: web.Request, body: Document) -> list[Document]:
        """Get Channel Messages: newest first, whatever is asked."""
        channel = self._channel(request)
        if not self.world.permissions & READ_MESSAGE_HISTORY:
            return []
        found = self.world.messages[channel["id"]]
        limit = int(request.query.get("limit", 50))
        if not 1 <= limit <= 100:
            raise Refused(400, 50035, "Invalid Form Body")
        if "after" in request.query:
            found = [one for one in found if int(one["id"]) > int(request.query["after"])][:limit]
        elif "before" in request.query:
            found = [one for one in found if int(one["id"]) < int(request.query["before"])][-limit:]
        else:
            found = found[-limit:]
        return [self.world.visible_content(one) for one in reversed(found)]

    def message(self, request: web.Request, body: Document) -> Document:
        """Get Channel Message."""
        return self._message(self._channel(request)["id"], request.match_info["message"])

    def create_message(self, request: web.Request, body: Document) -> Document:
        """Create Message, with the nonce enforced when asked to."""
        channel = self._channel(request)
        in_thread = "thread_metadata" in channel
        self.world.allow(SEND_MESSAGES_IN_THREADS if in_thread else SEND_MESSAGES)
        content, files = body.get("content") or "", body.get("files", [])
        if not content and not files:
            raise Refused(400, 50006, "Cannot send an empty message")
        if len(content) > 2000 or len(str(body.get("nonce", ""))) > 25:
            raise Refused(400, 50035, "Invalid Form Body")
        if files:
            self.world.allow(ATTACH_FILES)
        if not all(_is_row(one) for one in body.get("components", [])):
            raise Refused(400, 50035, "Invalid Form Body")
        key = (channel["id"], str(body.get("nonce")))
        if body.get("enforce_nonce") and key in self.world.nonces:
            return self.world.nonces[key]
        more: Document = {"attachments": files}
        more.update({name: body[name] for name in ("nonce", "components") if name in body})
        if body.get("message_reference"):
            more.update(type=19, message_reference=body["message_reference"])
        message = self.world.add_message(channel["id"], self.world.bot, content, **more)
        if body.get("enforce_nonce"):
            self.world.nonces[key] = message
        return message

    def edit_message(self, request: web.Request, body: Document) -> Document:
        """Edit Message: only one's own, and what is not named stays as it is."""
        message = self.message(request, body)
        if message["author"]["id"] != self.world.bot["id"]:
            raise Refused(403, 50005, "Cannot edit a message authored by another user")
        if len(body.get("content") or "") > 2000:
            raise Refused(400, 50035, "Invalid Form Body")
        message.update({key: body[key] for key in ("content", "components") if key in body})
        self.world.publish("MESSAGE_UPDATE", message)
        return message

    def acknowledge(self, request: web.Request, body: Document) -> None:
        """Create Interaction Response: once, by its token, and soon enough."""
        interaction = self.world.interactions.pop(request.match_info["interaction"], None)
        if interaction is None or interaction["token"] != request.match_info["token"]:
            raise Refused(404, 10062, "Unknown interaction")
        assert body == {"type": 6}

    def start_thread(self, request: web.Request, body: Document) -> Document:
        """Start Thread from Message: its id is the message's."""
        channel = self._channel(request)
        message = self._message(channel["id"], request.match_info["message"])
        self.world.allow(CREATE_PUBLIC_THREADS)
        if message["id"] in self.world.channels:
            raise Refused(400, 160004, "A thread has already been created for this message")
        if not 1 <= len(str(body.get("name", ""))) <= 100:
            raise Refused(400, 50035, "Invalid Form Body")
        return self.world.add_channel(body["name"], 11, channel["id"], id=message["id"])

    def _threads(self, *, archived: bool) -> list[Document]:
        threads = [one for one in self.world.channels.values() if "thread_metadata" in one]
        return [one for one in threads if one["thread_metadata"]["archived"] is archived]

    def _channel(self, request: web.Request) -> Document:
        channel = self.world.channels.get(request.match_info["channel"])
        if channel is None:
            raise Refused(404, 10003, "Unknown Channel")
        self.world.allow(VIEW_CHANNEL)
        return channel

    def _message(self, channel_id: str, message_id: str) -> Document:
        for message in self.world.messages[channel_id]:
            if message["id"] == message_id:
                return message
        raise Refused(404, 10008, "Unknown Message")


def _is_row(row: Document) -> bool:
    """Whether it is a row of buttons as Discord takes it."""
    return (
        row["type"] == 1
        and 1 <= len(row["components"]) <= 5
        and all(
            one["type"] == 2 and 1 <= len(one["label"]) <= 80 and 1 <= len(one["custom_id"]) <= 100
            for one in row["components"]
        )
    )


def _json(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    # Without a charset, the way Discord says it.
    body = json.dumps(document).encode()
    return web.Response(
        body=body, status=status, headers={**(headers or {}), "Content-Type": "application/json"}
    )


async def _read(request: web.Request, world: World) -> Document:
    if request.content_type == "application/json":
        text = await request.text()
        return json.loads(text) if text else {}
    if request.content_type != "multipart/form-data":
        return {}
    body: Document = {}
    files = []
    reader = await request.multipart()
    async for part in reader:
        if part.name == "payload_json":
            body.update(json.loads(await part.text()))
        elif part.name is not None and part.name.startswith("files["):
            files.append(world.add_file(part.filename or "file", bytes(await part.read())))
    return {**body, "files": files}


def _too_many(wait: float, scope: str) -> web.Response:
    headers = {"Retry-After": str(int(wait) + 1), "X-RateLimit-Scope": scope, "Via": "1.1 fake"}
    if scope == "global":
        headers["X-RateLimit-Global"] = "true"
    body = {
        "message": "You are being rate limited.",
        "retry_after": round(wait, 3),
        "global": scope == "global",
    }
    return _json(body, status=429, headers=headers)


def _fault_response(fault: Fault) -> web.Response:
    if isinstance(fault.body, str):
        return web.Response(text=fault.body, status=fault.status, headers=fault.headers)
    return _json(fault.body, status=fault.status, headers=fault.headers)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
