# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Matrix connector on a fake homeserver, and somebody who listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fakes.homeserver import BOT, ROOM, TOKEN, FakeHomeserver
from mosaic_connectors import InboundMessage
from mosaic_connectors.matrix.connector import MatrixConnector
from mosaic_connectors.matrix.settings import MatrixSettings
from mosaic_connectors.secrets import Secret

FAST = {
    "backoff_first": 0.002,
    "backoff_cap": 0.02,
    "sync_timeout": 0.2,
    "sync_grace": 0.2,
    "request_timeout": 0.5,
    "token_doubt": 0.01,
    "send_bound": 2.0,
}
"""Waits fit for a test."""


def connector_on(
    server: FakeHomeserver, *, room: str = ROOM, state_dir: Path | None = None, **settings: Any
) -> MatrixConnector:
    """The connector under test, its transport replaced at the wire."""
    return MatrixConnector(
        homeserver_url="https://fake.test",
        user_id=BOT,
        room_id=room,
        access_token=Secret(TOKEN),
        settings=MatrixSettings(**{**FAST, **settings}),
        state_dir=state_dir,
        transport=server.transport,
    )


class Inbox:
    """A handler that keeps what it receives, its files included, and lets a test await it."""

    def __init__(self) -> None:
        self.messages: list[InboundMessage] = []

    async def __call__(self, message: InboundMessage) -> None:
        self.messages.append(await message.whole())

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]

    async def holds(self, count: int) -> None:
        """Return when `count` messages came; fails as `eventually` does."""
        await eventually(lambda: len(self.messages) >= count)


async def eventually(condition: Callable[[], object], timeout: float = 20.0) -> None:
    """Return when `condition` holds, or fail after `timeout` seconds: two busy cores take their time."""

    async def poll() -> None:
        while not condition():  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.002)

    await asyncio.wait_for(poll(), timeout)
