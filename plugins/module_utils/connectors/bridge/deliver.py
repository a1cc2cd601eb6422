# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the inbox into the orchestrator's pane: looked at first, in order, nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from ..ending import within
from ..errors import PaneHeldError, StateError, TmuxError
from ..secrets import redact_shapes
from ..store.writer import write
from ..terminal import one_line
from ..tmux.pane import Outcome, Pane, Step
from ..types import InboundMessage
from .commands.picture import as_block, harmless
from .counters import Counters
from .inbox import Inbox, InboxEntry
from .intake import Tell
from .progress import Progress

logger = logging.getLogger(__name__)

IDLE_SECONDS = 10.0
"""The longest rest between two looks at an empty inbox."""

SHOWN_ROWS = 8
"""Written rows of the screen that the operator is shown when something stands in the way."""

RELAY_SECONDS = 5.0
"""How long the operator may not know yet of a dialog that a message opened: the relay looks twice before it asks."""

STEP_SECONDS = 150.0
"""The longest a single delivery takes: its waits for the lock, for tmux and for the screen all have bounds."""


class Deliverer:
    """Types what waits, one message at a time, and says so when it cannot."""

    def __init__(
        self,
        inbox: Inbox,
        pane: Pane,
        tell: Tell,
        *,
        progress: Progress,
        counters: Counters,
        hold_interval: float,
    ) -> None:
        self.inbox = inbox
        self.pane = pane
        self.hold_interval = hold_interval
        self.holding: str | None = None
        self.held_since = 0.0
        self.entering: Callable[[InboxEntry], None] = inbox.entering
        """Stores that Enter is about to be pressed."""
        self.delivered: Callable[[InboxEntry, Outcome], None] = lambda _entry, _outcome: None
        """Told what became of a message once that is stored."""
        self.asked: Callable[[], bool] = lambda: False
        """Whether the operator is asked about the dialog that the pane shows, or told of it."""
        self._tell = tell
        self._progress = progress
        self._counters = counters
        self._wake = asyncio.Event()
        self._stopping = False
        self._looks = 0
        self._told: set[str] = set()
        self._doubted = False

    def wake(self) -> None:
        """Something may have come in."""
        self._wake.set()

    def stop(self) -> None:
        """Finish what is in hand and return from `run`."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Deliver until stopped."""
        while not self._stopping:
            self._progress.beat("deliver", STEP_SECONDS)
            try:
                entry = self.inbox.next()
                if entry is not None:
                    await self._deliver(entry)
            except PaneHeldError as error:
                await self._hold(error.reason, str(error), error.screen)
            except (TmuxError, StateError) as error:
                await self._hold(type(error).__name__, str(error), "")
            except Exception as error:
                # Whatever it is, the message waits, the operator is told, and the service lives.
                logger.exception("delivering failed unexpectedly")
                self._counters.add("unexpected", loop="deliver")
                await self._hold(
                    "unexpected", f"Delivering failed unexpectedly ({type(error).__name__}).", ""
                )
            else:
                if entry is None:
                    await self._rest(IDLE_SECONDS)
        self._progress.done("deliver")

    async def _deliver(self, entry: InboxEntry) -> None:
        async def before(step: Step) -> None:
            if step is Step.ENTERING:
                await write(self.entering, entry)
                return
            # It may have been taken back while the pane was waited for.
            self.inbox.require_waiting(entry)
            if entry.entered:
                await self._say_repeated(entry)

        # The words are typed only if the program that runs now does not have them yet.
        text = pane_text(entry.message, repeated=entry.entered)
        outcome = await self.pane.submit(text, entry.token, before)
        await write(self.inbox.finish, entry, outcome.value)
        self._counters.add("delivered", outcome=outcome.value)
        self.delivered(entry, outcome)
        logger.info("delivered message_id=%s outcome=%s", entry.message.message_id, outcome.value)
        if outcome is Outcome.UNVERIFIED:
            await self._doubt(entry)
        else:
            self._doubted = False
        await self._release()

    async def _say_repeated(self, entry: InboxEntry) -> None:
        """The program ended between Enter and the evidence: at least once, and never a silent second time."""
        logger.warning("typing again, marked as repeated message_id=%s", entry.message.message_id)
        self._counters.add("repeated")
        words = one_line(entry.message.text, 60)
        await self._tell(
            f"The orchestrator's program ended while it took a message; it is typed again, marked as repeated: {words}",
            entry.message.thread_id,
        )

    async def _doubt(self, entry: InboxEntry) -> None:
        """Typed, and no evidence that it was taken: not repeated blindly, and not kept quiet."""
        logger.warning("the pane showed no reaction to Enter message_id=%s", entry.message.message_id)
        if not self._doubted:
            words = one_line(entry.message.text, 60)
            await self._tell(
                f"Typed, but the orchestrator's program showed no reaction: {words}", entry.message.thread_id
            )
        self._doubted = True

    async def _hold(self, reason: str, sentence: str, screen: str) -> None:
        """Wait with everything, and tell the operator at the second look: a blink is not worth a word."""
        sentence = redact_shapes(sentence)  # it may name what a dialog or a draft says
        if self.holding != reason:
            logger.warning("holding reason=%s: %s", reason, sentence)
            self.held_since = self.held_since if self.holding else time.time()
            self.holding, self._looks = reason, 0
        self._looks += 1
        # Two that alternate are told once each.
        if self._looks >= 2 and reason not in self._told and not self._opened(reason):
            self._told.add(reason)
            block = as_block([row for row in harmless(tuple(screen.split("\n"))) if row][-SHOWN_ROWS:])
            shown = f"\n\n{block}" if block else ""
            held = f"Held: {sentence} {self._waiting()} and follow in order."
            await self._tell(f"{held}{shown}", None)
        await self._rest(self.hold_interval, interruptible=False)

    def _opened(self, reason: str) -> bool:
        """Whether nothing waits but the message whose own Enter opened the dialog, which the operator hears of anyway."""
        if reason != "dialog" or not (self.asked() or self._looks * self.hold_interval < RELAY_SECONDS):
            return False
        try:
            waiting = self.inbox.listing(2)
        except Exception:  # the trouble is told already
            return False
        return len(waiting) == 1 and waiting[0].entered

    def _waiting(self) -> str:
        """How many wait, as far as a database in trouble tells."""
        try:
            return f"{self.inbox.waiting()} message(s) wait"
        except Exception:  # the trouble is told already
            return "All messages wait"

    async def _release(self) -> None:
        if self._told:
            await self._tell("The orchestrator takes messages again; what was held is being delivered.", None)
        self.holding = None
        self._told.clear()

    async def _rest(self, seconds: float, *, interruptible: bool = True) -> None:
        self._progress.beat("deliver", STEP_SECONDS + seconds)
        if interruptible:
            try:
                await within(self._wake.wait(), seconds)
            except asyncio.TimeoutError:
                return
            self._wake.clear()
        elif not self._stopping:
            await asyncio.sleep(seconds)


def pane_text(message: InboundMessage, *, repeated: bool = False) -> str:
    """A message as the orchestrator reads it: who speaks and in which thread, then the words.

    `repeated` marks one that an earlier program in the pane may have read.
    The bracket in front also keeps a bare `y` or `1` from being an answer to anything.
    """
    sender = one_line(message.sender).translate(_NO_BRACKETS)
    thread = f" thread={one_line(message.thread_id).translate(_NO_BRACKETS)}" if message.thread_id else ""
    again = " repeated" if repeated else ""
    return f"[operator {sender}{thread}{again}] {message.text}"


_NO_BRACKETS = str.maketrans("[]", "()")
