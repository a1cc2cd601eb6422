# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lives while questions are open: who waits is told, and the chat says how each ended, or is told why not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from fakes.matrix import eventually
from fakes.silent import SilentChannel
from mosaic_connectors import (
    InboundMessage,
    SendFailure,
    SendResult,
)
from mosaic_connectors.bridge.answering import Answering
from mosaic_connectors.bridge.asking import Asking
from mosaic_connectors.bridge.counters import Counters
from mosaic_connectors.bridge.inbox import Inbox
from mosaic_connectors.bridge.operations_questions import QuestionOperations
from mosaic_connectors.bridge.outbox import Outbox, OutboxLine
from mosaic_connectors.bridge.peer import Caller
from mosaic_connectors.bridge.progress import Progress
from mosaic_connectors.bridge.questions import Questions, StoredQuestion, Wanted
from mosaic_connectors.store.database import Database
from mosaic_connectors.types import AskedQuestion

GONE = SendFailure(error="the message was deleted", permanent=True)
DOWN = SendResult(delivered=False, error="the channel is down")
DONE = SendResult(delivered=True)


class Channel(SilentChannel):
    """Edits a question's message as the test says, and remembers what it was to say."""

    kind = "told"

    def __init__(self) -> None:
        self.answers: dict[str, list[SendResult]] = {}
        self.said: list[tuple[str, str]] = []
        self.meanwhile: dict[str, Callable[[], Awaitable[None]]] = {}

    async def ask(
        self, question: AskedQuestion, transaction_id: str, *, first_tried: float | None = None
    ) -> SendResult:
        raise AssertionError("the dispatcher asks")

    async def settle(
        self, question: AskedQuestion, message_id: str, outcome: str, transaction_id: str
    ) -> SendResult:
        self.said.append((message_id, outcome))
        if question.id in self.meanwhile:
            await self.meanwhile.pop(question.id)()
        return self.answers.get(question.id, [DONE]).pop(0)


class Desk:
    """The parts around `asking`, over a store in memory."""

    def __init__(self) -> None:
        database = Database(None)
        self.outbox = Outbox(database, 20)
        self.questions = Questions(database, self.outbox, 10)
        self.channel = Channel()
        answering = Answering(database, self.questions, Inbox(database, 10), self.outbox)
        self.asking = Asking(
            self.questions,
            answering,
            self.outbox,
            self.channel,
            wake_dispatcher=lambda: None,
            progress=Progress(),
            counters=Counters(),
            send_timeout=5.0,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self.asking.run())
        yield
        self.asking.stop()
        await asyncio.wait_for(task, 20)

    async def ask(self, key: str, *, sent: bool = True, seconds: float = 600.0) -> StoredQuestion:
        stored = await self.asking.ask(Wanted(f"{key}?", ("yes", "no"), False, "$t", seconds), "uid=1", key)
        if sent:
            self.questions.sent_as(stored.txn, "told", f"${key}")
            self.outbox.sent(self.entry(stored.txn), f"${key}")
        return stored

    def entry(self, txn: str) -> OutboxLine:
        found = self.outbox.by_txn(txn)
        assert found is not None
        return found


async def test_a_question_whose_end_is_left_to_the_bridge_is_open_for_as_long_as_one_may_be(
    desk: Desk,
) -> None:
    caller = Caller(1, 1, 1, asyncio.StreamReader())
    request = {"text": "Go on?", "choices": ["yes", "no"], "timeout": None}
    for most, left in ((60.0, 60.0), (604_800.0, 86_400.0)):
        reply = await QuestionOperations(desk.asking, most_seconds=most, most_bytes=99).ask(request, caller)
        assert left - 5 < reply["left"] <= left


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_who_waits_has_the_answer_at_once_and_the_message_says_it(desk: Desk) -> None:
    async with desk.running():
        stored = await desk.ask("a")
        waiting = asyncio.ensure_future(desk.asking.wait(stored, 60))
        await asyncio.sleep(0)
        said = InboundMessage(f"yes {stored.id}", "@op", "2026-01-01T00:00:00Z", message_id="$1")
        verdict = desk.asking.take("told", said)
        assert verdict is not None
        await desk.asking.taken(verdict, "@op")
        assert (await asyncio.wait_for(waiting, 20)).answer == "yes"
        await eventually(lambda: desk.channel.said)
    ((message, outcome),) = desk.channel.said
    assert message == "$a"
    assert outcome.endswith("by @op: yes")
    assert desk.questions.ended() == []


async def test_a_question_that_nobody_has_read_when_it_ends_is_not_sent_any_more(desk: Desk) -> None:
    async with desk.running():
        unread = await desk.ask("a", sent=False, seconds=0.05)
        tried = await desk.ask("b", sent=False, seconds=0.05)
        desk.outbox.trying(desk.entry(tried.txn), 1.0)
        await eventually(lambda: desk.entry(unread.txn).state == "dropped")
        assert desk.entry(tried.txn).state == "waiting", "it may be on its way"
        await eventually(lambda: [one.id for one in desk.questions.ended()] == [tried.id])
    assert desk.channel.said == []


@pytest.mark.fault(
    "the message of a question was deleted, or its channel is down when it ends",
    "told by a message of its own, or later; no other question waits for it",
)
async def test_a_message_that_cannot_be_edited_is_followed_by_one_that_says_it(desk: Desk) -> None:
    gone, down, fine = [await desk.ask(key) for key in "abc"]
    desk.channel.answers = {gone.id: [GONE], down.id: [DOWN, DONE]}
    for stored in (gone, down, fine):
        await desk.asking.withdraw(stored)
    async with desk.running():
        await eventually(lambda: not desk.questions.ended())
    assert [message for message, _outcome in desk.channel.said] == ["$a", "$b", "$c", "$b"]
    told = desk.entry(f"{gone.txn}-over")
    assert (told.thread, told.state) == ("$t", "waiting")
    assert desk.outbox.by_txn(f"{down.txn}-over") is None


async def test_a_message_that_arrives_while_others_are_settled_says_itself_how_its_question_ended(
    desk: Desk,
) -> None:
    """By an edit, and not by a message of its own beside one that still asks."""
    first, late = await desk.ask("a"), await desk.ask("b", sent=False)
    desk.outbox.trying(desk.entry(late.txn), 1.0)

    async def arrives() -> None:
        desk.questions.sent_as(late.txn, "told", "$b")
        desk.outbox.sent(desk.entry(late.txn), "$b")

    desk.channel.meanwhile = {first.id: arrives}
    for stored in (first, late):
        await desk.asking.withdraw(stored)
    async with desk.running():
        await eventually(lambda: not desk.questions.ended())
    assert [message for message, _outcome in desk.channel.said] == ["$a", "$b"]
    assert desk.outbox.by_txn(f"{late.txn}-over") is None


@pytest.mark.fault(
    "a reply comes before the channel has said that the question it answers was sent", "it is the answer"
)
@pytest.mark.parametrize(("reply_to", "counts"), [("$q", True), ("$another", False)])
async def test_who_is_quicker_than_the_channels_word_that_the_question_was_sent_has_answered(
    desk: Desk, reply_to: str, counts: bool
) -> None:
    """A choice alone, in a reply, names its question by the message, whose id is known late; another reply waits, too."""
    stored = await desk.ask("a", sent=False)
    entry = desk.entry(stored.txn)
    desk.outbox.trying(entry, 1.0)
    sent = asyncio.Event()

    async def wait_sent(number: int, _seconds: float) -> None:
        assert number == entry.id
        await sent.wait()

    desk.asking.wait_sent = wait_sent
    said = InboundMessage("Yes", "@op", "2026-01-01T00:00:00Z", message_id="$1", reply_to=reply_to)
    waiting = asyncio.ensure_future(desk.asking.until_sent("told", said))
    others = (replace(said, reply_to=None), replace(said, text="why?"))
    await asyncio.wait_for(asyncio.gather(*(desk.asking.until_sent("told", one) for one in others)), 20)
    assert not waiting.done()
    desk.questions.sent_as(stored.txn, "told", "$q")
    sent.set()
    await asyncio.wait_for(waiting, 20)
    verdict = desk.asking.take("told", said)
    assert (verdict is not None and verdict.counts) is counts
