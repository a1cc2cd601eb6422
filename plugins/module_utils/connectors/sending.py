# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the senders to chat services have in common: order per thread, and errors that become results."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from weakref import WeakValueDictionary

from .errors import ConfigError, ConnectorError, SecretError
from .retries import quiet_asked
from .types import OutboundMessage, SendFailure, SendResult


class ChatSender(ABC):
    """Sends one message at a time into each thread, in the order of the calls."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def send(
        self, message: OutboundMessage, transaction_id: str, first_tried: float | None = None
    ) -> SendResult:
        """Send under an id, never twice, patiently within a bound; raises only what ends the line for good."""
        # Held here, since the dictionary forgets a lock that nobody holds.
        lock = self._locks.setdefault(message.thread_id or "", asyncio.Lock())
        try:
            async with lock:
                if not message.text.strip() and not message.attachments:
                    raise ConfigError("A message is expected to have text or an attachment, and has neither.")
                return await self._send(message, transaction_id, first_tried)
        except ConnectorError as error:
            if self._is_fatal(error):
                raise
            # A token that is none is no fault of the message, though a human has to change something.
            misuse = isinstance(error, ConfigError) and not isinstance(error, SecretError)
            return SendFailure(
                error=str(error),
                permanent=misuse or self._is_refusal(error),
                retry_after=quiet_asked(error),
            )

    @abstractmethod
    async def _send(
        self, message: OutboundMessage, transaction_id: str, first_tried: float | None
    ) -> SendResult:
        """Send, or raise why not."""

    @staticmethod
    @abstractmethod
    def _is_fatal(error: ConnectorError) -> bool:
        """Whether the line has ended for good with this error."""

    @staticmethod
    @abstractmethod
    def _is_refusal(error: ConnectorError) -> bool:
        """Whether the far side will not take this very message later either."""
