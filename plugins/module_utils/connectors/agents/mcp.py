# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of the Model Context Protocol over standard input and output: the few messages that tools take, by hand.

Source: Model Context Protocol 2025-06-18, "Lifecycle", "Tools" and "stdio"; JSON-RPC 2.0. The protocol's own SDK takes
many times as long to start, and the agent's program waits for it (docs/operate-agent.md has the figures).
"""

from __future__ import annotations

import json
import threading
import time

from ..border import BorderError, Foreign, read_json
from .tools import TOOLS, ToolError, use
from .words import TEXT

TYPE_CHECKING = False  # as type checkers know it: the agent's program waits for its start

if TYPE_CHECKING:
    from typing import Any, BinaryIO

VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""The versions of the protocol that these messages are the same in, the newest first."""

MOST_BYTES = 16 * 1024 * 1024
"""The longest message that is read."""

MOST_CALLS = 8
"""Tools that are used at a time; questions, which wait for long, are counted for themselves."""

END_SECONDS = 5.0
"""How long what was called before the end may take: it is done, though nobody may read the answer."""

_PARSE_ERROR, _INVALID, _NO_METHOD, _NO_PARAMS, _BUSY = -32700, -32600, -32601, -32602, -32000


class Server:
    """Answers one client until its messages end."""

    def __init__(self, place: str, source: BinaryIO, sink: BinaryIO) -> None:
        """`place` is the path of the bridge's socket."""
        self._place = place
        self._source = source
        self._sink = sink
        self._writing = threading.Lock()
        self._calls = threading.BoundedSemaphore(MOST_CALLS)
        self._questions = threading.BoundedSemaphore(MOST_CALLS)
        self._running: dict[Any, threading.Event] = {}
        """What is called, and whether the client has given it up."""

    def run(self) -> None:
        """Serve."""
        while line := self._source.readline(MOST_BYTES + 1):
            if len(line) > MOST_BYTES and not line.endswith(b"\n"):
                self._fail(None, _PARSE_ERROR, f"A message is expected to have at most {MOST_BYTES} bytes.")
                break  # where the next one begins, nobody knows
            if line.strip():
                self._take(line)
        self._end()

    def _end(self) -> None:
        """Let what runs come to its end, but for what waits for the operator."""
        deadline = time.monotonic() + END_SECONDS
        for _call in range(MOST_CALLS):
            self._calls.acquire(timeout=max(deadline - time.monotonic(), 0.0))
        # ... and let nothing be half written when Python itself ends.
        self._writing.acquire(timeout=max(deadline - time.monotonic(), 0.0))

    def _take(self, line: bytes) -> None:
        try:
            document = read_json(line)
        except BorderError as error:
            self._fail(None, _PARSE_ERROR, f"A message is expected to be JSON in one line: {error}.")
            return
        message = Foreign(document)
        method, number = message.text("method"), message.plain.get("id")
        if method is None or isinstance(number, (dict, list, bool, float)):
            if "result" not in message and "error" not in message:
                self._fail(None, _INVALID, "A request of JSON-RPC 2.0 is expected, with a method.")
            return
        if "id" not in message:
            if method == "notifications/cancelled":
                self._give_up(message.object("params").plain.get("requestId"))
            return  # notifications ask for nothing
        if method == "tools/call":
            self._call(number, message.object("params"))
            return
        self._answer(method, number, message.object("params"))

    def _answer(self, method: str, number: Any, given: Foreign) -> None:
        if method == "initialize":
            asked = given.text("protocolVersion")
            from importlib.metadata import PackageNotFoundError, version

            try:
                ours = version("mosaic-connectors")
            except PackageNotFoundError:
                ours = "0"
            result: dict[str, Any] = {
                "protocolVersion": asked if asked in VERSIONS else VERSIONS[0],
                "capabilities": {"tools": {"listChanged": False}},
                "serverInfo": {"name": "mosaic-connector", "title": "The human operator", "version": ours},
                "instructions": TEXT,
            }
        elif method == "ping":
            result = {}
        elif method == "tools/list":
            result = {"tools": list(TOOLS)}
        else:
            self._fail(number, _NO_METHOD, f"There is no method {method[:100]!r} here; there are tools.")
            return
        self._write({"jsonrpc": "2.0", "id": number, "result": result})

    def _call(self, number: Any, given: Foreign) -> None:
        """Use a tool beside the others: a question may wait for long."""
        name = given.text("name")
        calls = self._questions if name == "ask" else self._calls
        if name is None:
            self._fail(number, _NO_PARAMS, "tools/call is expected to have the name of a tool.")
        elif not calls.acquire(blocking=False):
            self._fail(number, _BUSY, f"{MOST_CALLS} calls run; wait for one of them.")
        else:
            self._running[number] = threading.Event()
            arguments = (number, name, given.object("arguments"), self._running[number], calls)
            threading.Thread(target=self._use, args=arguments, daemon=True).start()

    def _give_up(self, number: Any) -> None:
        given_up = self._running.get(number) if isinstance(number, (str, int)) else None
        if given_up is not None:
            given_up.set()

    def _use(
        self,
        number: Any,
        name: str,
        given: Foreign,
        given_up: threading.Event,
        calls: threading.BoundedSemaphore,
    ) -> None:
        try:
            words, failed = use(name, given, self._place, given_up.is_set), False
        except ToolError as error:
            words, failed = str(error), True
        except Exception as error:  # the model is told, and the next call is served
            words, failed = (
                f"It failed unexpectedly ({type(error).__name__}). Tell the operator in the terminal.",
                True,
            )
        if self._running.get(number) is given_up:
            del self._running[number]
        content = {"content": [{"type": "text", "text": words}], "isError": failed}
        try:
            if not given_up.is_set():  # then nobody waits for it (Model Context Protocol, "Cancellation")
                self._write({"jsonrpc": "2.0", "id": number, "result": content})
        finally:
            calls.release()

    def _fail(self, number: Any, code: int, words: str) -> None:
        self._write({"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": words}})

    def _write(self, message: dict[str, Any]) -> None:
        line = json.dumps(message).encode() + b"\n"  # in ASCII, so that an id comes back as it was
        try:
            with self._writing:
                self._sink.write(line)
                self._sink.flush()
        except (BrokenPipeError, ValueError):
            raise SystemExit(0) from None  # the client is gone
