# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny connector, made by the four steps of docs/add-a-connector.md: two files in a directory.

The operator writes lines into `in`, the orchestrator's messages are added to `out`.
"""

from __future__ import annotations

import asyncio
import json
import os
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
    register_connector,
)
from mosaic_connectors.errors import ConfigError, ConnectorError
from mosaic_connectors.handover import Handover
from mosaic_connectors.state import read_document, write_document
from mosaic_connectors.subscription import Subscription

DIRECTORY_VARIABLE = "DROPBOX_DIRECTORY"


class DropboxConnector(OrchestratorConnector):
    """Talks through two files of JSON strings, one a line."""

    kind = "dropbox"

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._subscription: Subscription | None = None

    @classmethod
    def from_config(cls, _config: ConnectorConfig) -> DropboxConnector:
        """Where the files are comes from the environment, as everything the roster has no place for."""
        directory = os.environ.get(DIRECTORY_VARIABLE)
        if not directory:
            raise ConfigError(f"{DIRECTORY_VARIABLE} is expected to name a directory and is not set. Set it.")
        return cls(Path(directory))

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
        """Whether the directory is there."""
        there = self._directory.is_dir()
        return ConnectorHealth(there, there, detail=f"{self._directory} is {'there' if there else 'gone'}.")

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
        return InboundMessage(text, sender="operator", ts=now, message_id=str(number))

    def _ended(self, error: ConnectorError) -> None:
        raise error


def register() -> None:
    """What a distribution does by an entry point of the group `mosaic_connectors`."""
    register_connector(DropboxConnector.kind, DropboxConnector.from_config)
