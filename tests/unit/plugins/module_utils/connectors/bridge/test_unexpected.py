# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An exception belongs to what caused it: one message's failure or one failed look, never the end of the service."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from mosaic_connectors import (
    ConnectorHealth,
    InboundHandler,
    InboundMessage,
    OrchestratorConnector,
    OutboundMessage,
    SendResult,
)
from mosaic_connectors.bridge import intake
from mosaic_connectors.bridge.parts import NOTICE_SECONDS
from mosaic_connectors.bridge.service import Bridge, kept_alive
from mosaic_connectors.discord.settings import DiscordSettings
from mosaic_connectors.errors import StateError
from mosaic_connectors.handover import Handover
from mosaic_connectors.matrix.settings import MatrixSettings
from mosaic_connectors.settings import Settings
from mosaic_connectors.store.database import FILE_NAME
from mosaic_connectors.subscription import Subscription
from mosaic_connectors.types import PartialMessage

ANYTHING = [
    IndexError("no such thing"),
    RecursionError("too deep"),
    OverflowError("too large"),
    MemoryError(),
]
"""What nobody names in an except."""


def fail(error: BaseException) -> None:
    """Fail as a test says."""
    raise error


class Broken(OrchestratorConnector):
    """Fails as the test says, in ways that the contract does not know."""

    kind = "broken"

    def __init__(self) -> None:
        self.sending: BaseException | None = None
        self.looking: BaseException | None = None
        self.sent: list[str] = []
        self.looks = 0
        self.handler: InboundHandler | None = None

    async def send(self, message: OutboundMessage) -> SendResult:
        if message.text == "poison" and isinstance(self.sending, BaseException):
            fail(self.sending)
        self.sent.append(message.text)
        return SendResult(True, "m")

    def subscribe(self, handler: InboundHandler) -> Callable[[], None]:
        self.handler = handler
        return lambda: None

    async def health(self) -> ConnectorHealth:
        self.looks += 1
        if self.looking is not None:
            raise self.looking
        return ConnectorHealth(True, True)

    async def aclose(self) -> None:
        pass


@asynccontextmanager
async def alive(tmp_path: Path, *, health_interval: float = 0.02) -> AsyncIterator[tuple[Bridge, Broken]]:
    """A bridge that runs, and still does at the end of the test."""
    connector = Broken()
    settings = Settings(
        socket_path=str(tmp_path / "s"),
        tmux_socket=str(tmp_path / "t"),
        operators=("@op:x",),
        health_interval=health_interval,
        hold_interval=0.02,
        max_attempts=2,
        stop_timeout=1.0,
    )
    bridge = Bridge(settings, connector, tmp_path)
    bridge.dispatcher.backoff_first = 0.01
    task = asyncio.create_task(bridge.run())
    try:
        yield bridge, connector
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], Any]) -> None:
    async def poll() -> None:
        while not condition():  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.005)

    await asyncio.wait_for(poll(), 20)


@pytest.mark.parametrize("error", ANYTHING, ids=lambda error: type(error).__name__)
@pytest.mark.fault(
    "sending one message raises what nobody thought of",
    "its failure is counted and told; it becomes a dead letter, others pass",
)
async def test_a_message_that_finds_a_defect_becomes_a_dead_letter_and_others_pass(
    tmp_path: Path, error: Exception
) -> None:
    """It is counted, logged with its traceback, and given up like any other that keeps failing."""
    async with alive(tmp_path) as (bridge, connector):
        connector.sending = error
        bad = bridge.outbox.accept("broken", OutboundMessage("poison", "$a"), "1", "test")
        bridge.outbox.accept("broken", OutboundMessage("fine", "$b"), "2", "test")
        bridge.dispatcher.wake()
        await until(lambda: bridge.outbox.counts().get("dead") == 1 and connector.sent == ["fine"])
        entry = bridge.outbox.get(bad.id)
        assert entry is not None
        assert entry.attempts == 2
        assert type(error).__name__ in (entry.error or "")


@pytest.mark.parametrize("error", ANYTHING, ids=lambda error: type(error).__name__)
@pytest.mark.fault(
    "looking at the channel raises what nobody thought of", "a failed look, in the journal and in health"
)
async def test_a_look_that_fails_is_a_failed_look(tmp_path: Path, error: Exception) -> None:
    async with alive(tmp_path) as (bridge, connector):
        await until(lambda: bridge.monitor.health.reachable)
        connector.looking = error
        await until(lambda: not bridge.monitor.health.reachable)
        assert type(error).__name__ in str(bridge.monitor.health.detail)
        connector.looking = None
        await until(lambda: bridge.monitor.health.reachable)


async def test_a_channel_in_trouble_is_looked_at_less_and_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fleet that asks a server in trouble every second keeps it there; and it is found again within the interval."""
    monkeypatch.setattr("mosaic_connectors.bridge.monitor.FAST_SECONDS", 0.01)
    async with alive(tmp_path, health_interval=0.5) as (_bridge, connector):
        connector.looking = OSError("down")
        await asyncio.sleep(1.2)
        assert connector.looks < 12


@pytest.mark.fault("the database cannot be read", "nothing ends; told in status and journal")
async def test_a_database_in_trouble_ends_nothing(tmp_path: Path) -> None:
    """Who handles the trouble does not ask the database how much waits."""
    async with alive(tmp_path) as (bridge, _connector):
        await until(lambda: bridge.monitor.ready)
        with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as somebody:
            somebody.executescript("DROP TABLE inbox; DROP TABLE outbox;")
        bridge.deliverer.wake()
        await until(lambda: bridge.deliverer.holding == "StateError")
        assert "cannot be counted" in bridge.monitor.status()
        looks = _connector.looks
        await until(lambda: _connector.looks > looks + 1)


@pytest.mark.fault("a damaged row among the messages that wait", "it is held, and the operator is told")
async def test_a_message_that_nobody_thought_of_holds_the_pane_and_is_told(tmp_path: Path) -> None:
    """A damaged row of the inbox: bytes where words are expected, which SQLite gives as it finds them."""
    async with alive(tmp_path) as (bridge, connector):
        await until(lambda: bridge.monitor.ready)
        with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as somebody:
            somebody.execute(
                "INSERT INTO inbox (event, kind, sender, text, ts, created) VALUES ('$1', 'broken', x'ff00', x'ff00', 't', 0)"
            )
        bridge.deliverer.wake()
        await until(lambda: bridge.deliverer.holding == "unexpected")
        await until(lambda: any("Held: " in text for text in connector.sent))
        assert bridge.inbox.waiting() == 1


@pytest.mark.fault("a loop fails where it handles failures", "it begins again")
async def test_a_loop_that_fails_where_it_handles_failures_begins_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With a traceback for what nobody foresaw, and a sentence for a disk in trouble."""
    monkeypatch.setattr("mosaic_connectors.bridge.service.RESTART_FIRST", 0.01)
    runs = 0

    async def loop() -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise [ValueError("embedded null byte"), StateError("the disk is away")][runs - 1]

    await asyncio.wait_for(kept_alive("loop", loop), 20)
    assert runs == 3
    assert [bool(one.exc_info) for one in caplog.records] == [True, False]


async def test_what_comes_with_a_message_may_not_take_longer_than_a_call_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler that takes too long is called again, and the message given up in the end."""
    assert MatrixSettings().handler_timeout > intake.WHOLE_PATIENCE + intake.STORE_PATIENCE + NOTICE_SECONDS
    assert MatrixSettings().handler_timeout == DiscordSettings().handler_timeout
    monkeypatch.setattr(intake, "WHOLE_PATIENCE", 0.02)
    message = PartialMessage(
        "words", "@op:x", "2026-01-01T00:00:00.000Z", None, "$1", rest=asyncio.Event().wait
    )  # type: ignore[arg-type]
    async with alive(tmp_path) as (bridge, _connector):
        await bridge.intake.receive(message)
        entry = bridge.inbox.next()
    assert entry is not None
    assert entry.message.text == "words\n[it was not fetched within 0.02 s]"


@pytest.mark.fault("a stranger sends files", "none is fetched")
async def test_what_came_with_a_message_is_asked_for_after_the_admission_alone(tmp_path: Path) -> None:
    """A stranger costs the look at his name; a file that cannot be had costs nobody the words beside it."""
    asked: list[str] = []

    def message(sender: str, number: int) -> PartialMessage:
        async def rest() -> InboundMessage:
            asked.append(sender)
            raise OSError("no such file")

        return PartialMessage("words", sender, "2026-01-01T00:00:00.000Z", None, f"${number}", rest=rest)

    async with alive(tmp_path) as (bridge, _connector):
        await bridge.intake.receive(message("@stranger:x", 1))
        await bridge.intake.receive(message("@op:x", 2))
        assert asked == ["@op:x"]
        assert bridge.inbox.waiting() == 1


async def test_a_subscription_survives_what_its_receiver_did_not_foresee(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mosaic_connectors.subscription._RESTART_FIRST", 0.01)
    runs = 0

    async def receive() -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise KeyError("nobody thought of it")
        await asyncio.Event().wait()

    handover = Handover(lambda _message: None, attempts=1, timeout=1, backoff_first=1, backoff_cap=1)
    closed: list[bool] = []
    subscription = Subscription(
        receive, handover, close=lambda: closed.append(True), on_fatal=lambda _error: None
    )
    await until(lambda: runs == 3)
    assert not subscription.ended
    assert not closed
    await subscription()
    assert closed == [True]


async def test_a_handler_that_fails_where_it_is_ended_for_its_time_is_no_complaint() -> None:
    """It is told as one that took too long; Python would tell its error again, with a traceback."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))

    async def handler(_message: InboundMessage) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise OSError("at its end")

    handover = Handover(handler, attempts=1, timeout=0.01, backoff_first=0.01, backoff_cap=0.01)
    await handover.hand_over(InboundMessage("words", "@op:x", "2026-01-01T00:00:00Z", None, "$1"))
    assert handover.given_up == 1
    await asyncio.sleep(0.01)
    gc.collect()
    assert complaints == []
