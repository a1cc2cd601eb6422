# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calling the handler for a message until it took it: bounded, isolated, and told apart from us."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol, runtime_checkable

from .characters import encodable
from .ending import heard, within
from .errors import ConnectorError, StateError
from .retries import Backoff
from .types import InboundHandler, InboundMessage, StrayMessage
from .unreadable import noticed

_log = logging.getLogger(__name__)


@runtime_checkable
class TellsOfGivenUp(Protocol):
    """A handler that wants to know which messages it will not be handed again."""

    async def given_up(self, message: InboundMessage, why: str) -> None:
        """A message is lost, since the handler failed on it every time; `why` is a sentence."""


@runtime_checkable
class NeedsFiles(Protocol):
    """A handler that keeps messages until somebody reads them, and needs the files that came with them so long."""

    def needing_files(self) -> Collection[str]:
        """The ids of those messages; raises `StateError`."""


@runtime_checkable
class HearsOfStrays(Protocol):
    """A handler that wants to know which operator tried to talk where nobody listens."""

    def is_operator(self, sender: str, /) -> bool:
        """Whether it is somebody whom it listens to."""

    async def stray(self, stray: StrayMessage, /) -> str | None:
        """What the connector is to say there, if it can; empty for nothing more than was said, None to a stranger.

        Raises `StateError`.
        """


@runtime_checkable
class HearsOfEdits(Protocol):
    """A handler that wants to know what a message reads by now that it was handed before: an edit is no new message."""

    def is_operator(self, sender: str, /) -> bool:
        """Whether it is somebody whom it listens to."""

    async def edited(self, message: InboundMessage, /) -> None:
        """A message as it reads since it was edited; its id is the edit's. Raises `StateError`."""


class Handover:
    """One handler, called for one message at a time."""

    def __init__(
        self,
        handler: InboundHandler,
        *,
        attempts: int | None,
        timeout: float,
        backoff_first: float,
        backoff_cap: float,
    ) -> None:
        """`attempts` per message (None: until it is taken); `timeout` of a call and the waits are in seconds."""
        self._handler = handler
        self._attempts = attempts
        self._timeout = timeout
        self._waits = (backoff_first, backoff_cap)
        self._catching_up = False
        self._current: asyncio.Task[None] | None = None
        self.stopping = False
        """Whether no handler is started any more."""
        self.given_up = 0
        """Messages whose handler failed every time."""
        self.held: str | None = None
        """Why a message is held: the handler cannot store it at the moment."""

    @property
    def current(self) -> asyncio.Task[None] | None:
        """The call of the handler that is running, or None."""
        return self._current

    @contextmanager
    def catching_up(self) -> Iterator[None]:
        """What is handed over meanwhile comes from the history: it was written while nobody listened."""
        before, self._catching_up = self._catching_up, True
        try:
            yield
        finally:
            self._catching_up = before

    def called_from_handler(self) -> bool:
        """Whether the code that asks is the handler itself."""
        return self._current is not None and asyncio.current_task() is self._current

    def stop(self) -> None:
        """Start no handler any more."""
        self.stopping = True

    @property
    def hears_of_strays(self) -> bool:
        """Whether the handler wants to know who tried to talk elsewhere."""
        return isinstance(self._handler, HearsOfStrays)

    def wants_to_hear_of(self, sender: str | None) -> bool:
        """Whether it wants to know that of this one; for anybody else no work is done."""
        return (
            sender is not None
            and isinstance(self._handler, HearsOfStrays)
            and self._handler.is_operator(sender)
        )

    async def hear_of(self, stray: StrayMessage) -> str | None:
        """What is to be said to who tried to talk elsewhere; see `HearsOfStrays`. Never raises: None, when it fails."""
        if not isinstance(self._handler, HearsOfStrays):
            return None
        try:
            return await within(self._handler.stray(stray), self._timeout)
        except StateError as error:
            _log.error("who tried to talk elsewhere is not told: %s", error)
        except Exception:
            _log.exception("who tried to talk elsewhere could not be told")
        return None

    async def answer_stray(self, stray: StrayMessage, say: Callable[[str], Awaitable[object]]) -> None:
        """Have who talks elsewhere told where to talk: by `say` there, or in our place where that fails or is not done.

        Raises nothing of what `say` raises as a `ConnectorError`.
        """
        sentence = await self.hear_of(stray)
        if not sentence:
            return
        try:
            await say(sentence)
        except ConnectorError as error:
            _log.warning("%s is told in our place where to talk: %s", stray.sender, error)
            await self.hear_of(replace(stray, can_answer=False))

    async def hear_of_edit(self, sender: str | None, read: Callable[[], InboundMessage | None]) -> None:
        """Tell the handler what an operator makes of a message that it was handed; not of the past, and at most once.

        `read` is asked for nobody else; it gives None for what says nothing. Never raises.
        """
        handler = self._handler
        if sender is None or self._catching_up or not isinstance(handler, HearsOfEdits):
            return
        try:
            message = read() if handler.is_operator(sender) else None
            if message is not None:
                edit = handler.edited(_encodable(replace(message, edited=True)))
                await within(edit, self._timeout)
        except StateError as error:
            _log.error("that an edit changes nothing is not told: %s", error)
        except Exception:
            _log.exception("that an edit changes nothing could not be told")

    async def hand_over(self, message: InboundMessage) -> None:
        """Call the handler until it returned, or failed too often; a `StateError` of it does not count.

        Ends in `asyncio.CancelledError` when it was stopped before.
        """
        # The handler stores it: a text that no database takes would fail there for ever.
        message = noticed(_encodable(message))
        message = replace(message, caught_up=message.caught_up or self._catching_up)
        backoff = Backoff(*self._waits)
        failures, reason = 0, ""
        while True:
            if self.stopping:
                raise asyncio.CancelledError
            try:
                await self._call(message)
            except StateError as error:
                # The disk's fault and never the message's: held for as long as it takes.
                self.held = str(error)
                _log.error("message %s is held: %s", message.message_id, error)
            except Exception as error:
                failures += 1
                reason = self._explain(message, error, failures)
                if failures == self._attempts:
                    break
            else:
                self.held = None
                return
            await asyncio.sleep(backoff.next())
        await self._give_up(message, reason)

    def notes(self) -> list[str]:
        """What a human ought to know of the messages that the handler did not take."""
        notes = [f"A message is held: {self.held}"] if self.held else []
        if self.given_up:
            were = "message was" if self.given_up == 1 else "messages were"
            notes.append(f"{self.given_up} {were} given up: the handler failed every time.")
        return notes

    def _explain(self, message: InboundMessage, error: Exception, failures: int) -> str:
        reason = "it took too long" if isinstance(error, asyncio.TimeoutError) else repr(error)
        _log.error(
            "the handler failed on message %s (attempt %d of %s): %s",
            message.message_id,
            failures,
            self._attempts or "as many as it takes",
            reason,
        )
        return reason

    async def _give_up(self, message: InboundMessage, reason: str) -> None:
        self.given_up += 1
        self.held = None
        _log.error("message %s is given up: the handler failed on it every time", message.message_id)
        if isinstance(self._handler, TellsOfGivenUp):
            try:
                await within(self._handler.given_up(message, f"{reason}."), self._timeout)
            except Exception:
                _log.exception("nobody could be told of message %s", message.message_id)

    async def _call(self, message: InboundMessage) -> None:
        # A task of its own, so that an unsubscribe from inside the handler can be told apart.
        call = self._current = asyncio.create_task(self._invoke(message))
        call.add_done_callback(heard)
        try:
            await asyncio.wait({call}, timeout=self._timeout)
            if not call.done():
                raise asyncio.TimeoutError
            if call.cancelled():
                raise RuntimeError("it was cancelled")
            call.result()
        finally:
            call.cancel()
            self._current = None

    async def _invoke(self, message: InboundMessage) -> None:
        result = self._handler(message)
        if inspect.isawaitable(result):
            await result


def _encodable(message: InboundMessage) -> InboundMessage:
    return replace(
        message,
        text=encodable(message.text),
        sender=encodable(message.sender),
        thread_id=None if message.thread_id is None else encodable(message.thread_id),
        message_id=None if message.message_id is None else encodable(message.message_id),
    )
