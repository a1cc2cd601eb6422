# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the channel into the inbox: who may speak, how much, and durable before the channel forgets it."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

from ..ending import within
from ..errors import QueueFullError, StateError
from ..store.writer import write, write_within
from ..types import InboundMessage, StrayMessage, UnreadableMessage
from .answering import Verdict
from .asking import Asking
from .audit import Audit
from .counters import Counters
from .doorkeeper import Doorkeeper
from .inbox import Inbox
from .told import Told
from .transcribing import Transcriber

logger = logging.getLogger(__name__)

STORE_PATIENCE = 180.0
"""Seconds that a call holds a message in hand while the disk does not take it; less than connectors allow it.

A notice may take `NOTICE_SECONDS` and a try to send it on top.
"""

STORE_PAUSE = 5.0


WHOLE_PATIENCE = 90.0
"""Seconds that what came with a message may take to be fetched; together with the disk's, less than a call may take."""

Tell = Callable[[str, "str | None"], Awaitable[None]]
"""Has the operator read a notice: text and thread."""

Take = Callable[[InboundMessage], Awaitable[bool]]
"""Deals with a listed operator's message that is not for the orchestrator; False for one that is."""


class Intake:
    """The handler that the bridge subscribes with."""

    def __init__(
        self,
        kind: str,
        inbox: Inbox,
        door: Doorkeeper,
        *,
        tell: Tell,
        accepted: Callable[[InboundMessage], None],
        counters: Counters,
        max_message_bytes: int,
        log_bodies: bool,
        asking: Asking | None = None,
        audit: Audit | None = None,
        told: Told | None = None,
        transcriber: Transcriber | None = None,
    ) -> None:
        """`asking` takes the answers to questions out of what comes, and `audit` records what is said.

        `told` knows what was told in the last day; without it nobody is told that he is not understood. `transcriber`
        puts words to what was spoken.
        """
        self.door = door
        self.max_message_bytes = max_message_bytes
        self.log_bodies = log_bodies
        self.holding: str | None = None
        """Why a message is held in hand, while one is."""
        self.held_since = 0.0
        """Since when, in seconds since the epoch."""
        self.takers: list[Take] = []
        """Asked one after the other; what one of them deals with goes no further."""
        self.lost: Callable[[InboundMessage], None] = lambda _message: None
        """Told of a message that will not be delivered."""
        self.literal: Callable[[str], str] = str
        """What is to be typed of a text that nobody dealt with."""
        self._kind = kind
        self._inbox = inbox
        self._tell = tell
        self._accepted = accepted
        self._counters = counters
        self._asking = asking
        self._audit = audit
        self._told = told
        self._transcriber = transcriber
        self.strays: Callable[[StrayMessage], Awaitable[str | None]] = _unheard
        """Told who talks elsewhere; see `HearsOfStrays`."""

    async def __call__(self, message: InboundMessage) -> None:
        """Take a message: durable, refused or dropped when this returns.

        Raises `StateError` while the disk does not take it, after which it is handed over again.
        """
        if not self.door.admits(message.sender):
            return
        for take in self.takers:
            if await take(message):
                return
        # Only now: what costs work is done for nobody else.
        message = await self._whole(message)
        message = replace(message, text=self.literal(message.text))
        began, faults = time.monotonic(), list[str]()
        if self._asking is not None:
            await self._asking.until_sent(self._kind, message)
        if self._transcriber is not None:
            message, faults = await self._transcriber.with_words(message)
        spent = time.monotonic() - began
        size = len(message.text.encode("utf-8", "replace"))
        if size > self.max_message_bytes:
            await self._refuse(
                message, f"it has {size} bytes, and at most {self.max_message_bytes} are taken."
            )
        elif await self._store(message, spent):
            body = f" body={message.text!r}" if self.log_bodies else ""
            logger.info(
                "received message_id=%s sender=%r bytes=%d%s", message.message_id, message.sender, size, body
            )
            self._counters.add("received")
            self._accepted(message)
            await self._tell_once(message)
            await self._complain(message, faults)

    async def _complain(self, message: InboundMessage, faults: list[str]) -> None:
        """Tell an operator whose words are not heard, once a day."""
        complaint = await self._transcriber.complaint(faults) if self._transcriber is not None else ""
        if complaint:
            await self._tell(complaint, message.thread_id)

    async def _tell_once(self, message: InboundMessage) -> None:
        """Tell an operator who is not understood, once a day."""
        if not isinstance(message, UnreadableMessage) or self._told is None:
            return
        what = f"unreadable:{hashlib.sha256(message.notice.encode()).hexdigest()[:16]}"
        try:
            first = await write(self._told.is_first, what)
        except StateError as error:
            logger.error("that a message is not understood is not told: %s", error)  # noqa: TRY400 (it says it all)
            return
        if first:
            await self._tell(message.notice, message.thread_id)

    def is_operator(self, sender: str) -> bool:
        """Whether somebody is listened to; see `HearsOfStrays`."""
        return self.door.lists(sender)

    async def edited(self, message: InboundMessage) -> None:
        """Tell who edits what was taken already, where it reads like a command or an answer by now; see `HearsOfEdits`."""
        if not self.door.lists(message.sender):
            return
        for take in self.takers:
            if await take(message):
                return
        if self._asking is not None:
            verdict = await write(self._asking.take, self._kind, message)
            if verdict is not None:
                await self._asking.taken(verdict, message.sender)

    async def stray(self, stray: StrayMessage) -> str | None:
        """What is to be said to who talks elsewhere; see `HearsOfStrays`."""
        return await self.strays(stray)

    async def _whole(self, message: InboundMessage) -> InboundMessage:
        try:
            return await within(message.whole(), WHOLE_PATIENCE)
        except asyncio.TimeoutError:
            # The operator's next words wait behind this message: its file is named, and can be asked for.
            logger.warning(
                "what came with message_id=%s took longer than %g s", message.message_id, WHOLE_PATIENCE
            )
            return replace(message, text=f"{message.text}\n[it was not fetched within {WHOLE_PATIENCE:g} s]")
        except Exception:
            # A file that cannot be had costs nobody the words beside it.
            logger.exception("what came with message_id=%s could not be had", message.message_id)
            return message

    receive = __call__

    def needing_files(self) -> Collection[str]:
        """The messages that the orchestrator has not read; see `NeedsFiles`."""
        return self._inbox.waiting_messages()

    async def given_up(self, message: InboundMessage, why: str) -> None:
        """Tell the operator that a message is lost; see `TellsOfGivenUp`."""
        self._counters.add("given_up")
        self.lost(message)
        await self._tell(f"Your message was given up: {why} Please send it again.", message.thread_id)

    async def settle(self, message: InboundMessage, outcome: str) -> bool:
        """Store what the bridge itself acts on, as finished; False when it is known already. Raises `StateError`."""
        return await self._stored(message, self._finish, message, outcome) is True

    async def _store(self, message: InboundMessage, spent: float) -> bool:
        stored = await self._stored(message, self._keep, message, spent=spent)
        if isinstance(stored, Verdict):
            if self._asking is not None:
                await self._asking.taken(stored, message.sender)
            return False
        return stored

    async def _stored(
        self,
        message: InboundMessage,
        call: Callable[..., bool | Verdict],
        *values: object,
        spent: float = 0.0,
    ) -> bool | Verdict:
        """Have the writing thread carry `call` out, for as long as it takes; False for what cannot be kept.

        `spent` seconds of what a call may take are gone already.
        """
        stored: bool | Verdict
        deadline = time.monotonic() + STORE_PATIENCE - spent
        while True:
            try:
                # What a disk that hung takes later is recognised when it is tried again.
                left = max(deadline - time.monotonic(), 1.0)
                stored = await write_within(left, call, *values)
            except QueueFullError as error:
                await self._refuse(message, f"{error} Please send it again later.")
                stored = False
            except StateError as error:
                await self._hold(message, error)
                if time.monotonic() >= deadline:
                    raise
                await asyncio.sleep(STORE_PAUSE)
                continue
            await self._release(message)
            return stored

    def _keep(self, message: InboundMessage) -> bool | Verdict:
        """Keep an answer where it belongs, and anything else in the inbox; by the thread that writes."""
        # What was spoken is read by the orchestrator alone: words that were heard wrong answer nothing.
        asking = None if message.recordings else self._asking
        verdict = asking.take(self._kind, message) if asking is not None else None
        if verdict is not None:
            return verdict
        return self._recorded("said", message, lambda: self._inbox.accept(self._kind, message))

    def _finish(self, message: InboundMessage, outcome: str) -> bool:
        return self._recorded(outcome, message, lambda: self._inbox.settle(self._kind, message, outcome))

    def _recorded(self, what: str, message: InboundMessage, call: Callable[[], bool]) -> bool:
        if self._audit is None:
            return call()
        return self._audit.together(call, what, message.sender, message.text, message.message_id or "")

    async def _hold(self, message: InboundMessage, error: StateError) -> None:
        """Say once that a message is held in hand; it is no fault of its own and is never given up for it."""
        logger.error("holding message_id=%s in hand: %s", message.message_id, error)
        if self.holding is None:
            self.holding, self.held_since = str(error), time.time()
            await self._tell(
                f"Your message is held, and nothing is lost: this host cannot store it. {error}",
                message.thread_id,
            )

    async def _release(self, message: InboundMessage) -> None:
        if self.holding is not None:
            self.holding = None
            logger.warning("the disk takes messages again message_id=%s", message.message_id)
            await self._tell("This host stores messages again; what was held is taken now.", None)

    async def _refuse(self, message: InboundMessage, why: str) -> None:
        self._counters.add("refused")
        self.lost(message)
        logger.error("refused message_id=%s: %s", message.message_id, why)
        await self._tell(f"Your message was refused: {why}", message.thread_id)


async def _unheard(_stray: StrayMessage) -> str | None:
    """Nobody wants to know."""
