# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lives while questions are open: those who wait are told, time runs out, and the chat says how each ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ..base import Answerable, OrchestratorConnector
from ..ending import within
from ..errors import ConnectorError, QueueFullError, StateError
from ..retries import wait_after
from ..store.writer import write
from ..terminal import one_line
from ..types import InboundMessage, OutboundMessage, SendFailure, SendResult
from .answering import Answering, Verdict
from .counters import Counters
from .outbox import BRIDGE_ORIGIN, Outbox, OutboxLine
from .progress import Progress
from .questions import Questions, StoredQuestion, Wanted

logger = logging.getLogger(__name__)

IDLE_SECONDS = 10.0
"""The longest rest between two looks."""

MOST_AT_ONCE = 20
"""Questions whose messages are settled between two signs of life."""

SENDING_SECONDS = 20.0
"""How long a message waits for the channel's word on the question that it may answer: it posts, and offers the choices."""

_BACKOFF_FIRST, _BACKOFF_CAP = 2.0, 300.0


class Asking:
    """Asks over the outbox, and sees every question to its end."""

    def __init__(
        self,
        questions: Questions,
        answering: Answering,
        outbox: Outbox,
        connector: OrchestratorConnector,
        *,
        wake_dispatcher: Callable[[], None],
        progress: Progress,
        counters: Counters,
        send_timeout: float,
    ) -> None:
        self.questions = questions
        self.send_timeout = send_timeout
        self._answering = answering
        self._outbox = outbox
        self._connector = connector
        self.wake_dispatcher = wake_dispatcher
        self._progress = progress
        self._counters = counters
        self.wait_sent: Callable[[int, float], Awaitable[object]] = _at_once
        """Returns when the outbox entry of that number waits no longer, or after so many seconds."""
        self._wake = asyncio.Event()
        self._changed = asyncio.Condition()
        self._failures = 0
        self._stopping = False

    async def ask(self, wanted: Wanted, asker: str, key: str) -> StoredQuestion:
        """Ask, durably when this returns; see `Questions.ask`."""
        again = self.questions.of_key(asker, key) is not None
        stored = await write(self.questions.ask, self._connector.kind, wanted, asker, key)
        if not again:
            logger.info("asked question=%s asker=%s key=%s", stored.id, asker, key)
            self._counters.add("questions_asked")
            self.wake_dispatcher()
            self._wake.set()
        return stored

    async def wait(self, stored: StoredQuestion, timeout: float) -> StoredQuestion:
        """The question once it has ended; as it stands after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        async with self._changed:
            while True:
                found = self.questions.get(stored.id) or stored
                left = deadline - loop.time()
                if found.state != "open" or left <= 0:
                    return found
                try:
                    await within(self._changed.wait(), left)
                except asyncio.TimeoutError:
                    continue

    def take(self, kind: str, message: InboundMessage) -> Verdict | None:
        """Judge a message; see `Answering.take`. By the thread that writes."""
        return self._answering.take(kind, message)

    async def until_sent(self, kind: str, message: InboundMessage) -> None:
        """Wait, for a while, until it is known which message asks what a message may answer by touching that one.

        Its sender may be quicker than the channel's word that the question was sent. Raises `StateError`.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + SENDING_SECONDS
        for stored in self._answering.being_asked(kind, message):
            entry = self.delivery(stored)
            if entry is not None and entry.state == "waiting" and entry.first_tried is not None:
                logger.info("message_id=%s waits until question=%s is sent", message.message_id, stored.id)
                await self.wait_sent(entry.id, max(deadline - loop.time(), 0.0))

    async def answer_by_hand(self, word: str, words: str, by: str) -> Verdict:
        """Answer on the host itself."""
        verdict = await write(self._answering.by_hand, word, words, by)
        await self.taken(verdict, by)
        return verdict

    async def withdraw(self, stored: StoredQuestion, why: str | None = None) -> bool:
        """Let no answer to a question count any more; False when it had ended."""
        done = await write(self.questions.withdraw, stored, why)
        await self._announce()
        return done

    async def taken(self, verdict: Verdict, sender: str) -> None:
        """Let all know what came of an answer."""
        logger.info("answer question=%s sender=%r outcome=%s", verdict.question, sender, verdict.outcome)
        self._counters.add("answers", outcome=verdict.outcome)
        await self._announce()
        self.wake_dispatcher()

    def delivery(self, stored: StoredQuestion) -> OutboxLine | None:
        """The outbox entry that asks it, as far as it is kept."""
        return self._outbox.by_txn(stored.txn)

    def wake(self) -> None:
        """Something may have to be seen to."""
        self._wake.set()

    def stop(self) -> None:
        """Return from `run`."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """See to the questions until stopped."""
        while not self._stopping:
            self._progress.beat("questions", MOST_AT_ONCE * self.send_timeout + 60)
            try:
                ended = await write(self.questions.expire)
                if ended:
                    logger.info("questions expired: %s", ", ".join(ended))
                    await self._announce()
                pause = await self._settle_all()
            except StateError as error:
                logger.error("questions: %s", error)  # noqa: TRY400 (the sentence says it all)
                pause = _BACKOFF_FIRST
            except Exception:
                self._counters.add("unexpected", loop="questions")
                logger.exception("seeing to the questions failed unexpectedly")
                pause = self._pause()
            await self._rest(pause)
        self._progress.done("questions")

    async def _settle_all(self) -> float:
        """Have the messages of what has ended say so; returns the seconds to rest."""
        ended = [stored.id for stored in self.questions.ended()[:MOST_AT_ONCE]]
        settled = [await self._settle(word) for word in ended]
        if not all(settled):
            return self._pause()
        self._failures = 0
        left = self.questions.left()
        return IDLE_SECONDS if left is None else min(max(left, 0.05), IDLE_SECONDS)

    async def _settle(self, word: str) -> bool:
        """Have one message say how its question ended; False when it is to be tried again."""
        stored = self.questions.get(word)
        if stored is None:
            return True
        entry = self.delivery(stored)
        if entry is not None and entry.state == "waiting":
            if entry.first_tried is not None:
                return False  # it may be on its way: once it is there, it is told
            # Nobody has read it, and nobody needs to.
            await write(self._outbox.drop, entry.id)
            await write(self.questions.tell, stored)
            return True
        connector, ours = self._connector, stored.kind == self._connector.kind
        if stored.message is not None and ours and isinstance(connector, Answerable):
            result = await self._edit(connector, stored, stored.message)
            if result.delivered:
                await write(self.questions.tell, stored)
                return True
            logger.warning("question=%s: its message does not say how it ended: %s", stored.id, result.error)
            if not (isinstance(result, SendFailure) and result.permanent):
                return False
        await write(self._tell_apart, stored)
        self.wake_dispatcher()
        return True

    async def _edit(self, connector: Answerable, stored: StoredQuestion, message: str) -> SendResult:
        try:
            settling = connector.settle(stored.question, message, stored.outcome, f"{stored.txn}-over")
            return await within(settling, self.send_timeout)
        except (ConnectorError, asyncio.TimeoutError) as error:
            return SendResult(delivered=False, error=str(error) or "no answer from the channel")

    def _tell_apart(self, stored: StoredQuestion) -> None:
        """Tell by a message of its own how a question ended, where its own message cannot say it."""
        words = f"{stored.outcome} (asked: {one_line(stored.text, 80)})"
        message = OutboundMessage(words, stored.thread)
        try:
            self._outbox.accept(self._connector.kind, message, f"{stored.txn}-over", BRIDGE_ORIGIN)
        except QueueFullError as error:
            logger.warning("question=%s: how it ended is not told: %s", stored.id, error)
        self.questions.tell(stored)

    def _pause(self) -> float:
        self._failures += 1
        return wait_after(self._failures, _BACKOFF_FIRST, _BACKOFF_CAP)

    async def _announce(self) -> None:
        self._wake.set()
        async with self._changed:
            self._changed.notify_all()

    async def _rest(self, seconds: float) -> None:
        self._progress.beat("questions", seconds + MOST_AT_ONCE * self.send_timeout + 60)
        if self._stopping:
            return
        try:
            await within(self._wake.wait(), seconds)
        except asyncio.TimeoutError:
            return
        self._wake.clear()


async def _at_once(_number: int, _seconds: float) -> None:
    """Nobody sends anything."""
