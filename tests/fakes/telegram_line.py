# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Telegram connector on the fake Telegram, somebody who listens, and the rig for the contract suite."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

from fakes.telegram import FakeTelegram
from mosaic_connectors import OrchestratorConnector
from mosaic_connectors.secrets import Secret
from mosaic_connectors.telegram.connector import TelegramConnector
from mosaic_connectors.telegram.settings import TelegramSettings
from mosaic_connectors.testing import Rig

IMPATIENT = TelegramSettings(
    request_timeout=5.0,
    health_timeout=5.0,
    token_doubt=0.01,
    poll_timeout=5.0,
    poll_grace=5.0,
    handler_attempts=3,
    handler_timeout=5.0,
    backoff_first=0.01,
    backoff_cap=0.05,
    send_bound=5.0,
)
"""Waits fit for a test."""


def connector_on(
    fake: FakeTelegram, *, token: str | None = None, state_dir: Path | None = None, **settings: Any
) -> TelegramConnector:
    """The connector under test, its settings changed by name."""
    return TelegramConnector(
        chat_id=fake.chat_id,
        token=Secret(token or fake.world.token),
        settings=replace(IMPATIENT, api_url=fake.api_url, **settings),
        state_dir=state_dir,
    )


@asynccontextmanager
async def listening(
    fake: FakeTelegram, handler: Any, *, state_dir: Path | None = None, **settings: Any
) -> AsyncIterator[TelegramConnector]:
    """A connector that has subscribed and is ready, for the time of a `with`."""
    async with connector_on(fake, state_dir=state_dir, **settings) as connector:
        connector.subscribe(handler)
        await asyncio.wait_for(connector.wait_ready(), 10)
        yield connector


class TelegramRig(Rig):
    """The Telegram connector on a fake Telegram."""

    has_threads = True

    def __init__(self) -> None:
        self._fake = FakeTelegram()
        self._state = tempfile.TemporaryDirectory()

    async def connector(self) -> OrchestratorConnector:
        """A new connector on the chat, with the state of the one before."""
        if not self._fake.port:
            await self._fake.start()
        return connector_on(self._fake, state_dir=Path(self._state.name), send_bound=0.5)

    async def operator_says(self, text: str, thread_id: str | None = None) -> str | None:
        """In the chat, or in the topic that the operator opens."""
        more: dict[str, Any] = {}
        if thread_id is not None:
            self._fake.world.topics.add(int(thread_id))
            more = {"message_thread_id": int(thread_id), "is_topic_message": True}
        return str(self._fake.post(text, **more)["message_id"])

    async def operator_sees(self) -> list[str]:
        """What the bot wrote, wherever, in the order of writing, its looks told by markdown's marks."""
        return [_marked(one["html"]) for one in self._fake.world.messages]

    async def thread_of(self, text: str) -> str | None:
        """The topic of the message that reads so."""
        message = next(one for one in self._fake.world.messages if one.get("text") == text)
        return str(message["message_thread_id"])

    async def cut(self) -> None:
        """Nothing answers any more."""
        await self._fake.stop()

    async def mend(self) -> None:
        """Telegram is back on the same port."""
        await self._fake.start()

    async def aclose(self) -> None:
        """Stop the fake and forget the state."""
        await self._fake.stop()
        self._state.cleanup()


def _marked(html: str) -> str:
    return unescape(re.sub("</?b>", "**", re.sub("</?code>", "`", html)))
