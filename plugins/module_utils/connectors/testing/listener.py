# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who listens to a connector while a rule runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType

from ..base import OrchestratorConnector, WatchedLine
from ..types import InboundMessage, Unsubscribe
from .rig import Rig

PATIENCE = 20.0
"""Seconds within which what is awaited has to come."""


def expect(kept: object, what: str) -> None:
    """Raise `AssertionError`, naming what was expected, unless it was kept."""
    if not kept:
        raise AssertionError(f"expected: {what}")


def expect_equal(found: object, wanted: object) -> None:
    """Raise `AssertionError`, naming both, unless what was found is what was wanted."""
    if found != wanted:
        raise AssertionError(f"expected {wanted!r}, found {found!r}")


async def settled(condition: Callable[[], bool]) -> None:
    """Return as soon as `condition` holds; raises `AssertionError` when it does not in time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while not condition():
        expect(loop.time() < deadline, "what was waited for did not come")
        await asyncio.sleep(0.005)


async def ready(connector: OrchestratorConnector) -> None:
    """Return when the connector listens, as far as it tells."""
    if isinstance(connector, WatchedLine):
        await connector.wait_ready()


async def ended(ending: Awaitable[None] | None) -> None:
    """Wait for the end of a subscription, where there is something to wait for."""
    if ending is not None:
        await ending


async def hear_one(rig: Rig, connector: OrchestratorConnector) -> tuple[list[str], Unsubscribe]:
    """Have a plain function hear "one"; what it hears, now and later, and how to end that."""
    heard: list[str] = []
    unsubscribe = connector.subscribe(lambda message: heard.append(message.text))
    await ready(connector)
    await rig.operator_says("one")
    await settled(lambda: heard == ["one"])
    return heard, unsubscribe


class Listener:
    """Subscribes on entry, keeps what it hears, unsubscribes on exit."""

    def __init__(self, connector: OrchestratorConnector) -> None:
        self._connector = connector
        self._unsubscribe: Unsubscribe | None = None
        self.messages: list[InboundMessage] = []

    @property
    def texts(self) -> list[str]:
        """The texts heard, in order."""
        return [message.text for message in self.messages]

    async def hears(self, count: int) -> None:
        """Return when `count` messages were heard, and then a moment later: a double would come now."""
        await settled(lambda: len(self.messages) >= count)
        await asyncio.sleep(0.05)
        expect(len(self.messages) == count, f"expected {count} messages, heard {self.texts}")

    async def __aenter__(self) -> Listener:
        self._unsubscribe = self._connector.subscribe(self._hear)
        await ready(self._connector)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._unsubscribe is not None:
            await ended(self._unsubscribe())

    async def _hear(self, message: InboundMessage) -> None:
        self.messages.append(message)
