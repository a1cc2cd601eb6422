# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A far side on a real socket: requests go to the first route that matches, and its faults are scripted."""

from __future__ import annotations

import contextlib
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """What came in; `arguments` are the decoded variable parts of the path."""

    method: str
    path: str
    body: dict[str, Any]
    token: str | None
    query: dict[str, str]
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What goes out; `lost` does the work and cuts the connection instead of answering."""

    status: int
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False


class Refusal(Exception):
    """A Matrix error."""

    def __init__(self, status: int, errcode: str, error: str = "refused", **more: Any) -> None:
        super().__init__(error)
        self.reply = Reply(status, {"errcode": errcode, "error": error, **more})


Handler = Callable[[Request], Any]


class FakeServer:
    """Routes, a log of what was asked, and scripted faults; a subclass adds what it knows."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.url = ""
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self._faults: list[tuple[str, str, Reply]] = []
        self._numbered: dict[int, Reply] = {}
        self._lock = threading.Lock()

    def route(self, method: str, path: str, handler: Handler) -> None:
        """Answer `path`, in which `{}` stands for one segment, with what `handler` returns."""
        pattern = re.compile(re.escape(path).replace(r"\{\}", "([^/]*)") + r"\Z")
        self._routes.append((method, pattern, handler))

    def fail_next(self, method: str, part: str, reply: Reply) -> None:
        """Answer the next `method` request with `part` in its path by `reply`."""
        self._faults.append((method, part, reply))

    def fail_at(self, number: int, reply: Reply) -> None:
        """Answer the request of that number, counted from 0, by `reply`."""
        self._numbered[number] = reply

    def asked(self, method: str, part: str = "") -> list[Request]:
        """The requests made so far, of one method, with `part` in the path."""
        return [request for request in self.requests if request.method == method and part in request.path]

    @property
    def writes(self) -> list[Request]:
        """The requests made so far that were no plain look."""
        return [request for request in self.requests if request.method != "GET"]

    def answer(self, request: Request) -> Reply:
        """One request, one reply, one at a time."""
        with self._lock:
            self.requests.append(request)
            fault = self._fault(request)
            if fault is not None and not fault.lost:
                return fault
            try:
                reply = self._routed(request)
            except Refusal as refusal:
                reply = refusal.reply
            return Reply(reply.status, reply.body, lost=True) if fault is not None else reply

    def _fault(self, request: Request) -> Reply | None:
        numbered = self._numbered.pop(len(self.requests) - 1, None)
        if numbered is not None:
            return numbered
        for index, (method, part, reply) in enumerate(self._faults):
            if request.method == method and part in request.path:
                del self._faults[index]
                return reply
        return None

    def _routed(self, request: Request) -> Reply:
        for method, pattern, handler in self._routes:
            match = pattern.match(request.path)
            if method == request.method and match:
                arguments = tuple(unquote(part) for part in match.groups())
                answer = handler(Request(**{**request.__dict__, "arguments": arguments}))
                return answer if isinstance(answer, Reply) else Reply(200, answer)
        return Reply(404, {"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"})


@contextlib.contextmanager
def served(fake: FakeServer, pem: Path | None = None) -> Iterator[FakeServer]:
    """The fake on a free port of the loopback, gone at the end; over TLS with the key and certificate in `pem`."""

    class Connection(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            parts = urlsplit(self.path)
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
            body = json.loads(raw) if raw else {}
            reply = fake.answer(Request(self.command, parts.path, body, token, dict(parse_qsl(parts.query))))
            if reply.lost:
                self.close_connection = True
                return
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(content)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _serve

        def handle(self) -> None:
            with contextlib.suppress(ssl.SSLError, ConnectionError):
                super().handle()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Connection)
    server.daemon_threads = True
    if pem is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        # The handshake belongs to the connection's own thread: one that fails must not stop the server.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    fake.url = f"{'https' if pem else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
