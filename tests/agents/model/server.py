# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripted model as a server on the loopback."""

from __future__ import annotations

import contextlib
import gzip
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from . import anthropic, chat, gemini, responses
from .ledger import Ledger
from .script import Cue, Script
from .wire import Dialect

MODELS = ("scripted-model",)
REFUSAL = {"type": "invalid_request_error", "message": "Refused by the provider."}


def dialect_of(path: str) -> Dialect | None:
    """The protocol of a path; None where no answer of the model's is asked for."""
    if path.endswith("/messages"):
        return anthropic.Messages()
    if path.endswith("/chat/completions"):
        return chat.Completions()
    if path.endswith("/responses"):
        return responses.Responses()
    if path.partition(":")[2].lower().endswith("generatecontent"):
        return gemini.Contents()
    return None


class Model:
    """A script that is played over HTTP, and the ledger of what it was asked."""

    def __init__(self, script: Script, ledger: Ledger) -> None:
        self.script, self.ledger = script, ledger
        self.url = ""
        self.watched: dict[str, bool] = {}
        """Words, and whether any request held them."""

    def watch(self, body: object) -> None:
        """Look for the watched words in a request."""
        text = json.dumps(body, ensure_ascii=False)
        for words in self.watched:
            self.watched[words] |= words in text


@contextlib.contextmanager
def serving(model: Model) -> Iterator[Model]:
    """The model on a free port of 127.0.0.1; its long answers end with it."""
    server = _Server(("127.0.0.1", 0), _handler(model))
    server.daemon_threads = True
    model.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        model.script.gate.open()
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a program that hung up."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _handler(model: Model) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        served = model

    return Handler


class _Handler(BaseHTTPRequestHandler):
    served: Model
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """The ledger is the log."""

    def do_HEAD(self) -> None:
        self._json({})

    def do_GET(self) -> None:
        listed = [{"id": name, "object": "model", "owned_by": "test", "created": 1} for name in MODELS]
        self._json({"object": "list", "data": listed, "models": []})

    def do_POST(self) -> None:
        path = self.path.partition("?")[0]
        body = self._body()
        dialect = dialect_of(path)
        if dialect is None or not isinstance(body, dict):
            self._json({"input_tokens": 1, "totalTokens": 1})
            return
        asked = dialect.read(path, body)
        self.served.ledger.note(asked)
        self.served.watch(body)
        if any(Cue.REFUSED.value in text for text in asked.last):
            self._json({"type": "error", "error": REFUSAL}, 400)
            return
        pieces = self.served.script.play(asked)
        with contextlib.suppress(ConnectionError):  # a program that is interrupted hangs up
            if asked.streams:
                self._stream(dialect.stream(asked, pieces))
            else:
                self._json(dialect.whole(asked, pieces))

    def _body(self) -> Any:
        if "chunked" in self.headers.get("transfer-encoding", ""):
            raw = b"".join(self._chunks())
        else:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("content-encoding") == "gzip":
            raw = gzip.decompress(raw)
        try:
            return json.loads(raw or b"{}")
        except ValueError:
            return None

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _json(self, answer: object, status: int = 200) -> None:
        raw = json.dumps(answer).encode()
        self._head("application/json", [("content-length", str(len(raw)))], status)
        if self.command != "HEAD":
            self.wfile.write(raw)

    def _stream(self, events: Iterator[str]) -> None:
        self.close_connection = True
        self._head("text/event-stream", [("cache-control", "no-cache"), ("connection", "close")])
        for one in events:
            self.wfile.write(one.encode())
            self.wfile.flush()

    def _head(self, content_type: str, more: list[tuple[str, str]], status: int = 200) -> None:
        self.send_response(status)
        for name, value in [("content-type", content_type), *more]:
            self.send_header(name, value)
        self.end_headers()
