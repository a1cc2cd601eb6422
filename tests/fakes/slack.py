# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Slack to test against: a small real server on loopback, Web API, files and socket mode on one port.

Written from Slack's public documentation, and as rude: errors with HTTP status 200, 429 with Retry-After, HTML from a
proxy, answers that are lost after the work was done, short pages, events repeated until they are acknowledged and
never kept for who has no socket, tokens in each other's place.

`python -m fakes.slack --port 8789` (in tests/) runs it by itself; its tokens are those of `World`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiohttp import web
from fakes.slack_socket import Sockets
from fakes.slack_world import Document, Refused, World

_LOGIN_PAGE = "<!DOCTYPE html><html><title>Slack</title>Sign in</html>"

SCOPES = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "conversations.info": "channels:read",
    "conversations.members": "channels:read",
    "users.info": "users:read",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
}


@dataclass
class Call:
    """A request as it came in."""

    method: str
    arguments: Document
    headers: dict[str, str]
    at: float


@dataclass
class Fault:
    """What happens to the next `times` calls of a method that matches."""

    pattern: str
    status: int = 200
    body: Document | str = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    cut: str = ""
    """`before` or `after`: the connection breaks before or after the call is carried out."""


class FakeSlack:
    """The server; `world` and `sockets` are there to be looked at and to be disturbed."""

    def __init__(self) -> None:
        self.world = World()
        self.sockets = Sockets(self.world)
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.limits: dict[str, tuple[int, float]] = {}
        """Per method: calls per seconds."""
        self.longest_page = 200
        self.shares_after = 0.01
        """Seconds between the answer to a share and its message."""
        self.port = 0
        self._windows: dict[str, tuple[float, int]] = {}
        self._runner: web.AppRunner | None = None
        self._uploads: dict[str, Document] = {}

    async def __aenter__(self) -> FakeSlack:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def api_url(self) -> str:
        """What MOSAIC_SLACK_API_URL has to be."""
        return f"{self.world.base_url}/api"

    async def start(self) -> None:
        """Listen; the second time on the same port."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes([web.route("*", "/api/{method}", self._answer), web.get("/link/", self.sockets.serve)])
        app.add_routes([web.get("/files-pri/{file}/{name}", self._download)])
        app.add_routes([web.post("/upload/{file}", self._upload)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = self._runner.addresses[0][1]
        self.world.base_url = f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        """Break every connection and stop listening; what the world knows stays."""
        await self.sockets.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def say(self, text: str, *, thread: str | None = None, user: str = "U0OPERATOR1", **more: Any) -> str:
        """Somebody writes, by default the operator; returns the `ts`."""
        stamp: str = self.world.add(text, thread=thread, user=user, **more)["ts"]
        return stamp

    def fail(self, pattern: str, **fault: Any) -> None:
        """Order a fault for the next calls whose method matches."""
        self.faults.append(Fault(pattern, **fault))

    def drop_uploads(self) -> None:
        """What was brought and not shared is gone, as it is some time later."""
        for upload in self._uploads.values():
            upload.pop("data", None)

    def of(self, method: str) -> list[Call]:
        """The calls of a method."""
        return [call for call in self.calls if call.method == method]

    def written(self) -> list[Document]:
        """What the bot wrote, the earliest first."""
        return [one for one in self.world.messages if one.get("bot_id") == self.world.bot["bot_id"]]

    def texts(self) -> list[str]:
        """The texts of what the bot wrote, as they stand in Slack's own form."""
        return [one["text"] for one in self.written() if one["text"]]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method, arguments = request.match_info["method"], dict(request.query)
        if request.content_type == "application/json" and request.can_read_body:
            arguments |= await request.json()
        self.calls.append(Call(method, arguments, dict(request.headers), time.monotonic()))
        fault = next((one for one in self.faults if one.times and re.fullmatch(one.pattern, method)), None)
        if fault is not None:
            fault.times -= 1
            if fault.cut != "after":
                return _cut(request) if fault.cut else _told(fault)
        response = self._limit(method) or self._carry_out(method, arguments, request)
        return _cut(request) if fault is not None else response

    def _limit(self, method: str) -> web.Response | None:
        allowed, seconds = self.limits.get(method, (0, 0.0))
        if not allowed:
            return None
        start, used = self._windows.get(method, (0.0, 0))
        now = time.monotonic()
        if now - start >= seconds:
            start, used = now, 0
        self._windows[method] = (start, used + 1)
        if used < allowed:
            return None
        wait = str(max(int(start + seconds - now + 0.999), 1))
        return web.json_response(
            {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": wait}
        )

    def _carry_out(self, method: str, arguments: Document, request: web.Request) -> web.Response:
        world = self.world
        try:
            scopes = self._admit(method, request)
            work: Callable[[Document], Document] | None = getattr(self, f"_{method.replace('.', '_')}", None)
            if work is None:
                raise Refused("unknown_method")
            body = {"ok": True, **work(arguments)}
        except Refused as refused:
            scopes, body = world.scopes, refused.body
        return web.json_response(body, headers={"X-OAuth-Scopes": ",".join(scopes)})

    def _admit(self, method: str, request: web.Request) -> list[str]:
        world, header = self.world, request.headers.get("Authorization", "")
        token, wants_app = header.removeprefix("Bearer "), method == "apps.connections.open"
        if not header:
            raise Refused("not_authed")
        if token not in (world.app_token, world.bot_token):
            raise Refused("invalid_auth")
        if (token == world.app_token) is not wants_app:
            raise Refused("not_allowed_token_type")
        scopes = world.app_scopes if wants_app else world.scopes
        needed = "connections:write" if wants_app else SCOPES.get(method)
        if world.is_private and needed:
            needed = needed.replace("channels:", "groups:")
        if needed is not None and needed not in scopes:
            raise Refused("missing_scope", needed=needed, provided=",".join(scopes))
        return scopes

    # --- what the methods answer ---

    def _apps_connections_open(self, arguments: Document) -> Document:
        return {"url": f"ws://127.0.0.1:{self.port}{self.sockets.ticket()}"}

    def _auth_test(self, arguments: Document) -> Document:
        bot = self.world.bot
        return {
            "user": bot["name"],
            "team": "Fleet",
            "team_id": "T0123456789",
            **_of(bot, "user_id", "bot_id"),
        }

    def _conversations_info(self, arguments: Document) -> Document:
        world = self.world
        self._channel(arguments, needs_member=world.is_private)
        facts = {"is_channel": True, "is_private": world.is_private, "is_im": False}
        return {
            "channel": {
                **{"id": world.channel_id, "name": "fleet", **facts},
                **{"is_member": world.is_member, "is_archived": world.is_archived},
            }
        }

    def _conversations_members(self, arguments: Document) -> Document:
        self._channel(arguments)
        return {
            "members": [one for one in self.world.users if one != "U0STRANGER1"],
            "response_metadata": {"next_cursor": ""},
        }

    def _conversations_history(self, arguments: Document) -> Document:
        self._channel(arguments)
        shown = [
            one
            for one in reversed(self.world.messages)
            if one.get("thread_ts", one["ts"]) == one["ts"] or one.get("subtype") == "thread_broadcast"
        ]
        return self._page(shown, arguments)

    def _conversations_replies(self, arguments: Document) -> Document:
        self._channel(arguments)
        asked = self.world.find(arguments["ts"])
        if asked is None:
            raise Refused("thread_not_found")
        if asked.get("thread_ts", asked["ts"]) != asked["ts"]:
            return self._page([asked], arguments)
        replies = [
            one for one in self.world.messages if one.get("thread_ts") == asked["ts"] and one is not asked
        ]
        oldest = float(arguments.get("oldest", 0))
        return self._page([asked, *(one for one in replies if float(one["ts"]) > oldest)], arguments)

    def _page(self, messages: list[Document], arguments: Document) -> Document:
        start = int(arguments.get("cursor", "next:0").removeprefix("next:"))
        end = start + min(int(arguments.get("limit", 100)), self.longest_page)
        metadata = arguments.get("include_all_metadata") == "true"
        page = [
            {key: value for key, value in one.items() if metadata or key != "metadata"}
            for one in messages[start:end]
        ]
        more = end < len(messages)
        following = {"response_metadata": {"next_cursor": f"next:{end}"}} if more else {}
        return {"messages": page, "has_more": more, **following}

    def _users_info(self, arguments: Document) -> Document:
        name = self.world.users.get(arguments["user"])
        if name is None:
            raise Refused("user_not_found")
        return {"user": {"id": arguments["user"], "name": name, "profile": {"display_name": name}}}

    def _chat_postMessage(self, arguments: Document) -> Document:
        elsewhere = self.world.others.get(arguments.get("channel", ""))
        if elsewhere is not None:
            bot = self.world.bot
            message = {"text": arguments["text"], "ts": self.world.stamp(), **_of(bot, "bot_id")}
            elsewhere.append(message)
            return {"channel": arguments["channel"], "ts": message["ts"], "message": message}
        self._channel(arguments)
        if not arguments.get("text"):
            raise Refused("no_text")
        if len(arguments["text"]) > 40_000:
            raise Refused("msg_too_long")
        _check_blocks(arguments.get("blocks", []))
        more = {key: arguments[key] for key in ("metadata", "blocks") if key in arguments}
        message = self._by_bot(arguments["text"], arguments.get("thread_ts"), **more)
        return {"channel": self.world.channel_id, "ts": message["ts"], "message": message}

    def _chat_update(self, arguments: Document) -> Document:
        self._channel(arguments)
        message = self.world.find(arguments["ts"])
        if message is None:
            raise Refused("message_not_found")
        if message.get("bot_id") != self.world.bot["bot_id"]:
            raise Refused("cant_update_message")
        message["text"] = arguments["text"]
        # Blocks that are not named stay, and are what is seen.
        message["blocks"] = arguments.get("blocks", message.get("blocks", []))
        return {"channel": self.world.channel_id, "ts": message["ts"], "text": message["text"]}

    def press(self, message: Document, mark: str, *, user: str = "U0OPERATOR1") -> str:
        """Somebody presses a button below a message of the bot; returns when."""
        return self.sockets.press(message, mark, user=user)

    def _files_getUploadURLExternal(self, arguments: Document) -> Document:
        if int(arguments["length"]) < 1:
            raise Refused("invalid_arguments")
        number = f"F{900 + len(self._uploads):010d}"
        self._uploads[number] = {"name": arguments["filename"], "length": int(arguments["length"])}
        return {"upload_url": f"{self.world.base_url}/upload/{number}", "file_id": number}

    def _files_completeUploadExternal(self, arguments: Document) -> Document:
        self._channel({"channel": arguments["channel_id"]})
        shared = []
        for one in arguments["files"]:
            upload = self._uploads.get(one["id"], {})
            if "data" not in upload:
                raise Refused("file_not_found")
            shared.append(
                {"id": one["id"], "name": upload["name"], "size": len(upload["data"]), "mode": "hosted"}
            )
        # By a job of its own, as on the real one: the message is not there when the answer is.
        thread = arguments.get("thread_ts")
        asyncio.get_running_loop().call_later(
            self.shares_after, lambda: self._by_bot("", thread, files=shared)
        )
        return {"files": [{"id": one["id"], "title": one["name"]} for one in shared]}

    def _by_bot(self, text: str, thread: str | None, **more: Any) -> Document:
        bot = self.world.bot
        return self.world.add(text, thread=thread, user=bot["user_id"], bot_id=bot["bot_id"], **more)

    def _channel(self, arguments: Document, *, needs_member: bool = True) -> None:
        world = self.world
        if arguments.get("channel") != world.channel_id or (world.is_private and not world.is_member):
            raise Refused("channel_not_found")
        if needs_member and not world.is_member:
            raise Refused("not_in_channel")
        if world.is_archived and "text" in arguments:
            raise Refused("is_archived")

    async def _upload(self, request: web.Request) -> web.Response:
        upload = self._uploads[request.match_info["file"]]
        assert "Authorization" not in request.headers
        data = await request.read()
        if len(data) != upload["length"]:
            return web.Response(status=500, text="size mismatch")
        upload["data"] = data
        return web.Response(text=f"OK - {len(data)}")

    async def _download(self, request: web.Request) -> web.Response:
        header = request.headers.get("Authorization", "")
        if header != f"Bearer {self.world.bot_token}" or "files:read" not in self.world.scopes:
            return web.Response(
                status=302, headers={"Location": "https://example.invalid/login"}, text=_LOGIN_PAGE
            )
        document, data = self.world.files[request.match_info["file"]]
        return web.Response(body=data, content_type=document["mimetype"])


def _check_blocks(found: list[Document]) -> None:
    """As Slack does: texts and labels have bounds, and no two buttons of a block the same id."""
    for one in found:
        if one["type"] == "section" and not 1 <= len(one["text"]["text"]) <= 3000:
            raise Refused("invalid_blocks")
        if one["type"] == "actions":
            elements = one["elements"]
            labels = [len(button["text"]["text"]) for button in elements]
            ids = {button["action_id"] for button in elements}
            if not 1 <= len(elements) <= 25 or max(labels) > 75 or len(ids) < len(elements):
                raise Refused("invalid_blocks")


def _of(document: Document, *keys: str) -> Document:
    return {key: document[key] for key in keys}


def _told(fault: Fault) -> web.Response:
    text, kind = (
        (fault.body, "text/html")
        if isinstance(fault.body, str)
        else (json.dumps(fault.body), "application/json")
    )
    return web.Response(status=fault.status, text=text, content_type=kind, headers=fault.headers)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def until(condition: Callable[[], object], timeout: float = 10.0) -> None:
    """Wait until a condition holds; fail when it does not in time."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("the condition did not come true in time")
        await asyncio.sleep(0.005)


async def _serve(port: int) -> None:
    fake = FakeSlack()
    fake.port = port
    await fake.start()
    facts = {"api_url": fake.api_url, "channel_id": fake.world.channel_id, "operator": "U0OPERATOR1"}
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    """Run the server until it is stopped; the first line of output says where it is."""
    parser = argparse.ArgumentParser(description="A fake Slack on loopback.")
    parser.add_argument("--port", type=int, default=8789)
    asyncio.run(_serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
