# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the channel into the inbox: who may speak, how much, and durable before the channel forgets it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from ..errors import QueueFullError, StateError
from ..types import InboundMessage, UnreadableMessage
from .counters import Counters
from .doorkeeper import Doorkeeper
from .inbox import Inbox

logger = logging.getLogger(__name__)

STORE_PATIENCE = 240.0
"""Seconds that a message is held in hand while the disk does not take it; less than connectors allow a handler."""

STORE_PAUSE = 5.0


class Intake:
    """The handler that the bridge subscribes with."""

    def __init__(
        self,
        kind: str,
        inbox: Inbox,
        door: Doorkeeper,
        *,
        tell: Callable[[str, str | None], None],
        accepted: Callable[[InboundMessage], None],
        counters: Counters,
        max_message_bytes: int,
        log_bodies: bool,
    ) -> None:
        self.door = door
        self.max_message_bytes = max_message_bytes
        self.log_bodies = log_bodies
        self._kind = kind
        self._inbox = inbox
        self._tell = tell
        self._accepted = accepted
        self._counters = counters
        self._told: set[str] = set()

    async def receive(self, message: InboundMessage) -> None:
        """Take a message: durable, refused or dropped when this returns; raises `StateError` in the last resort."""
        if not self.door.admits(message.sender):
            return
        # Only now: what costs work is done for nobody else.
        message = await self._whole(message)
        size = len(message.text.encode("utf-8", "replace"))
        if size > self.max_message_bytes:
            self._refuse(message, f"it has {size} bytes, and at most {self.max_message_bytes} are taken.")
        elif await self._store(message):
            body = f" body={message.text!r}" if self.log_bodies else ""
            logger.info(
                "received message_id=%s sender=%r bytes=%d%s", message.message_id, message.sender, size, body
            )
            self._counters.add("received")
            self._accepted(message)
            self._tell_once(message)

    def _tell_once(self, message: InboundMessage) -> None:
        """Tell an operator who is not understood, once in this run."""
        if isinstance(message, UnreadableMessage) and message.notice not in self._told:
            self._told.add(message.notice)
            self._tell(message.notice, message.thread_id)

    async def _whole(self, message: InboundMessage) -> InboundMessage:
        try:
            return await message.whole()
        except Exception:
            # A file that cannot be had costs nobody the words beside it.
            logger.exception("what came with message_id=%s could not be had", message.message_id)
            return message

    async def _store(self, message: InboundMessage) -> bool:
        deadline = time.monotonic() + STORE_PATIENCE
        while True:
            try:
                return self._inbox.accept(self._kind, message)
            except QueueFullError as error:
                self._refuse(message, f"{error} Please send it again later.")
                return False
            except StateError as error:
                if time.monotonic() >= deadline:
                    raise
                logger.error("holding message_id=%s in hand: %s", message.message_id, error)  # noqa: TRY400
                await asyncio.sleep(STORE_PAUSE)

    def _refuse(self, message: InboundMessage, why: str) -> None:
        self._counters.add("refused")
        logger.error("refused message_id=%s: %s", message.message_id, why)
        self._tell(f"Your message was refused: {why}", message.thread_id)
