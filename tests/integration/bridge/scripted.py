# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connector whose channel is a directory: a third kind, for a bridge that is run as a process.

`DIR/in.jsonl` holds what the operator says, `DIR/out.jsonl` what reached the operator; the place in
the former is remembered on disk only after the handler is done, and an id is stored once in the
latter, as a homeserver does it. `DIR/down` makes the channel unreachable, `DIR/dead` kills its
credentials, and a text with `REFUSE` in it is refused for good. The receipts it gives are lines of `DIR/receipts.jsonl`.

Run as a script, `scripted.py DIR`, it registers itself and runs the bridge by the settings of the environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
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
    create_connector,
    register_connector,
)
from mosaic_connectors.types import Mark


class ScriptedReceipts:
    abilities = frozenset({"mark", "read", "typing"})

    def __init__(self, directory: Path) -> None:
        self.place = directory / "receipts.jsonl"

    def note(self, *what: str | float | None) -> None:
        with self.place.open("a") as file:
            file.write(json.dumps(what) + "\n")

    async def mark(self, message: InboundMessage, mark: Mark) -> None:
        self.note("mark", message.message_id, mark.value)

    async def read(self, message: InboundMessage) -> None:
        self.note("read", message.message_id)

    async def typing(self, thread_id: str | None, seconds: float) -> None:
        self.note("typing", thread_id, seconds)


class ScriptedConnector(OrchestratorConnector):
    kind = "scripted"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.receipts = ScriptedReceipts(directory)
        self._task: asyncio.Task[None] | None = None

    async def send(self, message: OutboundMessage) -> SendResult:
        return await self.send_once(message, os.urandom(8).hex())

    async def send_once(
        self, message: OutboundMessage, transaction_id: str, *, first_tried: float | None = None
    ) -> SendResult:
        del first_tried
        if (self.directory / "down").exists():
            return SendFailure(error="the channel is down")
        if "REFUSE" in message.text:
            return SendFailure(error="refused for good", permanent=True)
        place = self.directory / "out.jsonl"
        known = [json.loads(line) for line in place.read_text().splitlines()] if place.exists() else []
        if not any(one["txn"] == transaction_id for one in known):
            entry = {"txn": transaction_id, "text": message.text, "thread": message.thread_id}
            with place.open("a") as file:
                file.write(json.dumps(entry) + "\n")
        await asyncio.sleep(0.005)  # the answer of a server takes a while, and may never arrive
        return SendResult(True, message_id=transaction_id)

    async def edit(
        self, message_id: str, thread_id: str | None, text: str, transaction_id: str
    ) -> SendResult:
        self.receipts.note("edit", message_id, thread_id, text)
        return SendResult(True, message_id=message_id)

    def subscribe(self, handler: InboundHandler):
        self._task = asyncio.ensure_future(self._receive(handler))
        return self._task.cancel

    async def _receive(self, handler: InboundHandler) -> None:
        place = self.directory / "place"
        while True:
            done = int(place.read_text() or 0) if place.exists() else 0
            script = self.directory / "in.jsonl"
            lines = script.read_text().split("\n")[:-1] if script.exists() else []
            for number, line in enumerate(lines[done:], done):
                await handler(InboundMessage(**{"ts": "2026-01-01T00:00:00Z", **json.loads(line)}))
                place.write_text(str(number + 1))
            await asyncio.sleep(0.01)

    async def health(self) -> ConnectorHealth:
        up = not (self.directory / "down").exists()
        return ConnectorHealth(up, up and not (self.directory / "dead").exists(), detail="a directory")

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()


async def main(directory: Path) -> int:
    from mosaic_connectors.bridge.service import Bridge
    from mosaic_connectors.settings import load_settings
    from mosaic_connectors.state import state_directory

    register_connector("scripted", lambda _config: ScriptedConnector(directory))
    connector = create_connector(ConnectorConfig(kind="scripted"))
    return await Bridge(load_settings(), connector, state_directory()).run()


if __name__ == "__main__":
    from mosaic_connectors.bridge.logs import set_up_logging

    set_up_logging()
    sys.exit(asyncio.run(main(Path(sys.argv[1]))))
