# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receipts: one request at a time, the newest mark alone, and nobody waits for any."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fakes.matrix import eventually
from mosaic_connectors.bridge.counters import Counters
from mosaic_connectors.bridge.progress import Progress
from mosaic_connectors.bridge.receipts import MOST_PENDING, Receipts
from mosaic_connectors.errors import Meaning, RemoteError
from mosaic_connectors.types import InboundMessage, Mark


class Limited(RemoteError):
    retry_after = 0.2
    meaning = Meaning.QUIET


class Channel:
    """Gives receipts as the test says, and remembers every try."""

    abilities = frozenset({"mark", "read"})

    def __init__(self, *failures: Exception, hangs: bool = False) -> None:
        self.tried: list[tuple[str | None, str]] = []
        self.failures = list(failures)
        self.hangs = hangs
        self.at_once = self.most_at_once = 0

    async def mark(self, message: InboundMessage, mark: Mark) -> None:
        await self._do(message, mark.value)

    async def read(self, message: InboundMessage) -> None:
        await self._do(message, "read")

    async def typing(self, thread_id: str | None, seconds: float) -> None:
        raise AssertionError("not among its abilities")

    async def _do(self, message: InboundMessage, what: str) -> None:
        self.tried.append((message.message_id, what))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(60 if self.hangs else 0)
            if self.failures:
                raise self.failures.pop(0)
        finally:
            self.at_once -= 1


def said(number: int) -> InboundMessage:
    return InboundMessage("hello", "@ann:test", "2026-01-01T00:00:00Z", None, f"${number}")


@asynccontextmanager
async def giving(
    channel: Channel,
    answers_wait: Callable[[], bool] = lambda: False,
    *,
    marks: bool = True,
    quiet: float = 60.0,
) -> AsyncIterator[Receipts]:
    receipts = Receipts(
        channel,
        progress=Progress(),
        counters=Counters(),
        answers_wait=answers_wait,
        marks=marks,
        reads=True,
        call_seconds=0.1,
        quiet_seconds=quiet,
    )
    task = asyncio.ensure_future(receipts.run())
    yield receipts
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_message_that_is_taken_at_once_gets_one_mark() -> None:
    channel = Channel()
    async with giving(channel) as receipts:
        receipts.note(said(1), Mark.STORED)
        receipts.note(said(1), Mark.TAKEN)
        receipts.note(said(2), Mark.LOST)
        await eventually(lambda: len(channel.tried) == 3)
    assert channel.tried == [("$1", "read"), ("$1", "taken"), ("$2", "lost")]
    assert channel.most_at_once == 1


async def test_what_is_switched_off_is_not_given_and_answers_go_first() -> None:
    channel = Channel()
    waits = [True]
    async with giving(channel, lambda: waits[0]) as receipts:
        receipts.note(said(1), Mark.TAKEN)
        receipts.marks, receipts.reads = False, False
        receipts.note(said(2), Mark.STORED)
        await asyncio.sleep(0.1)  # that nothing happens has no other sign
        assert channel.tried == []
        waits[0] = False
        await eventually(lambda: channel.tried == [("$1", "taken")])


async def test_a_limit_is_respected_and_the_newest_mark_follows() -> None:
    channel = Channel(Limited("wait"))
    async with giving(channel) as receipts:
        receipts.note(said(1), Mark.LOST)
        await eventually(lambda: len(channel.tried) == 1)
        receipts.note(said(1), Mark.TAKEN)
        await eventually(lambda: len(channel.tried) == 2)
    assert channel.tried == [("$1", "lost"), ("$1", "taken")]


async def test_a_channel_that_hangs_or_fails_is_left_alone_and_nobody_waits_for_it() -> None:
    channel = Channel(hangs=True)
    async with giving(channel) as receipts:
        for number in range(MOST_PENDING + 10):
            receipts.note(said(number), Mark.TAKEN)
        await eventually(lambda: len(channel.tried) == 3)
        await asyncio.sleep(0.7)  # longer than the pause after one failure
        assert len(channel.tried) == 3
    assert channel.tried[0] == ("$10", "taken"), "of more than may wait, the oldest go without"


async def test_a_failure_nobody_thought_of_ends_nothing() -> None:
    channel = Channel(KeyError("surprise"))
    async with giving(channel) as receipts:
        receipts.note(said(1), Mark.TAKEN)
        receipts.note(said(2), Mark.TAKEN)
        await eventually(lambda: len(channel.tried) == 2)
