# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is called before the end is done, and what the client gives up is waited for no longer."""

from __future__ import annotations

import json
import os
import socketserver
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from mosaic_connectors.agents import tools
from mosaic_connectors.agents.mcp import MOST_CALLS, Server

SENT = {"ok": True, "id": 7, "state": "waiting", "message_id": None, "detail": None}
OPEN = {
    **dict.fromkeys(("answer", "delivery", "detail")),
    **{"ok": True, "id": "K7QXM", "state": "open", "outcome": "", "left": 9.0},
}


class Bridge(socketserver.ThreadingUnixStreamServer):
    """A bridge at the wire: nobody answers its questions, and a message is accepted after a moment."""

    daemon_threads = True
    requests: list[dict[str, object]]


class Peer(socketserver.StreamRequestHandler):
    server: Bridge

    def handle(self) -> None:
        request = json.loads(self.rfile.readline())
        time.sleep(0.2 if request["op"] == "send" else 0.02)
        self.server.requests.append(request)
        self.wfile.write(json.dumps(SENT if request["op"] == "send" else OPEN).encode() + b"\n")


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    with tempfile.TemporaryDirectory() as folder, Bridge(f"{folder}/s", Peer) as server:
        server.requests = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def call(number: object, name: str, **given: object) -> bytes:
    params = {"name": name, "arguments": given}
    return json.dumps({"id": number, "method": "tools/call", "params": params}).encode() + b"\n"


def serve(bridge: Bridge, folder: Path) -> tuple[BinaryIO, threading.Thread, Path]:
    """A server; returns where it is talked to, its thread, and what it says."""
    reading, writing = os.pipe()
    said = folder / "said"
    server = Server(str(bridge.server_address), os.fdopen(reading, "rb"), said.open("wb"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    return os.fdopen(writing, "wb"), thread, said


def test_a_message_that_was_handed_over_is_sent_though_the_client_leaves(
    bridge: Bridge, tmp_path: Path
) -> None:
    client, thread, said = serve(bridge, tmp_path)
    client.write(call("a\ud800", "send", text="Done."))
    client.close()
    thread.join(30)
    assert not thread.is_alive()
    assert [request["text"] for request in bridge.requests] == ["Done."]
    assert json.loads(said.read_bytes())["id"] == "a\ud800"


def test_questions_that_are_given_up_are_in_nobodys_way(
    bridge: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "ONCE_SECONDS", 0.05)
    client, thread, said = serve(bridge, tmp_path)
    for number in range(MOST_CALLS):
        client.write(call(number, "ask", question="Deploy?"))
    client.write(call("more", "ask", question="Deploy?") + call("send", "send", text="Done."))
    for number in (*range(MOST_CALLS), None, [1], "no such"):
        told = {"method": "notifications/cancelled", "params": {"requestId": number}}
        client.write(json.dumps(told).encode() + b"\n")
    answers: dict[object, dict[str, Any]] = {}
    deadline = time.monotonic() + 30
    while not (answers.get("last", {}).get("result") and "send" in answers) and time.monotonic() < deadline:
        client.write(call("last", "ask", question="And now?", wait_seconds=0))
        client.flush()
        time.sleep(0.05)
        answers = {answer["id"]: answer for answer in map(json.loads, said.read_bytes().splitlines())}
    client.close()
    thread.join(30)
    assert answers["more"]["error"]["message"] == f"{MOST_CALLS} calls run; wait for one of them."
    assert answers["send"]["result"]["isError"] is False
    assert "No answer yet" in answers["last"]["result"]["content"][0]["text"]
    assert set(answers) == {"more", "send", "last"}, "what was given up is not answered"
    assert {request["timeout"] for request in bridge.requests if request["op"] == "ask"} == {None}
