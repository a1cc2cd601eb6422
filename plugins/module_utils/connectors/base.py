# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The uniform contract every orchestrator chat connector implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Protocol, TypeVar, runtime_checkable

from .errors import ConnectorError
from .types import (
    AskedQuestion,
    Check,
    ConnectorHealth,
    InboundHandler,
    InboundMessage,
    Mark,
    OutboundMessage,
    SendResult,
    Unsubscribe,
)

_ConnectorT = TypeVar("_ConnectorT", bound="OrchestratorConnector")


class OrchestratorConnector(ABC):
    """send, subscribe, health: the only surface the rest of the fleet depends on."""

    kind: str
    """Which kind of connector this is."""

    vouches_for_senders: bool = False
    """Whether reaching this channel at all already takes the rights of an operator on this host."""

    @abstractmethod
    async def send(self, message: OutboundMessage) -> SendResult:
        """Send a message to the operator; report an ordinary failure in the result, raise only on misuse."""

    @abstractmethod
    def subscribe(self, handler: InboundHandler) -> Unsubscribe:
        """Call `handler` once for every operator message, in order, until unsubscribed.

        Must be called while an event loop runs. A message counts as received only when the
        handler returned. What came with it and costs work, such as a file, is fetched when the
        handler asks for it by `message.whole()`: once it has admitted the sender.
        """

    @abstractmethod
    async def health(self) -> ConnectorHealth:
        """Report whether the line is up; never raise for an ordinary outage."""

    @abstractmethod
    async def aclose(self) -> None:
        """Let go of everything the connector holds; harmless when called twice."""

    async def __aenter__(self: _ConnectorT) -> _ConnectorT:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


@runtime_checkable
class IdempotentSender(Protocol):
    """A connector that can repeat a send without doubling the message (optional; ask by isinstance)."""

    async def send_once(
        self, message: OutboundMessage, transaction_id: str, *, first_tried: float | None = None
    ) -> SendResult:
        """Send `message` under an id the caller stored before the first try.

        The same id with the same message makes one message, however often it is called.
        `first_tried` is the time of the first try in seconds since the epoch, None on the first
        one: what the far side may have forgotten by now is looked up before it is repeated.
        """


@runtime_checkable
class Answerable(Protocol):
    """A connector that offers a question's choices for a touch (optional; ask by isinstance).

    The answer comes to the subscriber as an `InboundAnswer`. The words in the question's message work beside it.
    """

    async def ask(
        self, question: AskedQuestion, transaction_id: str, *, first_tried: float | None = None
    ) -> SendResult:
        """Send the question's message and offer its choices; repeated as `IdempotentSender.send_once` is.

        `message_id` of the result is the message that the choices belong to. Choices that cannot be offered are
        no failure: the words are there.
        """

    async def settle(
        self, question: AskedQuestion, message_id: str, outcome: str, transaction_id: str
    ) -> SendResult:
        """Have the question's message say how it ended: `outcome`, one sentence, in the place of the words that answer.

        A failure that is `permanent` is not tried again, and the operator is told by a message of its own.
        """


@runtime_checkable
class Editable(IdempotentSender, Protocol):
    """A connector that can change what it sent (optional; ask by isinstance)."""

    async def edit(
        self, message_id: str, thread_id: str | None, text: str, transaction_id: str
    ) -> SendResult:
        """Have a message that was sent in this thread read so, once for each transaction id; nobody is notified by it."""


class ReceiptGiver(Protocol):
    """Shows on the operator's own messages what became of them; each call is one request at most, and no promise."""

    abilities: frozenset[str]
    """Which of `mark`, `read` and `typing` the channel has."""

    async def mark(self, message: InboundMessage, mark: Mark) -> None:
        """Put a mark on a message, beside or in the place of an earlier one; one that is there is no failure.

        Raises `ConnectorError`, as the others do.
        """

    async def read(self, message: InboundMessage) -> None:
        """Show that all up to this message is read."""

    async def typing(self, thread_id: str | None, seconds: float) -> None:
        """Show for about so many seconds that somebody writes; 0 ends it, where the channel can."""


@runtime_checkable
class Receipts(Protocol):
    """A connector that can show what became of the operator's messages (optional; ask by isinstance)."""

    receipts: ReceiptGiver


@runtime_checkable
class Diagnosed(Protocol):
    """A connector that can look at its line step by step, for `doctor` (optional; ask by isinstance)."""

    def diagnose(self, operators: Sequence[str]) -> AsyncIterator[Check]:
        """Yield the checks `server`, `login`, `room` and `operators`, in this order and each once.

        Every step is bounded in time. An outage is a failed check and raises nothing; what cannot
        be known after it is skipped. Nothing is changed, sent or joined.
        """


@runtime_checkable
class WatchedLine(Protocol):
    """A connector whose subscription can be waited for (optional; ask by isinstance)."""

    async def wait_ready(self) -> None:
        """Return as soon as the subscription listens: what is sent from then on is delivered."""

    async def wait_stopped(self) -> ConnectorError:
        """Return the error that ended the line for good, such as a revoked token; else never return."""
