# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Slack connector on the fake Slack, somebody who listens, and the rig for the contract suite."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakes.slack import FakeSlack, until
from mosaic_connectors import InboundMessage, OrchestratorConnector
from mosaic_connectors.secrets import Secret
from mosaic_connectors.slack.connector import SlackConnector
from mosaic_connectors.slack.settings import SlackSettings
from mosaic_connectors.testing import Rig

IMPATIENT = SlackSettings(
    request_timeout=5.0,
    health_timeout=5.0,
    token_doubt=0.01,
    hello_timeout=5.0,
    linger=5.0,
    settled_after=0.0,
    handler_attempts=3,
    handler_timeout=5.0,
    backoff_first=0.01,
    backoff_cap=0.05,
    refused_wait=0.05,
    share_settles=0.05,
    send_bound=5.0,
)
"""Waits fit for a test."""


class Inbox(list[InboundMessage]):
    """A handler that keeps what it receives and lets a test await it."""

    def __call__(self, message: InboundMessage) -> None:
        self.append(message)

    @property
    def texts(self) -> list[str]:
        """The texts in the order they came."""
        return [message.text for message in self]

    async def holds(self, *texts: str) -> None:
        """Return when exactly these came, in this order; fails when they do not in time."""
        await until(lambda: len(self) >= len(texts))
        assert self.texts == list(texts)


def connector_on(
    fake: FakeSlack,
    *,
    app_token: str | None = None,
    bot_token: str | None = None,
    state_dir: Path | None = None,
    **settings: Any,
) -> SlackConnector:
    """The connector under test, its settings changed by name."""
    return SlackConnector(
        channel_id=fake.world.channel_id,
        app_token=Secret(app_token or fake.world.app_token),
        bot_token=Secret(bot_token or fake.world.bot_token),
        settings=replace(IMPATIENT, api_url=fake.api_url, **settings),
        state_dir=state_dir,
    )


@asynccontextmanager
async def listening(
    fake: FakeSlack, handler: Any, *, state_dir: Path | None = None, **settings: Any
) -> AsyncIterator[SlackConnector]:
    """A connector that has subscribed and is ready, for the time of a `with`."""
    async with connector_on(fake, state_dir=state_dir, **settings) as connector:
        connector.subscribe(handler)
        await asyncio.wait_for(connector.wait_ready(), 10)
        yield connector


class SlackRig(Rig):
    """The Slack connector on a fake Slack."""

    has_threads = True

    def __init__(self) -> None:
        self._fake = FakeSlack()
        self._state = tempfile.TemporaryDirectory()

    async def connector(self) -> OrchestratorConnector:
        """A new connector on the channel, with the state of the one before."""
        if not self._fake.port:
            await self._fake.start()
        return connector_on(self._fake, state_dir=Path(self._state.name), send_bound=0.5)

    async def operator_says(self, text: str, thread_id: str | None = None) -> str | None:
        """In the channel, or in the thread at a message, escaped as Slack's own clients do."""
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return self._fake.say(escaped, thread=thread_id)

    async def operator_sees(self) -> list[str]:
        """What the bot wrote, read back from Slack's form into the Markdown that looks alike."""
        return [_as_markdown(text) for text in self._fake.texts()]

    async def thread_of(self, text: str) -> str | None:
        """The thread of the message that reads so."""
        place: str = next(one["thread_ts"] for one in self._fake.written() if one["text"] == text)
        return place

    async def cut(self) -> None:
        """Nothing answers any more."""
        await self._fake.stop()

    async def mend(self) -> None:
        """Slack is back on the same port."""
        await self._fake.start()

    async def aclose(self) -> None:
        """Stop the fake and forget the state."""
        await self._fake.stop()
        self._state.cleanup()


def _as_markdown(text: str) -> str:
    bold = re.sub(r"\*([^*\n]+)\*", r"**\1**", text)
    return bold.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
