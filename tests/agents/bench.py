# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One program at its input line, with everything a check takes: to send, to see what arrived, to judge."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass

from mosaic_connectors.errors import PaneHeldError, TmuxError
from mosaic_connectors.terminal import neutralise

from .model.ledger import Message
from .model.server import Model
from .session import Session, until
from .verdict import Verdict, judge

ARRIVAL_SECONDS = 25.0
"""How long a program may take to send on what was submitted."""

LONGEST_SECONDS = 180.0
"""The same for one that shows itself at work: on a busy machine OpenCode sends its first message after a minute."""

AGAIN_SECONDS = 1.0
"""How long after a hold the bridge asks again."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Delivery:
    """What the pane said of a message: `submitted`, `unverified` or `held`, and why it was held, each time."""

    outcome: str
    holds: tuple[str, ...] = ()


class Bench:
    """A program, its terminal and its model."""

    def __init__(self, session: Session, model: Model) -> None:
        self.session, self.model = session, model
        self.program = session.program

    def message(self, text: str) -> Message:
        """A text with a mark of its own before it."""
        mark = f"[operator ann #{next(_numbers)}]"
        message = Message(mark, neutralise(f"{mark} {text}"))
        self.model.ledger.expect(message)
        return message

    async def submit(self, message: Message) -> Delivery:
        """Give the pane a message once."""
        try:
            outcome = await self.session.pane.submit(message.text, message.mark.strip("[]").replace(" ", "-"))
        except PaneHeldError as held:
            return Delivery("held", (f"{held.reason}: {_short(held)}",))
        except TmuxError as error:
            return Delivery("held", (f"{type(error).__name__}: {error}",))
        return Delivery(outcome.value)

    async def deliver(self, message: Message, seconds: float = 30.0) -> Delivery:
        """Give it to the pane as often as the bridge would, until it is taken or so many seconds are over."""
        deadline = time.monotonic() + seconds
        holds: tuple[str, ...] = ()
        while True:
            delivery = await self.submit(message)
            holds = (*holds, *delivery.holds)
            if delivery.outcome != "held" or time.monotonic() > deadline:
                return Delivery(delivery.outcome, holds)
            await asyncio.sleep(AGAIN_SECONDS)

    async def arrived(self, message: Message, seconds: float = ARRIVAL_SECONDS) -> bool:
        """Wait until the model has a message, longer while the program shows that it works."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while not await until(lambda: self.model.ledger.arrival(message).exact, seconds):
            if time.monotonic() > deadline or not await self._works():
                return False
        return True

    async def _works(self) -> bool:
        view = await self.session.pane.view()
        program = self.session.pane.programs.named(view.reading.program)
        return program is not None and program.works(view.screen.lines)

    async def verdict(
        self, message: Message, delivery: Delivery, seconds: float = ARRIVAL_SECONDS
    ) -> Verdict:
        """Wait for a message, and for a second time that it must not come, and judge."""
        if delivery.outcome != "held":
            await self.arrived(message, seconds)
        await self.session.still()
        return judge(delivery.outcome, self.model.ledger.arrival(message), holds=delivery.holds)

    async def send(self, text: str) -> Verdict:
        """A message to a program that reads."""
        message = self.message(text)
        return await self.verdict(message, await self.deliver(message))


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
