# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that takes nothing for hours loses nothing, stops nothing, and is told of."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes.homeserver import OPERATOR, FakeHomeserver
from fakes.matrix import connector_on, eventually
from mosaic_connectors import InboundMessage
from mosaic_connectors.bridge import intake
from mosaic_connectors.bridge.questions import Wanted
from mosaic_connectors.bridge.server import Caller, RequestError
from mosaic_connectors.bridge.service import Bridge
from mosaic_connectors.handover import TellsOfGivenUp
from mosaic_connectors.settings import Settings
from mosaic_connectors.store.database import FILE_NAME


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many handovers that five of them, after which a message was given up once, are over in no time."""
    monkeypatch.setattr(intake, "STORE_PATIENCE", 0.02)
    monkeypatch.setattr(intake, "STORE_PAUSE", 0.01)


@contextmanager
def full_disk(state: Path) -> Iterator[None]:
    """Every table of the store takes nothing new, as on a disk without a byte left."""
    tables = ("inbox", "outbox", "place", "seen", "question", "audit")
    with contextlib.closing(sqlite3.connect(state / FILE_NAME, isolation_level=None)) as database:
        for table in tables:
            for change in ("INSERT", "UPDATE"):
                database.execute(
                    f"CREATE TRIGGER full_{table}_{change} BEFORE {change} ON {table}"
                    " BEGIN SELECT raise(ABORT, 'database or disk is full'); END"
                )
        yield
        for table in tables:
            for change in ("INSERT", "UPDATE"):
                database.execute(f"DROP TRIGGER full_{table}_{change}")


@asynccontextmanager
async def bridge_on(server: FakeHomeserver, directory: Path, **habits: Any) -> AsyncIterator[Bridge]:
    connector = connector_on(server, state_dir=directory / "state", **habits)
    settings = Settings(
        socket_path=str(directory / "socket"), operators=(OPERATOR,), tmux_socket=str(directory / "tmux")
    )
    bridge = Bridge(settings, connector, directory / "state")
    running = asyncio.ensure_future(bridge.run())
    await eventually(lambda: bridge.monitor.ready)
    yield bridge
    bridge._stop.set()
    assert await running == 0


def said(server: FakeHomeserver) -> list[str]:
    """The words that the bridge put into the room, without its marks on the operator's messages."""
    return [content["body"] for content in server.sent() if "body" in content]


@pytest.mark.fault("the disk is full for hours", "messages are held and told of; none is given up")
async def test_a_disk_that_is_full_for_hours_loses_nothing_and_the_operator_is_told(tmp_path: Path) -> None:
    server = FakeHomeserver()
    async with bridge_on(server, tmp_path) as bridge:
        with full_disk(tmp_path / "state"):
            server.say("do it")
            server.say("and that")
            await eventually(lambda: any("is held" in one for one in said(server)))
            await asyncio.sleep(0.5)
            health = await bridge.monitor.check()
            assert "A message is held" in str(health.detail)
            assert "held: the disk" in bridge.monitor.status()
            assert bridge.inbox.waiting() == 0
        await eventually(lambda: bridge.inbox.waiting() == 2)
        first = bridge.inbox.next()
        assert first is not None
        assert first.message.text == "do it"
        await eventually(lambda: any("stores messages again" in one for one in said(server)))
        assert "A message is held" not in str((await bridge.monitor.check()).detail)
    notices = said(server)
    assert len([one for one in notices if "is held" in one]) == 1, "it is said once"
    assert not any("given up" in one for one in notices)


@pytest.mark.fault("... and the bridge is restarted meanwhile", "the message comes again")
async def test_what_the_disk_did_not_take_comes_again_after_a_restart(tmp_path: Path) -> None:
    server = FakeHomeserver()
    async with bridge_on(server, tmp_path) as bridge:
        with full_disk(tmp_path / "state"):
            server.say("do it")
            await eventually(lambda: bridge.intake.holding is not None)
            bridge._stop.set()
            await asyncio.sleep(0.3)
    async with bridge_on(server, tmp_path) as bridge:
        await eventually(lambda: bridge.inbox.waiting() == 1)


@pytest.mark.fault(
    "... and what is said is the answer to a question", "it counts, once, when it can be stored"
)
async def test_an_answer_that_the_disk_did_not_take_counts_later(tmp_path: Path) -> None:
    server = FakeHomeserver()
    async with bridge_on(server, tmp_path) as bridge:
        asked = await bridge.asking.ask(Wanted("Deploy?", ("yes", "no"), False, None, 600.0), "uid=1", "key")
        await eventually(lambda: any("Answer until" in one for one in said(server)))
        with full_disk(tmp_path / "state"):
            server.say(f"yes {asked.id}")
            await eventually(lambda: bridge.intake.holding is not None)
            assert [one.id for one in bridge.questions.open()] == [asked.id]
        await eventually(lambda: any("was answered at" in one for one in said(server)))
        ended = bridge.questions.get(asked.id)
        assert ended is not None
        assert (ended.state, ended.answer) == ("answered", "yes")
        what = [entry["what"] for entry in bridge.audit.listing(0, 10)]
        assert what == ["asked", "answered"]
    assert not any("changes nothing" in one for one in said(server))


async def test_a_message_that_is_given_up_is_told(tmp_path: Path) -> None:
    """As the handover asks the handler to, where it failed on a message every time."""
    server = FakeHomeserver()
    async with bridge_on(server, tmp_path) as bridge:
        assert isinstance(bridge.intake, TellsOfGivenUp)
        message = InboundMessage("do it", OPERATOR, "2026-01-01T00:00:00.000Z", None, "$1")
        await bridge.intake.given_up(message, "it took too long.")
        await eventually(lambda: any("was given up" in one for one in said(server)))


@pytest.mark.fault(
    "an administrator locks the database, or the disk hangs", "polls, heartbeats and answers go on"
)
async def test_who_holds_the_file_stops_no_loop(tmp_path: Path) -> None:
    """An administrator's lock, or a disk that takes its time: polls, heartbeats and answers go on."""
    server = FakeHomeserver()
    async with bridge_on(server, tmp_path) as bridge:
        with contextlib.closing(
            sqlite3.connect(tmp_path / "state" / FILE_NAME, isolation_level=None)
        ) as other:
            other.execute("BEGIN IMMEDIATE")
            server.say("do it")
            notice = asyncio.ensure_future(bridge.tell("a word"))
            longest = await _longest_pause(1.5)
            assert bridge.inbox.waiting() == 0
            other.execute("COMMIT")
        await notice
        await eventually(lambda: bridge.inbox.waiting() == 1)
        await eventually(lambda: "a word" in said(server))
    assert longest < 5, "a loop that waits for the file waits for ten seconds"


async def _longest_pause(seconds: float) -> float:
    loop, longest = asyncio.get_running_loop(), 0.0
    end = loop.time() + seconds
    while loop.time() < end:
        before = loop.time()
        await asyncio.sleep(0.01)
        longest = max(longest, loop.time() - before)
    return longest


@pytest.mark.parametrize(
    "named",
    [
        {"thread": "t" * 256},
        {"thread": "\x1b]52;"},
        {"thread": 7},
        {"attachments": ["https://h/"] * 101},
        {"attachments": ["https://h/" + "x" * 5000]},
        {"attachments": ["https://h/\ud800"]},
    ],
    ids=lambda named: repr(named)[:30],
)
@pytest.mark.fault("a thread of a megabyte, a hundred thousand files", "refused in words")
async def test_what_a_message_names_is_bounded(tmp_path: Path, named: dict[str, object]) -> None:
    """Whoever may use the local socket fills no disk by what stands beside the words."""
    async with bridge_on(FakeHomeserver(), tmp_path) as bridge:
        caller = Caller(os.getpid(), os.getuid(), os.getgid(), asyncio.StreamReader())
        with pytest.raises(RequestError) as refused:
            await bridge.operations.send({"op": "send", "text": "x", **named}, caller)
        assert refused.value.code == "bad_request"


@pytest.mark.fault("files come faster than the orchestrator reads", "none of a message that waits goes")
@pytest.mark.parametrize("bound", [{"media_store_bytes": 10_000}, {"media_store_files": 2}], ids=str)
async def test_no_file_of_a_message_that_waits_makes_room(tmp_path: Path, bound: dict[str, int]) -> None:
    """There is no pane, so all wait; a file that finds no room is named with the reason, and can be asked for."""
    server = FakeHomeserver()

    async def send(number: int) -> None:
        server.media[f"m{number}"] = bytes(5000)
        content = {"msgtype": "m.file", "body": f"{number}.bin", "url": f"mxc://fake.test/m{number}"}
        server.post("m.room.message", content)
        await eventually(lambda: received() == number + 1)

    def received() -> int:
        return int(bridge.inbox._db.rows("SELECT count(*) FROM inbox")[0][0])

    def files() -> list[str]:
        return sorted(path.name[-5:] for path in (tmp_path / "state" / "media").iterdir())

    async with bridge_on(server, tmp_path, **bound) as bridge:
        for number in range(3):
            await send(number)
        assert files() == ["0.bin", "1.bin"]
        words = [row[0] for row in bridge.inbox._db.rows("SELECT text FROM inbox ORDER BY id")]
        assert "mxc://fake.test/m2, not stored: the 2 files of messages that nobody has read yet" in words[2]
        first = bridge.inbox.next()
        assert first is not None
        assert bridge.inbox.finish(first, "submitted")
        await send(3)
        assert files() == ["1.bin", "3.bin"]
