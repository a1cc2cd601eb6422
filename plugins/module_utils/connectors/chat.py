# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What connectors to a chat service have in common: one subscription, and an end that is for good."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from .base import OrchestratorConnector
from .errors import ConfigError, ConnectorError
from .handover import Handover, NeedsFiles
from .received import FileBounds, FileFetcher
from .retries import Bounds
from .sending import ChatSender
from .subscription import Subscription
from .times import iso_time
from .types import ConnectorHealth, InboundHandler, OutboundMessage, SendFailure, SendResult

_log = logging.getLogger(__name__)


class HandlerBounds(Bounds, Protocol):
    """What a connector's settings say about calling the handler."""

    @property
    def handler_attempts(self) -> int:
        """How often it is called for one message at the most."""

    @property
    def handler_timeout(self) -> float:
        """How long a call may take, in seconds."""


def handover_to(handler: InboundHandler, settings: HandlerBounds) -> Handover:
    """What calls `handler` for a message, within the bounds of `settings`."""
    return Handover(
        handler,
        attempts=settings.handler_attempts,
        timeout=settings.handler_timeout,
        backoff_first=settings.backoff_first,
        backoff_cap=settings.backoff_cap,
    )


def fetcher_for(handler: InboundHandler, state_dir: Path | None, settings: FileBounds) -> FileFetcher:
    """What stores received files under `state_dir`, and keeps those that `handler` needs."""
    directory = state_dir / "media" if state_dir else None
    needed = handler.needing_files if isinstance(handler, NeedsFiles) else None
    return FileFetcher(directory, settings, needed)


class ChatReceiver(Protocol):
    """What receives for a subscription."""

    ready: asyncio.Event
    """Set while what is written will be received."""

    @property
    def last_contact(self) -> float:
        """When the far side was last heard of, in seconds since the epoch; 0 before."""

    async def run(self) -> None:
        """Receive until cancelled; raises what ends the line for good."""

    def notes(self) -> list[str]:
        """What a human ought to know: sentences, none when all is well."""


class ChatConnector(OrchestratorConnector):
    """A connector that is also an `IdempotentSender` and a `WatchedLine`.

    A kind brings `subscribe`, which returns what `_listen` makes of its parts, `_look` and `_close`.
    """

    def __init__(self, sender: ChatSender) -> None:
        """Prepare; `sender` sends what is to be sent."""
        self._sender = sender
        self._subscription: Subscription | None = None
        self._receiver: ChatReceiver | None = None
        self._last_seen = 0.0
        self._fatal: ConnectorError | None = None
        self._stopped = asyncio.Event()

    async def send(self, message: OutboundMessage) -> SendResult:
        """Send a message; repeats within itself for a while, and never doubles."""
        return await self.send_once(message, uuid4().hex)

    async def send_once(
        self, message: OutboundMessage, transaction_id: str, *, first_tried: float | None = None
    ) -> SendResult:
        """Send under an id that the caller stored before the first try; see `IdempotentSender`."""
        return await self._guarded(lambda: self._sender.send(message, transaction_id, first_tried))

    async def _guarded(self, sending: Callable[[], Awaitable[SendResult]]) -> SendResult:
        """The result of `sending`, which raises only what ends the line for good."""
        if self._fatal is not None:
            return SendFailure(error=str(self._fatal))
        try:
            result = await sending()
        except ConnectorError as error:
            self._end(error)
            return SendFailure(error=str(error))
        except Exception as error:
            # `send` reports failures and raises on misuse alone: a defect is told, and counts as one failure.
            _log.exception("sending failed unexpectedly")
            return SendFailure(
                error=f"Sending failed unexpectedly ({type(error).__name__}): see the journal."
            )
        if result.delivered:
            self._last_seen = time.time()
        else:
            # What was seen to be fine a while ago is looked at again: somebody will ask why.
            self._forget_look()
        return result

    async def wait_ready(self) -> None:
        """Return as soon as the subscription listens; raises what ended the line for good before."""
        if self._receiver is None:
            raise ConfigError("Nothing is subscribed, so nothing can become ready. Call subscribe() first.")
        ready = asyncio.ensure_future(self._receiver.ready.wait())
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
            stopped.cancel()
        if self._fatal is not None:
            raise self._fatal

    async def wait_stopped(self) -> ConnectorError:
        """Return the error that ended the line for good, such as a revoked token; else never return."""
        await self._stopped.wait()
        return self._fatal or ConnectorError("The line has stopped for good.")

    async def health(self) -> ConnectorHealth:
        """Look at the far side, the credentials and the place to talk in; never raises for an outage."""
        if self._fatal is not None:
            return ConnectorHealth(True, False, self._seen(), f"Stopped for good: {self._fatal}")
        try:
            health = await self._look()
        except Exception as error:
            _log.exception("looking at the line failed unexpectedly")
            health = ConnectorHealth(
                False,
                False,
                detail=f"The look failed unexpectedly ({type(error).__name__}): see the journal.",
            )
        if health.authenticated:
            self._last_seen = time.time()
        detail = health.detail or ""
        notes = self._receiver.notes() if self._receiver is not None and self._is_subscribed() else []
        further = [note for note in notes if note not in detail]
        return replace(health, last_seen=self._seen(), detail=" ".join([detail, *further]))

    async def aclose(self) -> None:
        """End the subscription and close the connections."""
        if self._subscription is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._subscription()
        await self._close()

    @abstractmethod
    async def _look(self) -> ConnectorHealth:
        """The health of the line without `last_seen`; never raises."""

    @abstractmethod
    def _forget_look(self) -> None:
        """Have the next look ask for everything."""

    @abstractmethod
    async def _close(self) -> None:
        """Close the connections; harmless when called twice."""

    def _is_subscribed(self) -> bool:
        return self._subscription is not None and not self._subscription.ended

    def _refuse_second(self) -> None:
        """Raise `ConfigError` when somebody has subscribed already."""
        if self._is_subscribed():
            raise ConfigError(
                "This connector has a subscriber already. Unsubscribe it first, or make another one."
            )

    def _listen(self, receiver: ChatReceiver, handover: Handover, close: Callable[[], None]) -> Subscription:
        """Begin to receive; `close` lets go of what was held for it."""
        self._receiver = receiver
        self._subscription = Subscription(receiver.run, handover, close=close, on_fatal=self._end)
        return self._subscription

    def _seen(self) -> str | None:
        latest = max(self._last_seen, self._receiver.last_contact if self._receiver else 0.0)
        return iso_time(latest) if latest else None

    def _end(self, error: ConnectorError) -> None:
        """Stop everything: the account or its token is gone, and asking on would only hammer."""
        if self._fatal is None:
            _log.error("the %s line has stopped for good: %s", self.kind, error)
            self._fatal = error
            self._stopped.set()
        if self._subscription is not None:
            self._subscription()
