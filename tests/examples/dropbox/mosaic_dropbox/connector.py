# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny connector: two files in a directory.

The operator writes lines into `in`, the orchestrator's messages are added to `out`. Whoever has the key that stands in
`key` may talk here; without that file, everybody may.
"""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timezone
from pathlib import Path

from mosaic_connectors import (
    ConnectorConfig,
    ConnectorHealth,
    InboundHandler,
    InboundMessage,
    OrchestratorConnector,
    OutboundMessage,
    SendFailure,
    SendResult,
)
from mosaic_connectors.config import require_complete
from mosaic_connectors.errors import ConnectorError
from mosaic_connectors.handover import Handover
from mosaic_connectors.secrets import Secret, secret_from_environment
from mosaic_connectors.state import read_document, write_document
from mosaic_connectors.subscription import Subscription

from .kind import KEY, KIND


class DropboxConnector(OrchestratorConnector):
    """Talks through two files of JSON strings, one a line."""

    kind = KIND.name

    def __init__(self, directory: Path, key: Secret, sender: str = "operator") -> None:
        self._directory = directory
        self._key = key
        self._sender = sender
        self._subscription: Subscription | None = None

    @classmethod
    def from_config(cls, config: ConnectorConfig) -> DropboxConnector:
        """The roster says where the files are, the environment what the key is; raises `ConfigError`."""
        require_complete(config)
        block = config.block()
        return cls(Path(block.directory), secret_from_environment(KEY.variable), block.sender or "operator")

    async def send(self, message: OutboundMessage) -> SendResult:
        """Add the message to `out`."""
        text = "\n".join([message.text, *message.attachments]).strip()
        if not text:
            return SendFailure(error="A message is expected to have a text, and has none.", permanent=True)
        try:
            with (self._directory / "out").open("a") as file:
                file.write(json.dumps(text) + "\n")
        except OSError as error:
            return SendFailure(error=f"The message cannot be written: {error.strerror}.")
        return SendResult(delivered=True)

    def subscribe(self, handler: InboundHandler) -> Subscription:
        """Hand over every line of `in`, from the first that no run before handed over."""
        handover = Handover(handler, attempts=3, timeout=60.0, backoff_first=0.01, backoff_cap=1.0)
        self._subscription = Subscription(
            lambda: self._receive(handover), handover, close=lambda: None, on_fatal=self._ended
        )
        return self._subscription

    async def health(self) -> ConnectorHealth:
        """Whether the directory is there, and the key is the right one."""
        if not self._directory.is_dir():
            return ConnectorHealth(False, False, detail=f"{self._directory} is gone.")
        lock = self._directory / "key"
        if lock.exists() and lock.read_text().strip() != self._key.reveal():
            return ConnectorHealth(True, False, detail=f"{KEY.variable} is not the key of {self._directory}.")
        return ConnectorHealth(True, True, detail=f"{self._directory} is there.")

    async def aclose(self) -> None:
        """End the subscription."""
        if self._subscription is not None:
            await self._subscription()

    async def _receive(self, handover: Handover) -> None:
        state = self._directory.parent / "dropbox-state.json"
        done: int = read_document(state).get("done", 0)
        while not handover.stopping:
            for line in self._lines()[done:]:
                await handover.hand_over(self._message(done, line))
                done += 1
                write_document(state, {"done": done})  # only now does the message count as received
            await asyncio.sleep(0.01)

    def _lines(self) -> list[str]:
        path = self._directory / "in"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def _message(self, number: int, text: str) -> InboundMessage:
        now = datetime.now(timezone.utc).isoformat()
        return InboundMessage(text, sender=self._sender, ts=now, message_id=str(number))

    def _ended(self, error: ConnectorError) -> None:
        raise error
