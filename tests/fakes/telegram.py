# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Telegram to test against: the Bot API on a small real server on loopback, as rude as the real one.

Written from the public documentation (Bot API 8.0) and the answers that Telegram is known to give: a second poller throws
out the first with 409, a webhook forbids to poll, an unknown token is 401 and one that can be none 404, its own trouble is
HTML, a group that moved answers with its new number, markup that does not close is refused, and what nobody confirmed
comes again.

`python -m fakes.telegram --port 8788` (in tests/) runs it by itself, with the bot whose token TELEGRAM_BOT_TOKEN holds; there
`POST /fake/messages` is the operator's keyboard and `GET /fake/messages` the screen. `telegram_host.yml` is a playbook that
runs it on a test host.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Any

from aiohttp import web

Document = dict[str, Any]
TOKEN = "1234567890:AA" + "fake" * 8 + "f"
BAD_GATEWAY = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body>\r\n</html>"
_TAGS = {"b", "strong", "i", "em", "u", "s", "del", "code", "pre", "a", "blockquote", "tg-spoiler", "span"}
_FILE_LIMIT = 20 * 1024 * 1024


class Refused(Exception):
    """An error of the API."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.body: Document = {"ok": False, "error_code": code, "description": description}
        if parameters:
            self.body["parameters"] = parameters


@dataclass
class Fault:
    """What happens to the next `times` calls of methods that match: an answer of that status, or a cut connection."""

    pattern: str
    status: int = 0
    body: Document | str = ""
    times: int = 1
    after: int = 0
    """How many calls that match go well before."""
    cut: str = ""
    """`before` or `after`: the connection breaks before or after the call is carried out."""


@dataclass
class Call:
    """A call as it came in."""

    method: str
    params: Document
    files: dict[str, tuple[str, bytes]]


class Markup(HTMLParser):
    """Telegram's own reader of tags: knows few, and wants all closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            raise Refused(
                400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}" at byte offset 0'
            )
        if tag == "blockquote" and tag in self.open:
            raise Refused(400, "Bad Request: can't parse entities: nested blockquote")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refused(400, "Bad Request: can't parse entities: Unmatched end tag at byte offset 0")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @classmethod
    def read(cls, html: str) -> str:
        """What is seen of a text with tags."""
        reader = cls()
        reader.feed(html)
        reader.close()
        if reader.open:
            raise Refused(400, "Bad Request: can't parse entities: Can't find end tag")
        return "".join(reader.text)


@dataclass
class World:
    """One bot, one chat, its operator, and what they wrote."""

    token: str = TOKEN
    chat: Document = field(
        default_factory=lambda: {
            "id": -1001234567890,
            "type": "supergroup",
            "title": "fleet",
            "permissions": {"can_send_messages": True, "can_send_documents": True},
        }
    )
    status: str = "administrator"
    member: Document = field(default_factory=lambda: {"status": "member"})
    """What the operator is in the chat."""
    sees_all: bool = False
    """Whether privacy mode is off."""
    webhook: str = ""
    operator: int = 2345678901
    moved_to: int | None = None
    updates: list[Document] = field(default_factory=list)
    messages: list[Document] = field(default_factory=list)
    """What the bot wrote, as it is seen."""
    private: dict[int, list[str]] = field(default_factory=dict)
    """What the bot said to each who wrote to it alone; to nobody else may it write first."""
    topics: set[int] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)
    next_update: int = 700_000_000
    next_message: int = 100


class FakeTelegram:
    """The server; `world`, `calls` and `faults` are there to be looked at and to be disturbed."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, world: World | None = None) -> None:
        self.host = host
        self.port = port
        self.world = world or World()
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self._presses: list[str] = []
        """Presses of buttons that nobody has acknowledged."""
        self._news = asyncio.Event()
        self._poller: asyncio.Future[None] | None = None
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> FakeTelegram:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def api_url(self) -> str:
        """What MOSAIC_TELEGRAM_API_URL has to be."""
        return f"http://{self.host}:{self.port}"

    @property
    def chat_id(self) -> str:
        """The fleet's chat."""
        return str(self.world.chat["id"])

    async def start(self) -> None:
        """Listen; the second time on the same port."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes([web.route("*", "/bot{token}/{method}", self._serve)])
        app.add_routes([web.get("/file/bot{token}/{path:.+}", self._file)])
        app.add_routes([web.post("/fake/messages", self._typed), web.get("/fake/messages", self._screen)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, self.port, reuse_address=True).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Break every connection and stop listening; what the world knows stays."""
        if self._runner is not None:
            for connection in list(self._runner.server.connections if self._runner.server else ()):
                if connection.transport is not None:
                    connection.transport.abort()
            await self._runner.cleanup()
            self._runner = None

    # --- what a test does ---

    def fail(self, pattern: str, status: int = 0, body: Document | str = "", **more: Any) -> None:
        """Order a fault for the next calls whose method matches."""
        self.faults.append(Fault(pattern, status, body, **more))

    def limit(self, pattern: str, retry_after: float, times: int = 1) -> None:
        """Order 429s that name a time."""
        body = Refused(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after).body
        self.fail(pattern, 429, body, times=times)

    def of(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self.calls if call.method == method]

    def post(self, text: str | None = None, *, sender: int | None = None, **more: Any) -> Document:
        """Somebody writes a message into the chat."""
        world = self.world
        message: Document = {
            "message_id": world.next_message,
            "date": int(time.time()),
            "chat": {key: world.chat[key] for key in ("id", "type")},
            "from": {"id": sender or world.operator, "is_bot": False, "username": "operator"},
        }
        world.next_message += 1
        if text is not None:
            message["text"] = text
        message.update(more)
        if message["chat"]["id"] != world.chat["id"] and message["chat"]["type"] == "private":
            world.private.setdefault(message["chat"]["id"], [])
        private = world.chat["type"] == "private" or world.status in ("administrator", "creator")
        if world.sees_all or private or (text or "").startswith("/"):
            self.update(message=message)
        return message

    def edit(self, message: Document, text: str) -> None:
        """A message is edited."""
        self.update(edited_message={**message, "text": text, "edit_date": int(time.time())})

    def press(self, message: Document, data: str, *, sender: int | None = None) -> str:
        """Somebody presses a button below a message of the bot; returns what the press is acknowledged by."""
        self._presses.append(f"{self.world.operator}{self.world.next_update}")
        user = {"id": sender or self.world.operator, "is_bot": False, "username": "operator"}
        shown = {
            **message,
            "chat": {**message["chat"], "type": self.world.chat["type"]},
            "date": int(time.time()),
        }
        self.update(
            callback_query={
                "id": self._presses[-1],
                "from": user,
                "message": shown,
                "chat_instance": "1",
                "data": data,
            }
        )
        return self._presses[-1]

    def update(self, **content: Any) -> None:
        """Something happens that the bot is told of."""
        self.world.updates.append({"update_id": self.world.next_update, **content})
        self.world.next_update += 1
        self._news.set()

    def texts(self) -> list[str]:
        """What the bot wrote, as it is seen."""
        return [one["text"] for one in self.world.messages if "text" in one]

    def migrate(self, successor: int) -> None:
        """The group becomes a supergroup: a last word in the old one, a first word in the new one."""
        old = self.world.chat["id"]
        self.post(migrate_to_chat_id=successor)
        self.world.chat = {**self.world.chat, "id": successor, "type": "supergroup"}
        self.post(migrate_from_chat_id=old)
        self.world.moved_to = successor

    # --- what the server does ---

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        call = Call(method, *await _read(request))
        self.calls.append(call)
        fault = self._fault(method)
        if fault is not None:
            if fault.cut == "before":
                return _cut(request)
            if fault.status:
                if isinstance(fault.body, str):
                    return web.Response(status=fault.status, text=fault.body, content_type="text/html")
                return web.json_response(fault.body, status=fault.status)
        try:
            self._check_token(request.match_info["token"])
            handler = getattr(self, f"_{method.lower()}", None)
            if handler is None:
                raise Refused(404, "Not Found")
            result = handler(call.params, call.files)
            if asyncio.iscoroutine(result):
                result = await result
        except Refused as refused:
            return web.json_response(refused.body, status=refused.code)
        if fault is not None and fault.cut == "after":
            return _cut(request)
        return web.json_response({"ok": True, "result": result})

    def _fault(self, method: str) -> Fault | None:
        for one in self.faults:
            if one.times > 0 and re.search(one.pattern, method):
                if one.after > 0:
                    one.after -= 1
                    return None
                one.times -= 1
                return one
        return None

    def _check_token(self, token: str) -> None:
        if not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]{35}", token):
            raise Refused(404, "Not Found")
        if token != self.world.token:
            raise Refused(401, "Unauthorized")

    async def _getupdates(self, params: Document, _files: Any) -> list[Document]:
        if self.world.webhook:
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            )
        if self._poller is not None and not self._poller.done():
            self._poller.set_exception(
                Refused(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                )
            )
        mine = self._poller = asyncio.get_running_loop().create_future()
        mine.add_done_callback(lambda done: done.exception())
        offset = params.get("offset")
        if offset is not None:
            self.world.updates = [one for one in self.world.updates if one["update_id"] >= offset]
        end = time.monotonic() + params.get("timeout", 0)
        wanted = params.get("allowed_updates") or ["message"]
        while True:
            found = [one for one in self.world.updates if set(one) & set(wanted)]
            found = found[: params.get("limit", 100)]
            left = end - time.monotonic()
            if found or left <= 0:
                if not mine.done():
                    mine.set_result(None)
                return found
            self._news.clear()
            news = asyncio.ensure_future(self._news.wait())
            try:
                await asyncio.wait({news, mine}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            finally:
                news.cancel()
            if mine.done():
                mine.result()

    def _getme(self, _params: Document, _files: Any) -> Document:
        return {
            "id": int(self.world.token.partition(":")[0]),
            "is_bot": True,
            "first_name": "mosaic",
            "username": "mosaic_bot",
            "can_read_all_group_messages": self.world.sees_all,
        }

    def _getwebhookinfo(self, _params: Document, _files: Any) -> Document:
        return {"url": self.world.webhook, "pending_update_count": len(self.world.updates)}

    def _getchat(self, params: Document, _files: Any) -> Document:
        self._check_chat(params)
        return self.world.chat

    def _getchatmember(self, params: Document, _files: Any) -> Document:
        self._check_chat(params)
        if int(params["user_id"]) == int(self.world.token.partition(":")[0]):
            return {"status": self.world.status, "user": self._getme({}, None)}
        if int(params["user_id"]) != self.world.operator:
            raise Refused(400, "Bad Request: user not found")
        return {"user": {"id": self.world.operator}, **self.world.member}

    def _check_chat(self, params: Document) -> None:
        chat = int(params.get("chat_id", 0))
        if self.world.moved_to is not None and chat != self.world.chat["id"]:
            raise Refused(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=self.world.moved_to,
            )
        if chat != self.world.chat["id"]:
            raise Refused(400, "Bad Request: chat not found")

    def _check_writing(self, params: Document) -> Document:
        self._check_chat(params)
        if self.world.status == "kicked":
            raise Refused(403, "Forbidden: bot was kicked from the supergroup chat")
        topic = int(params["message_thread_id"]) if "message_thread_id" in params else None
        if topic is not None and topic not in self.world.topics:
            raise Refused(400, "Bad Request: message thread not found")
        message: Document = {"message_id": self.world.next_message, "chat": {"id": self.world.chat["id"]}}
        self.world.next_message += 1
        return message if topic is None else {**message, "message_thread_id": topic, "is_topic_message": True}

    def _sendmessage(self, params: Document, _files: Any) -> Document:
        text = params["text"]
        seen = Markup.read(text) if params.get("parse_mode") == "HTML" else text
        if not seen.strip():
            raise Refused(400, "Bad Request: message text is empty")
        if len(seen.encode("utf-16-le")) // 2 > 4096:
            raise Refused(400, "Bad Request: message is too long")
        said = self.world.private.get(int(params.get("chat_id", 0)))
        if said is not None:
            said.append(seen)
            return {"message_id": len(said), "chat": {"id": int(params["chat_id"]), "type": "private"}}
        message = {**self._check_writing(params), "text": seen.strip()}
        if "reply_markup" in params:
            message["reply_markup"] = _keyboard(params["reply_markup"])
        self.world.messages.append({**message, "html": text})
        return message

    def _editmessagetext(self, params: Document, _files: Any) -> Document:
        self._check_chat(params)
        text = params["text"]
        seen = (Markup.read(text) if params.get("parse_mode") == "HTML" else text).strip()
        number = int(params["message_id"])
        found = next((one for one in self.world.messages if one["message_id"] == number), None)
        if found is None:
            raise Refused(400, "Bad Request: message to edit not found")
        if (found["text"], found.get("reply_markup")) == (seen, params.get("reply_markup")):
            raise Refused(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message",
            )
        found.update(text=seen, html=text)
        found.pop("reply_markup", None)  # as what an edit does not name
        return found

    def _answercallbackquery(self, params: Document, _files: Any) -> bool:
        if params["callback_query_id"] not in self._presses:
            raise Refused(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        self._presses.remove(params["callback_query_id"])
        return True

    def _senddocument(self, params: Document, files: dict[str, tuple[str, bytes]]) -> Document:
        name, data = files["document"]
        message = {**self._check_writing(params), "document": {"file_name": name, "file_size": len(data)}}
        self.world.messages.append({**message, "data": data})
        return message

    def _getfile(self, params: Document, _files: Any) -> Document:
        data = self.world.files.get(params["file_id"])
        if data is None:
            raise Refused(400, "Bad Request: invalid file_id")
        if len(data) > _FILE_LIMIT:
            raise Refused(400, "Bad Request: file is too big")
        return {"file_id": params["file_id"], "file_path": f"documents/{params['file_id']}.bin"}

    async def _file(self, request: web.Request) -> web.Response:
        try:
            self._check_token(request.match_info["token"])
        except Refused as refused:
            return web.json_response(refused.body, status=refused.code)
        name = request.match_info["path"].removeprefix("documents/").removesuffix(".bin")
        return web.Response(body=self.world.files[name])

    async def _typed(self, request: web.Request) -> web.Response:
        """For other processes: the operator writes `{"text"}`; answers the message."""
        return web.json_response(self.post((await request.json())["text"]))

    async def _screen(self, _request: web.Request) -> web.Response:
        """For other processes: what the bot wrote, oldest first."""
        return web.json_response(self.texts())


def _keyboard(markup: Document) -> Document:
    """A message's buttons as Telegram takes them."""
    for button in (one for row in markup["inline_keyboard"] for one in row):
        if not button.get("text") or not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return markup


async def _read(request: web.Request) -> tuple[Document, dict[str, tuple[str, bytes]]]:
    if request.content_type == "application/json":
        return await request.json(), {}
    if not request.content_type.startswith("multipart/"):
        return {}, {}
    params: Document = {}
    files: dict[str, tuple[str, bytes]] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = (value.filename, value.file.read())
        else:
            params[name] = value
    return params, files


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _run(arguments: argparse.Namespace) -> None:
    world = World(token=os.environ.get("TELEGRAM_BOT_TOKEN") or TOKEN, operator=arguments.operator)
    world.chat["id"] = arguments.chat
    fake = FakeTelegram(arguments.host, arguments.port, world)
    await fake.start()
    facts = {
        "api_url": fake.api_url,
        "chat_id": fake.chat_id,
        "operator": str(fake.world.operator),
        "token": world.token,
    }
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    """Run the server until it is stopped; the first line of output says where it is."""
    parser = argparse.ArgumentParser(description="A fake Telegram on loopback.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8788)
    parser.add_argument("--chat", type=int, default=World().chat["id"])
    parser.add_argument("--operator", type=int, default=World().operator)
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
