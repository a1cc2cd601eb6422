# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole bridge with commands of the user's: what is spoken, and what nobody answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes.helpers_unit import HelpersUnit, helpers_unit
from fakes.homeserver import OPERATOR, FakeHomeserver
from fakes.matrix import connector_on, eventually
from mosaic_connectors.bridge.counters import Counters
from mosaic_connectors.bridge.escalation import Escalation
from mosaic_connectors.bridge.inbox import Inbox
from mosaic_connectors.bridge.outbox import Outbox
from mosaic_connectors.bridge.progress import Progress
from mosaic_connectors.bridge.questions import Wanted
from mosaic_connectors.bridge.service import Bridge
from mosaic_connectors.bridge.unanswered import Unanswered
from mosaic_connectors.helpers.client import Helpers
from mosaic_connectors.quiet_hours import QuietHours
from mosaic_connectors.settings import Settings
from mosaic_connectors.store.database import FILE_NAME, Database
from mosaic_connectors.types import InboundMessage, OutboundMessage

HEARS = ["/bin/sh", "-c", 'printf "I heard: "; cat "$1"', "sh"]
FAILS = ["/bin/sh", "-c", "exit 9"]


@pytest.fixture
async def unit() -> AsyncIterator[HelpersUnit]:
    async with helpers_unit() as unit:
        yield unit


@asynccontextmanager
async def bridge_on(
    server: FakeHomeserver, directory: Path, unit: HelpersUnit, **settings: Any
) -> AsyncIterator[Bridge]:
    known = {"operators": (OPERATOR,), "transcribe_command": ("is", "set"), "stop_timeout": 0.1, **settings}
    bridge = Bridge(
        Settings(
            socket_path=str(directory / "socket"),
            tmux_socket=str(directory / "tmux"),
            helpers_socket=unit.socket_path,
            **known,
        ),
        connector_on(server, state_dir=directory / "state"),
        directory / "state",
    )
    before = asyncio.all_tasks()
    running = asyncio.ensure_future(bridge.run())
    await eventually(lambda: bridge.monitor.ready)
    yield bridge
    bridge._stop.set()
    assert await running == 0
    # What a process does last of all.
    for task in asyncio.all_tasks() - before:
        task.cancel()


def speak(server: FakeHomeserver, words: bytes, sender: str = OPERATOR) -> None:
    """A voice message, as Element sends it."""
    name = f"media{len(server.media)}"
    server.media[name] = words
    server.say(
        "Voice message.ogg",
        sender=sender,
        msgtype="m.audio",
        url=f"mxc://fake.test/{name}",
        info={"mimetype": "audio/ogg", "size": len(words)},
    )


def taken(bridge: Bridge) -> list[str]:
    return [entry.message.text for entry in bridge.inbox.listing(10)]


def said(server: FakeHomeserver) -> list[str]:
    """What the bridge says of recordings; there is no pane, of which it speaks as well."""
    bodies = [content["body"] for content in server.sent() if "body" in content]
    return [one for one in bodies if "without its words" in one]


async def test_what_is_spoken_is_read_in_its_turn(unit: HelpersUnit, tmp_path: Path) -> None:
    """The words are the message and the file stays beside it; what comes behind it follows; a stranger costs nothing."""
    server = FakeHomeserver()
    unit.names(transcribe_command=["/bin/sh", "-c", 'sleep 1; printf "I heard: "; cat "$1"', "sh"])
    async with bridge_on(server, tmp_path, unit) as bridge:
        speak(server, b"nothing of mine", "@eve:fake.test")
        speak(server, b"good morning")
        server.say("and this")
        await eventually(lambda: len(taken(bridge)) == 2)
        words, _line, file = taken(bridge)[0].rpartition("\n")
        assert words == "I heard: good morning"
        assert file.startswith("[audio: Voice message.ogg (audio/ogg, 12 bytes): /")
        assert Path(file.rpartition(": ")[2][:-1]).read_bytes() == b"good morning"
        assert taken(bridge)[1] == "and this"
        assert unit.asked == 1
        assert 'transcriptions_total{outcome="done"} 1' in bridge.counters.exposition({})
        assert said(server) == []


async def test_a_spoken_word_answers_no_question(unit: HelpersUnit, tmp_path: Path) -> None:
    """Not even where words of one's own are wanted: it is read by the agent."""
    server = FakeHomeserver()
    unit.names(transcribe_command=["/bin/sh", "-c", 'cat "$1"', "sh"])
    async with bridge_on(server, tmp_path, unit) as bridge:
        asked = await bridge.asking.ask(Wanted("Which name?", (), True, None, 600.0), "uid=1", "key")
        speak(server, f"{asked.id}: Aurora".encode())
        await eventually(lambda: len(taken(bridge)) == 1)
        assert taken(bridge)[0].startswith(f"{asked.id}: Aurora\n[audio: ")
        assert [one.id for one in bridge.questions.open()] == [asked.id]


async def test_words_that_cannot_be_had_cost_nobody_the_message(unit: HelpersUnit, tmp_path: Path) -> None:
    """As today, with a line that says why; whoever spoke is told once; what follows waits for the bound and no longer."""
    server = FakeHomeserver()
    unit.names(transcribe_command=FAILS)
    async with bridge_on(server, tmp_path, unit) as bridge:
        speak(server, b"one")
        speak(server, b"two")
        await eventually(lambda: len(taken(bridge)) == 2)
        unit.names(transcribe_command=["/bin/sh", "-c", "sleep 60"], transcribe_timeout=60)
        bridge.own_commands.transcriber.seconds = 1.0
        began = time.monotonic()
        speak(server, b"three")
        server.say("last")
        await eventually(lambda: len(taken(bridge)) == 4)
        assert time.monotonic() - began < 50
        *three, last = taken(bridge)
        assert [text.startswith("[audio: Voice message.ogg") for text in three] == [True] * 3
        assert three[0].endswith("\n[its words are not to be had: it ended with status 9]")
        assert "\n[its words are not to be had: it took longer than " in three[2]
        assert last == "last"
        await eventually(lambda: len(said(server)) == 2)
        assert ["status 9" in one for one in said(server)] == [True, False]
        assert bridge.own_commands.troubles() == {"transcribe_command": three[2].rpartition(": ")[2][:-1]}


async def test_a_bridge_that_ends_in_the_middle_is_handed_the_message_again(
    unit: HelpersUnit, tmp_path: Path
) -> None:
    """It arrives once, with its words, and in front of what was said after it."""
    server = FakeHomeserver()
    unit.names(transcribe_command=["/bin/sh", "-c", "sleep 30"])
    async with bridge_on(server, tmp_path, unit) as bridge:
        speak(server, b"good morning")
        server.say("and this")
        await eventually(lambda: unit.running == 1)
    await eventually(lambda: unit.running == 0)
    unit.names(transcribe_command=HEARS)
    async with bridge_on(server, tmp_path, unit) as bridge:
        await eventually(lambda: len(taken(bridge)) == 2)
        assert [text.partition("\n")[0] for text in taken(bridge)] == ["I heard: good morning", "and this"]


class Host:
    """The stores of a bridge, and what waits in them."""

    def __init__(self, unit: HelpersUnit, directory: Path, quiet: str | None = None) -> None:
        self.database = Database(directory / FILE_NAME)
        self.inbox, self.outbox = Inbox(self.database, 100), Outbox(self.database, 100)
        self.counters = Counters()
        self.unanswered = Unanswered(
            self.database,
            self.outbox,
            "matrix",
            wake_dispatcher=lambda: None,
            progress=Progress(),
            counters=self.counters,
            after=60.0,
            quiet=QuietHours.parse(quiet) if quiet else None,
        )
        self.escalation = Escalation(
            self.database,
            self.unanswered,
            Helpers(unit.socket_path),
            "matrix",
            progress=Progress(),
            counters=self.counters,
        )
        self.escalation.enabled = True

    def took(self, number: int) -> None:
        self.inbox.accept("matrix", InboundMessage("do it", OPERATOR, "", None, f"${number}"))
        entry = self.inbox.next()
        assert entry is not None
        self.inbox.entering(entry)
        self.inbox.finish(entry, "submitted")

    async def later(self) -> None:
        """An hour later: the chat is told, and then the command."""
        self.escalation._not_before = 0.0
        await self.unanswered.look(time.time() + 3600)
        await self.escalation.look(time.time() + 3600)

    def escalated(self, outcome: str) -> bool:
        return f'escalations_total{{outcome="{outcome}"}} 1' in self.counters.exposition({})


def calls(unit: HelpersUnit) -> list[str]:
    place = unit.settings.parent / "calls"
    return place.read_text().splitlines() if place.exists() else []


def calling(unit: HelpersUnit) -> list[str]:
    return ["/bin/sh", "-c", f"cat >>{unit.settings.parent}/calls"]


async def test_what_nobody_answers_is_told_a_second_way_once(unit: HelpersUnit, tmp_path: Path) -> None:
    """After it was told in the chat, and never again, whatever is restarted; a new message has its own turn."""
    unit.names(escalation_command=calling(unit))
    host = Host(unit, tmp_path)
    host.took(1)
    await host.escalation.look(time.time() + 3600)
    assert calls(unit) == []
    await host.later()
    await host.later()
    await Host(unit, tmp_path).later()
    assert len(calls(unit)) == 1
    assert "(matrix): Your message that the orchestrator took at" in calls(unit)[0]
    assert host.escalated("done")
    host.took(2)
    await host.later()
    assert "2 of your messages" in calls(unit)[1]
    host.took(3)
    await host.unanswered.look(time.time() + 3600)
    host.outbox.accept("matrix", OutboundMessage("done"), "txn", "agent")
    await host.later()
    assert len(calls(unit)) == 2, "it was answered first"


async def test_a_second_way_that_fails_is_told_and_not_repeated(unit: HelpersUnit, tmp_path: Path) -> None:
    """One that could not be run is tried again; in quiet hours none is."""
    unit.names(escalation_command=["/bin/sh", "-c", f"{calling(unit)[2]}; exit 1"])
    host = Host(unit, tmp_path)
    host.took(1)
    unit.most = 0
    await host.later()
    assert calls(unit) == []
    assert host.escalated("away")
    unit.most = 4
    loud = host.unanswered.quiet
    host.unanswered.quiet = QuietHours.parse("00:00-23:59 UTC")
    await host.later()
    assert calls(unit) == []
    host.unanswered.quiet = loud
    await host.later()
    await host.later()
    assert len(calls(unit)) == 1
    assert host.escalated("failed")
    assert host.escalation.trouble == "it ended with status 1"
