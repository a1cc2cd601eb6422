# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module send, at the socket of a bridge: the same key is one message."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.mosaic.fleet.plugins.modules import send
from mosaic_connectors import ConnectorHealth, OrchestratorConnector, SendFailure, SendResult
from mosaic_connectors.bridge.parts import Parts
from mosaic_connectors.settings import Settings


class Channel(OrchestratorConnector):
    """Takes what it is given, or refuses it for good."""

    kind = "told"

    def __init__(self) -> None:
        self.sent: list[tuple] = []
        self.refuses = False

    async def send(self, message):
        if self.refuses:
            return SendFailure(error="Nobody is there. Invite somebody.", permanent=True)
        self.sent.append(
            (message.text, message.thread_id, [Path(one).read_text() for one in message.attachments])
        )
        return SendResult(delivered=True, message_id=f"${len(self.sent)}")

    def subscribe(self, handler):
        raise AssertionError("not asked for")

    async def health(self):
        return ConnectorHealth(True, True)

    async def aclose(self):
        pass


class Bridge:
    """The bridge's own parts on a loop in a thread: what waits is sent once `moves` is set."""

    def __init__(self, folder: Path) -> None:
        self.channel, self.up = Channel(), threading.Event()
        self.socket = str(folder / "b.sock")
        self.parts = Parts(Settings(socket_path=self.socket), self.channel, folder / "state")
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self._serve(),))
        self.thread.start()
        assert self.up.wait(10)

    async def _serve(self) -> None:
        self.ended, self.moves = asyncio.Event(), asyncio.Event()
        await self.parts.server.start()
        self.up.set()
        moving = asyncio.ensure_future(self._move())
        await self.ended.wait()
        moving.cancel()
        await asyncio.gather(moving, return_exceptions=True)
        await self.parts.server.stop()
        await self.parts.database.aclose()

    async def _move(self) -> None:
        await self.moves.wait()
        await self.parts.dispatcher.run()

    def move(self) -> None:
        self.loop.call_soon_threadsafe(self.moves.set)

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.ended.set)
        self.thread.join(10)
        self.loop.close()


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    """In a folder with a short name: a unix socket's path has at most 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="mosaic-"))
    (folder / "state").mkdir(0o700)
    made = Bridge(folder)
    yield made
    made.end()
    shutil.rmtree(folder)


@pytest.fixture
def run(run_main, bridge):
    def once(key="rollout-1.2", **arguments):
        given = {"text": "It runs.", "socket_path": bridge.socket, "patience": 0.0, "key": key}
        return run_main(send, **{**given, **arguments})

    return once


def test_the_same_key_is_one_message(run, bridge) -> None:
    """Accepted, waited for, and said no second time, by a check, by another text or when it is long sent."""
    predicted = run(check=True)
    assert (predicted["changed"], predicted["id"], predicted["state"]) == (True, None, None)
    first = run()
    assert predicted["diff"] == first["diff"]
    assert (first["changed"], first["state"], first["message_id"]) == (True, "waiting", None)
    assert run()["changed"] is False
    bridge.move()
    waited = run(wait=10.0)
    assert (waited["changed"], waited["id"], waited["state"]) == (False, first["id"], "sent")
    for again in (run(text="It runs indeed."), run(check=True), run(wait=10.0)):
        assert (again["changed"], again["id"], again["message_id"]) == (False, first["id"], "$1")
        assert again["diff"]["before"] == again["diff"]["after"]
    assert bridge.channel.sent == [("It runs.", None, [])]


def test_another_key_is_another_message_with_its_thread_and_files(run, bridge, tmp_path) -> None:
    report = tmp_path / "report.txt"
    report.write_text("All is well.\n")
    bridge.move()
    assert run(wait=10.0)["state"] == "sent"
    result = run("report-1", thread_id="$t", attachments=[str(report)], wait=10.0)
    assert (result["changed"], result["state"]) == (True, "sent")
    assert bridge.channel.sent == [("It runs.", None, []), ("It runs.", "$t", ["All is well.\n"])]


def test_a_dead_letter_is_a_failure_that_says_what_to_do(run, bridge) -> None:
    """Also for the run that finds it later."""
    bridge.channel.refuses = True
    bridge.move()
    for _run in range(2):
        result = run(wait=10.0)
        assert result["failed"] is True
        assert "Nobody is there. Invite somebody." in result["msg"]
        assert "mosaic-connector retry 1" in result["msg"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"key": "two words"}, "key is expected to be up to 64 letters"),
        ({"key": "k" * 65}, "key is expected to be up to 64 letters"),
        ({"text": " \n"}, "text is expected to say something"),
        ({"wait": -1.0}, "wait is expected to be 0 to 3600 seconds"),
        ({"patience": float("nan")}, "patience is expected to be 0 to 3600 seconds"),
        ({"attachments": ["/nonexistent/report"]}, "/nonexistent/report is no file"),
        ({"attachments": ["/dev/zero"]}, "/dev/zero is no file"),
        ({"thread_id": "two\nlines"}, "`thread` the id of one"),
        ({"socket_path": "/nonexistent/b.sock"}, "The bridge cannot be reached at /nonexistent/b.sock"),
    ],
)
def test_bad_input_is_said_and_nothing_is_sent(run, bridge, arguments, sentence) -> None:
    result = run(**arguments)
    assert sentence in result["msg"]
    assert bridge.parts.outbox.counts() == {}
