# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge that is killed at every write of its store and at every step of the world around it, one after the other.

Run as a program, it forks a process for each point: SIGKILL there, a second process that goes on from what
is on the disk, and a look at what the operator and the agent have by then. Prints how many points there were.

    python -m fakes.crash_points            from a first start on
    python -m fakes.crash_points upgrade    the first steps on a state that the version before the store left
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from fakes.homeserver import BOT, OPERATOR, ROOM, TOKEN, FakeHomeserver
from fakes.matrix import FAST
from mosaic_connectors.bridge.server import Caller
from mosaic_connectors.bridge.service import Bridge
from mosaic_connectors.matrix.connector import MatrixConnector
from mosaic_connectors.matrix.settings import MatrixSettings
from mosaic_connectors.secrets import Secret
from mosaic_connectors.settings import Settings
from mosaic_connectors.store.database import FILE_NAME
from mosaic_connectors.store.migrations import BRIDGE
from mosaic_connectors.tmux.pane import Outcome, Step

SAID = ("first", "second")
"""What the operator writes."""

ANSWERED = ("one", "two")
"""What the agent answers, each under an id of its own that it uses again until it is told that it was taken."""

MOST_POINTS = 400

UPGRADE_POINTS = 60
"""More than it takes to bring a state of the version before up, and to handle the first message after that."""


class Fuse:
    """Kills this process at the `left`-th step that it is told of; never for 0."""

    def __init__(self, left: int) -> None:
        self.left = left

    def step(self, _statement: str = "write") -> None:
        """One thing is about to happen, or has."""
        if not _statement.startswith(("SELECT", "PRAGMA incremental", "-- ")):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class World:
    """What outlives the process: the homeserver's room, and what was typed into the pane."""

    def __init__(self, directory: Path, fuse: Fuse) -> None:
        self.fuse = fuse
        self.sent, self.typed = directory / "sent", directory / "typed"
        self.server = FakeHomeserver()
        for text in SAID:
            self.server.say(text)
        self.transport = httpx.MockTransport(self._answer)

    async def remember(self) -> None:
        """Let the homeserver have what it was sent before."""
        for path, content in _lines(self.sent):
            await self._put(path, content)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method != "PUT":
            return await self.server._answer(request)
        self.fuse.step()
        _append(self.sent, [str(request.url), request.content.decode()])
        self.fuse.step()
        return await self.server._answer(request)

    async def _put(self, url: str, content: str) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        await self.server._answer(httpx.Request("PUT", url, headers=headers, content=content.encode()))

    async def submit(self, text: str, token: str, before: Callable[[Step], Awaitable[None]]) -> Outcome:
        """As `Pane.submit`: what was typed and entered is remembered by the pane, in the same moment."""
        for step, what in ((Step.TYPING, text), (Step.ENTERING, "")):
            if (step.name, token) not in [(name, known) for name, known, _what in _lines(self.typed)]:
                await before(step)
                self.fuse.step()
                _append(self.typed, [step.name, token, what])
                self.fuse.step()
        return Outcome.SUBMITTED


def _append(path: Path, line: Any) -> None:
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def _live(directory: Path, world: World) -> None:
    """One life of the bridge, until everything has arrived."""
    await world.remember()
    connector = MatrixConnector(
        homeserver_url="https://fake.test",
        user_id=BOT,
        room_id=ROOM,
        access_token=Secret(TOKEN),
        settings=MatrixSettings(**FAST, deliver_backlog=True),
        state_dir=directory / "state",
        transport=world.transport,
    )
    settings = Settings(
        socket_path=str(directory / "socket"), operators=(OPERATOR,), tmux_socket=str(directory / "tmux")
    )
    bridge = Bridge(settings, connector, directory / "state")
    bridge.deliverer.pane = world  # type: ignore[assignment]
    running = asyncio.ensure_future(bridge.run())
    caller = Caller(os.getpid(), os.getuid(), os.getgid(), asyncio.StreamReader())
    for text in ANSWERED:
        await bridge.operations.send({"op": "send", "text": text, "txn": f"txn-{text}"}, caller)
    while not _is_done(bridge):  # noqa: ASYNC110 (there is no event for it)
        await asyncio.sleep(0.002)
    bridge._stop.set()
    await running


def _is_done(bridge: Bridge) -> bool:
    done = bridge.database.rows("SELECT count(*) FROM inbox WHERE state = 'done'")[0][0]
    return bool(done == len(SAID) and bridge.outbox.counts().get("sent", 0) == len(ANSWERED))


def _process(directory: Path, fuse_at: int) -> int:
    """Live in a process of its own; returns how it ended, as `waitpid` says it."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    fuse = Fuse(fuse_at)
    connect = sqlite3.connect

    def traced(*values: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*values, **named)
        connection.set_trace_callback(fuse.step)
        return connection

    sqlite3.connect = traced  # type: ignore[assignment]
    try:
        signal.alarm(20)
        asyncio.run(_live(directory, World(directory, fuse)))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def former_state(directory: Path) -> None:
    """What the version before left: the first message stored and waiting, the second not yet fetched."""
    state = directory / "state"
    state.mkdir()
    with closing(sqlite3.connect(state / FILE_NAME)) as database:
        for number, step in enumerate(BRIDGE[:3], 1):
            for statement in step.statements:
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {number}")
        database.execute(
            "INSERT INTO inbox (event, kind, sender, text, ts, created) VALUES ('matrix:$1', 'matrix', ?, ?, '', 0)",
            (OPERATOR, SAID[0]),
        )
        database.commit()
    name = hashlib.sha256(f"{BOT}\0{ROOM}".encode()).hexdigest()[:16]
    _append(state / f"matrix-{name}.journal", ["e", "$1", 1_700_000_000_000, ROOM])
    _append(state / f"matrix-{name}.journal", ["s", FakeHomeserver()._token(1), ROOM])


def _check(directory: Path, point: int) -> None:
    """Nothing lost and nothing doubled, on either side."""
    pane = _lines(directory / "typed")
    typed = [text for step, _token, text in pane if step == Step.TYPING.name]
    assert typed == [f"[operator {OPERATOR}] {text}" for text in SAID], (point, pane)
    assert len(pane) == 2 * len(SAID), (point, pane)
    # Beside the words there are marks on the operator's own messages.
    contents = {url: json.loads(content) for url, content in _lines(directory / "sent")}
    sent = {url: content["body"] for url, content in contents.items() if "body" in content}
    assert sorted(sent.values()) == sorted(ANSWERED), (point, sent)


def main(*, upgrade: bool) -> int:
    """Go through all points; returns how many there were."""
    for point in range(1, UPGRADE_POINTS if upgrade else MOST_POINTS):
        directory = Path(tempfile.mkdtemp(prefix="crash-"))
        try:
            if upgrade:
                former_state(directory)
            ended = _process(directory, point)
            assert ended in (0, signal.SIGKILL), (point, ended)
            if ended:
                again = _process(directory, 0)
                assert again == 0, (point, again)
            _check(directory, point)
        finally:
            shutil.rmtree(directory)
        if not ended:
            return point - 1
    assert upgrade, f"a life of the bridge took more than {MOST_POINTS} steps"
    return UPGRADE_POINTS


if __name__ == "__main__":
    sys.stdout.write(f"{main(upgrade=sys.argv[1:] == ['upgrade'])}\n")
