# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The uniform contract every orchestrator chat connector implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import TypeVar

from .types import ConnectorHealth, InboundHandler, OutboundMessage, SendResult, Unsubscribe

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

    async def send_once(self, message: OutboundMessage, transaction_id: str) -> SendResult:
        """Send like `send`; repeated with the same id, also by another process, it must not double.

        A connector that can tell the far side the id overrides this; the others send anew.
        """
        del transaction_id
        return await self.send(message)

    @abstractmethod
    def subscribe(self, handler: InboundHandler) -> Unsubscribe:
        """Call `handler` once for every operator message, in order, until unsubscribed.

        Must be called while an event loop runs. A message counts as received only when the
        handler returned.
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
