# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Discord connector on the fake Discord, somebody who listens, and the rig for the contract suite."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakes.discord import FakeDiscord, until
from fakes.discord_world import Document
from mosaic_connectors import InboundMessage, OrchestratorConnector
from mosaic_connectors.discord.connector import DiscordConnector
from mosaic_connectors.discord.settings import DiscordSettings
from mosaic_connectors.secrets import Secret
from mosaic_connectors.testing import Rig

IMPATIENT = DiscordSettings(
    request_timeout=5.0,
    health_timeout=5.0,
    hello_timeout=5.0,
    token_doubt=0.01,
    settled_after=0.0,
    identify_gap=0.0,
    handler_attempts=3,
    handler_timeout=5.0,
    backoff_first=0.01,
    backoff_cap=0.05,
    refused_wait=0.05,
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
    fake: FakeDiscord, *, token: str | None = None, state_dir: Path | None = None, **settings: Any
) -> DiscordConnector:
    """The connector under test, its settings changed by name."""
    return DiscordConnector(
        channel_id=fake.channel_id,
        token=Secret(token or fake.world.token),
        settings=replace(IMPATIENT, api_url=fake.api_url, **settings),
        state_dir=state_dir,
    )


@asynccontextmanager
async def listening(
    fake: FakeDiscord, handler: Any, *, state_dir: Path | None = None, **settings: Any
) -> AsyncIterator[DiscordConnector]:
    """A connector that has subscribed and is ready, for the time of a `with`."""
    async with connector_on(fake, state_dir=state_dir, **settings) as connector:
        connector.subscribe(handler)
        await asyncio.wait_for(connector.wait_ready(), 10)
        yield connector


class DiscordRig(Rig):
    """The Discord connector on a fake Discord."""

    has_threads = True

    def __init__(self) -> None:
        self._fake = FakeDiscord()
        self._state = tempfile.TemporaryDirectory()

    async def connector(self) -> OrchestratorConnector:
        """A new connector on the channel, with the state of the one before."""
        if not self._fake.port:
            await self._fake.start()
        return connector_on(self._fake, state_dir=Path(self._state.name), send_bound=0.5)

    async def operator_says(self, text: str, thread_id: str | None = None) -> str | None:
        """In the channel, or in the thread that the operator opens at a message."""
        if thread_id is not None and thread_id not in self._fake.world.channels:
            self._fake.world.add_channel("thread", 11, self._fake.channel_id, id=thread_id)
        message_id: str = self._fake.post(text, channel=thread_id)["id"]
        return message_id

    async def operator_sees(self) -> list[str]:
        """What the bot wrote, wherever, in the order of writing."""
        return [message["content"] for message in self._written()]

    async def thread_of(self, text: str) -> str | None:
        """The channel of the message that reads so."""
        place: str = next(one["channel_id"] for one in self._written() if one["content"] == text)
        return place

    async def cut(self) -> None:
        """Nothing answers any more."""
        await self._fake.stop()

    async def mend(self) -> None:
        """Discord is back on the same port."""
        await self._fake.start()

    async def aclose(self) -> None:
        """Stop the fake and forget the state."""
        await self._fake.stop()
        self._state.cleanup()

    def _written(self) -> list[Document]:
        world = self._fake.world
        messages = [one for channel in world.messages.values() for one in channel]
        ours = [one for one in messages if one["author"]["id"] == world.bot["id"]]
        return sorted(ours, key=lambda one: int(one["id"]))
