# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Discord connector on the fake Discord, and somebody who listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakes.discord import FakeDiscord, until
from mosaic_connectors import InboundMessage
from mosaic_connectors.discord.connector import DiscordConnector
from mosaic_connectors.discord.settings import DiscordSettings
from mosaic_connectors.secrets import Secret

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
