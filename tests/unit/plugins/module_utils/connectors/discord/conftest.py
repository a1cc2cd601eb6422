# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fake Discord on loopback, and connectors that talk to it impatiently."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="the fake Discord needs aiohttp")
pytest.importorskip("websockets", reason="the connector needs its extra")

from fakes.discord import FakeDiscord  # noqa: E402
from mosaic_connectors.discord.connector import DiscordConnector  # noqa: E402
from mosaic_connectors.discord.settings import DiscordSettings  # noqa: E402
from mosaic_connectors.secrets import Secret  # noqa: E402

IMPATIENT = DiscordSettings(
    request_timeout=5.0,
    health_timeout=5.0,
    hello_timeout=5.0,
    settled_after=0.0,
    identify_gap=0.0,
    handler_attempts=3,
    handler_timeout=5.0,
    backoff_first=0.02,
    backoff_cap=0.1,
    refused_wait=0.1,
    send_bound=5.0,
)

Connect = Callable[..., DiscordConnector]


@pytest.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    """A Discord with one guild and one channel."""
    async with FakeDiscord() as server:
        yield server


@pytest.fixture
async def connect(fake: FakeDiscord, tmp_path: Path) -> AsyncIterator[Connect]:
    """Makes connectors whose state survives from one to the next; closes them all."""
    made: list[DiscordConnector] = []

    def make(*, token: str | None = None, state: bool = True, **settings: Any) -> DiscordConnector:
        connector = DiscordConnector(
            channel_id=fake.channel_id,
            token=Secret(token or fake.world.token),
            settings=replace(IMPATIENT, api_url=fake.api_url, **settings),
            state_dir=tmp_path if state else None,
        )
        made.append(connector)
        return connector

    yield make
    for connector in made:
        await connector.aclose()


class Inbox(list[Any]):
    """A handler that keeps what it is called with."""

    def __call__(self, message: Any) -> None:
        self.append(message)

    @property
    def texts(self) -> list[str]:
        """The texts, in the order they came."""
        return [message.text for message in self]
