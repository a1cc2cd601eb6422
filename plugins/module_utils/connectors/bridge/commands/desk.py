# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where commands come in: who may, how old, once; then it is done, answered, counted and logged."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from ...ending import within
from ...errors import ConnectorError, StateError
from ...secrets import redact_shapes
from ...store.writer import write
from ...terminal import one_line
from ...times import iso_time
from ...types import InboundMessage
from ..counters import Counters
from ..intake import Tell
from .words import EVERY_OTHER, Command, command_in, literally, not_fitting, not_known

logger = logging.getLogger(__name__)

FRESH_SECONDS = 120.0
"""How old a command may be, by its channel's time: an older one was meant for another moment."""

DEED_SECONDS = 90.0
"""How long carrying out one may take: its looks and keys all have bounds of their own, and what is said next waits."""

Deed = Callable[[str], Awaitable[str]]
"""Carries a command out; given what stands behind its name, it returns what is answered."""

Settle = Callable[[InboundMessage, str], Awaitable[bool]]
"""Stores a message as finished with an outcome; False when it is known already. Raises `StateError`."""


class CommandDesk:
    """Takes the commands out of what listed operators say."""

    def __init__(
        self,
        deeds: Mapping[str, Deed],
        *,
        settle: Settle,
        tell: Tell,
        counters: Counters,
        record: Callable[[str, str, str, str], None],
        enabled: bool,
        allowed: Mapping[str, Sequence[str]],
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`wall` and `steady` are the clocks, in seconds."""
        self.enabled = enabled
        """Whether there are commands at all; else a text is a text, whatever it begins with."""
        self.allowed = allowed
        """Who may use a command, by its name; every listed operator where neither it nor `all` is named."""
        self.publish: Callable[[InboundMessage], int] = lambda _message: 0
        """Shows those who listen at the bridge a command that is not its own; how many these are."""
        self._deeds = deeds
        self._settle = settle
        self._tell = tell
        self._counters = counters
        self._record = record
        self._wall = wall
        self._steady = steady
        self._began = steady()

    async def take(self, message: InboundMessage) -> bool:
        """Deal with a message that is a command; False for any other one.

        Raises `StateError` while it cannot be stored, in which case nothing was done.
        """
        command = command_in(message.text) if self.enabled else None
        if command is None:
            return False
        refusal = self._refusal(command, message)
        outcome = "command" if refusal is None else f"command {refusal[0]}"
        # Marked as done before it is: a command that is cut off is lost, and none is ever carried out twice.
        if not await self._settle(message, outcome):
            return True
        if refusal is None and (stale := self._stale(message)):
            # The disk took it late, and by now it is of another moment.
            await self._note("command expired", message.sender, f"!{command.name}", message.message_id or "")
            refusal = _expired(command, stale)
        if refusal is not None:
            await self._answer(command, message, *(self._passed_on(command, message) or refusal))
        else:
            outcome, words = await self._done(command)
            await self._note(
                f"command {outcome}", message.sender, f"!{command.name}", message.message_id or ""
            )
            await self._answer(command, message, outcome, words)
        return True

    def literal(self, text: str) -> str:
        """What is to be typed of a text that is no command."""
        return literally(text) if self.enabled else text

    def _refusal(self, command: Command, message: InboundMessage) -> tuple[str, str] | None:
        """Why a command is not carried out, in a word for those who count and a sentence for its sender."""
        if command.known is None:
            return "unknown", not_known(one_line(command.name, 40))
        usage = f"!{command.name}"
        if not self._may(command.name, message.sender):
            return (
                "forbidden",
                f"You may not use {usage} here (command_operators in the settings says who may).",
            )
        if message.edited:
            return (
                "edited",
                f"An edit is no command, and nothing was done. Send {usage} as a message of its own.",
            )
        stale = self._stale(message)
        if stale:
            return _expired(command, stale)
        if not command.fits:
            return "unfit", not_fitting(command)
        return None

    def _passed_on(self, command: Command, message: InboundMessage) -> tuple[str, str] | None:
        """Let those who listen have a command that is not ours; None where nobody does, or it is not to be acted on."""
        to_be_acted_on = (
            self._may(command.name, message.sender) and not message.edited and not self._stale(message)
        )
        listeners = self.publish(message) if command.known is None and to_be_acted_on else 0
        words = f"{not_known(one_line(command.name, 40))} It was passed on to who listens at the bridge ({listeners})."
        return ("passed", words) if listeners else None

    def _may(self, name: str, sender: str) -> bool:
        who = self.allowed.get(name, self.allowed.get(EVERY_OTHER))
        return who is None or sender in who

    def _stale(self, message: InboundMessage) -> str:
        """Why a command is not of this moment; empty when it is."""
        now = self._wall()
        # By the clock that is never set: one that is set after the start makes nothing older or younger than the start.
        began = now - (self._steady() - self._began)
        try:
            written = datetime.fromisoformat(message.ts.replace("Z", "+00:00")).timestamp()
        except ValueError:
            return "when it was written cannot be read."
        if written > now + FRESH_SECONDS:
            return f"it says that it was written at {iso_time(written)}, and this host's clock says {iso_time(now)}."
        if written < now - FRESH_SECONDS:
            minutes = FRESH_SECONDS / 60
            return f"it was written at {iso_time(written)}, and acts within {minutes:g} minutes (it is {iso_time(now)})."
        if message.caught_up or written < began:
            return f"it was written at {iso_time(written)}, while nobody listened here."
        return ""

    async def _done(self, command: Command) -> tuple[str, str]:
        """Carry a command out; what became of it, and what to answer."""
        try:
            return "done", await within(self._deeds[command.name](command.rest), DEED_SECONDS)
        except asyncio.TimeoutError:
            return "failed", f"!{command.name} was not over after {DEED_SECONDS:g} s, and is given up."
        except ConnectorError as error:
            return "failed", f"!{command.name} cannot be carried out: {error}"
        except Exception as error:
            logger.exception("the command %s failed unexpectedly", command.name)
            self._counters.add("unexpected", loop="commands")
            return (
                "failed",
                f"!{command.name} failed unexpectedly ({type(error).__name__}): the journal says where.",
            )

    async def _note(self, *entry: str) -> None:
        """Record what became of a command; it is done, and a disk that does not take that leaves its answer due."""
        try:
            await write(self._record, *entry)
        except StateError as error:
            logger.error("what became of a command is not recorded: %s", error)  # noqa: TRY400 (the sentence says it all)

    async def _answer(self, command: Command, message: InboundMessage, outcome: str, words: str) -> None:
        name = command.name if command.known else "unknown"
        self._counters.add("commands", outcome=outcome)
        logger.info(
            "command message_id=%s sender=%r command=%s outcome=%s",
            message.message_id,
            message.sender,
            name,
            outcome,
        )
        # It may name what a dialog or a draft says.
        await self._tell(redact_shapes(words), message.thread_id)


def _expired(command: Command, stale: str) -> tuple[str, str]:
    words = f"!{command.name} was not carried out: {stale} Send it again if it is still wanted."
    return "expired", words
