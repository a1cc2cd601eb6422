# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the outbox into the channel: in order per thread, repeated under the same transaction id."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..base import Answerable, IdempotentSender, OrchestratorConnector
from ..ending import within
from ..errors import ConnectorError, StateError
from ..retries import transfer_seconds, wait_after
from ..store.writer import write
from ..types import ConnectorHealth, ObstructedHealth, OutboundMessage, SendFailure, SendResult
from .counters import Counters
from .outbox import Outbox, OutboxEntry, OutboxLine
from .progress import Progress
from .questions import Questions
from .spool import Spool

logger = logging.getLogger(__name__)

IDLE_SECONDS = 10.0

LONGEST_QUIET = 300.0
"""Seconds of quiet that are granted at once to a channel that asks for more: after them it may ask again."""


class Dispatcher:
    """Sends what waits, one message at a time, and lets those know who wait for it."""

    def __init__(
        self,
        outbox: Outbox,
        connector: OrchestratorConnector,
        spool: Spool,
        check_health: Callable[[], Awaitable[ConnectorHealth]],
        *,
        progress: Progress,
        counters: Counters,
        send_timeout: float,
        max_attempts: int,
        questions: Questions | None = None,
    ) -> None:
        self.outbox = outbox
        self.connector = connector
        self.spool = spool
        self.send_timeout = send_timeout
        self.max_attempts = max_attempts
        self.backoff_first, self.backoff_cap = 1.0, 60.0
        """Seconds between tries that fail: the first wait, and the longest."""
        self._check_health = check_health
        self._questions = questions
        self._progress = progress
        self._counters = counters
        self._wake = asyncio.Event()
        self._settled = asyncio.Condition()
        self._stopping = False
        self._outages = 0
        self._obstructions = 0
        self._unrecorded: dict[int, str | None] = {}

    def wake(self) -> None:
        """Something may have to be sent."""
        self._wake.set()

    def stop(self) -> None:
        """Finish what is in hand and return from `run`."""
        self._stopping = True
        self._wake.set()

    async def wait_settled(self, number: int, timeout: float) -> OutboxLine | None:
        """The entry once it waits no longer; as it stands after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        async with self._settled:
            while True:
                entry = self.outbox.get(number)
                left = deadline - loop.time()
                if entry is None or entry.state != "waiting" or left <= 0:
                    return entry
                try:
                    await within(self._settled.wait(), left)
                except asyncio.TimeoutError:
                    continue

    async def run(self) -> None:
        """Send until stopped."""
        failures = 0
        while not self._stopping:
            self._progress.beat("dispatch", self.send_timeout + 60)
            pause = IDLE_SECONDS
            try:
                entry = self.outbox.next(time.time())
                if entry is not None:
                    pause = await self._dispatch(entry)
                else:
                    pause = self._until_next_try()
                failures = 0
            except StateError as error:
                logger.error("outbox: %s", error)  # noqa: TRY400 (the sentence says it all)
                pause = self.backoff_first
            except Exception:
                failures += 1
                self._counters.add("unexpected", loop="dispatch")
                pause = self._pause_after(failures)
                logger.exception("dispatching failed unexpectedly, next try in %.0f s", pause)
            await self._rest(pause)
        self._progress.done("dispatch")

    async def _dispatch(self, entry: OutboxEntry) -> float:
        """Try one entry; returns the seconds to rest before the next one."""
        if entry.id in self._unrecorded:
            # Sent already, and the disk would not take the note.
            await self._record_sent(entry, self._unrecorded[entry.id])
            return 0.0
        if not await write(self.outbox.trying, entry, time.time()):
            return 0.0  # dropped since it was looked at
        result = await self._send(entry)
        if result.delivered:
            self._outages = self._obstructions = 0
            self._unrecorded[entry.id] = result.message_id
            await self._record_sent(entry, result.message_id)
            return 0.0
        return await self._failed(entry, result)

    async def _send(self, entry: OutboxEntry) -> SendResult:
        message = entry.message
        if entry.kind != self.connector.kind and message.thread_id:
            # A thread of the channel that was used before means nothing in this one.
            message = OutboundMessage(message.text, None, message.attachments)
        bound = self.send_timeout + transfer_seconds(await asyncio.to_thread(_size_of, message.attachments))
        self._progress.beat("dispatch", bound + 60)
        try:
            question = self._questions.to_ask(entry.txn) if self._questions is not None else None
            if question is not None and isinstance(self.connector, Answerable):
                asked = replace(question, message=message)
                sending = self.connector.ask(asked, entry.txn, first_tried=entry.first_tried)
            elif isinstance(self.connector, IdempotentSender):
                sending = self.connector.send_once(message, entry.txn, first_tried=entry.first_tried)
            else:
                sending = self.connector.send(message)
            return await within(sending, bound)
        except asyncio.TimeoutError:
            return SendResult(delivered=False, error=f"no answer from the channel within {bound:g} s")
        except ConnectorError as error:
            return SendResult(delivered=False, error=str(error))
        except (ValueError, TypeError) as error:
            return SendFailure(error=f"the connector refuses the message: {error}", permanent=True)
        except Exception as error:
            # A defect that this one message finds is this one message's failure: it counts, and ends.
            self._counters.add("unexpected", loop="dispatch")
            logger.exception("sending failed unexpectedly outbox=%d txn=%s", entry.id, entry.txn)
            return SendResult(
                delivered=False, error=f"unexpected {type(error).__name__}: the journal says where"
            )

    async def say_unstored(self, message: OutboundMessage) -> None:
        """Try once to send what the disk does not take: a full disk is when a word is needed most."""
        try:
            result = await within(self.connector.send(message), self.send_timeout)
        except Exception:
            logger.exception("a notice could not be sent either")
            return
        if not result.delivered:
            logger.error("a notice could not be sent either: %s", result.error)

    async def _record_sent(self, entry: OutboxEntry, message_id: str | None) -> None:
        if self._questions is not None:
            await write(self._questions.sent_as, entry.txn, self.connector.kind, message_id)
        await write(self.outbox.sent, entry, message_id)
        await write(self.spool.discard, entry.attachments)
        self._unrecorded.pop(entry.id, None)
        self._counters.add("sent")
        logger.info("sent outbox=%d txn=%s message_id=%s", entry.id, entry.txn, message_id)
        await self._announce()

    async def _failed(self, entry: OutboxEntry, result: SendResult) -> float:
        """Put an entry off; an outage or an obstruction is not its fault and counts against nobody."""
        error = result.error or "the channel gave no reason"
        permanent = isinstance(result, SendFailure) and result.permanent
        asked = (result.retry_after or 0.0) if isinstance(result, SendFailure) else 0.0
        asked = min(asked, LONGEST_QUIET)
        if not permanent:
            health = await self._check_health()
            if not (health.reachable and health.authenticated):
                self._outages += 1
                pause = max(self._pause_after(self._outages), asked)
                await self._put_off(entry, error, next_try=0.0, counts=False, dead=False)
                self._counters.add("send_outages")
                logger.warning("channel down, next try in %.0f s: %s", pause, error)
                return pause
            if isinstance(health, ObstructedHealth):
                # Nobody can talk there until a human changes something, and then what waits is wanted.
                self._obstructions += 1
                pause = max(self._pause_after(self._obstructions), asked)
                await self._put_off(entry, error, next_try=time.time() + pause, counts=False, dead=False)
                self._counters.add("send_obstructions")
                logger.warning(
                    "channel obstructed, outbox=%d waits, next try in %.0f s: %s", entry.id, pause, error
                )
                return 0.0
            self._obstructions = 0
            if self._outages:
                # The outage ended between the try and this look, so the next try is the first that counts.
                self._outages = 0
                await self._put_off(entry, error, next_try=time.time() + asked, counts=False, dead=False)
                return 0.0
        dead = permanent or (not asked and entry.attempts + 1 >= self.max_attempts)
        put_off = max(self._pause_after(entry.attempts + 1), asked)
        if not await self._put_off(entry, error, next_try=time.time() + put_off, counts=not asked, dead=dead):
            return 0.0
        self._counters.add("dead_letters" if dead else "send_failures")
        logger.warning(
            "%s outbox=%d txn=%s: %s", "dead letter" if dead else "not sent", entry.id, entry.txn, error
        )
        await self._announce()
        return 0.0

    async def _put_off(self, entry: OutboxEntry, error: str, **how: Any) -> bool:
        """Note a try that failed; False when the message was dropped during it, and stays dropped."""
        kept = await write(self.outbox.failed, entry, error, **how)
        if not kept:
            logger.info("dropped during its try outbox=%d txn=%s", entry.id, entry.txn)
        return kept

    def _pause_after(self, failures: int) -> float:
        """Seconds; the failures of a message outlive the process, so nothing here counts them."""
        return wait_after(failures, self.backoff_first, self.backoff_cap)

    async def _announce(self) -> None:
        async with self._settled:
            self._settled.notify_all()

    def _until_next_try(self) -> float:
        due = self.outbox.next_try()
        return IDLE_SECONDS if due is None else min(max(due - time.time(), 0.05), IDLE_SECONDS)

    async def _rest(self, seconds: float) -> None:
        if seconds <= 0 or self._stopping:
            await asyncio.sleep(0)
            return
        self._progress.beat("dispatch", seconds + self.send_timeout + 60)
        try:
            await within(self._wake.wait(), seconds)
        except asyncio.TimeoutError:
            return
        self._wake.clear()


def _size_of(attachments: Sequence[str]) -> int:
    """Bytes of the files that are attached by their paths; those behind URLs are not known."""
    size = 0
    for path in attachments:
        with contextlib.suppress(OSError, ValueError):
            size += Path(path).stat().st_size
    return size
