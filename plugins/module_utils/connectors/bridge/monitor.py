# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the channel up: looked at regularly, told to systemd, and the end when its credentials are dead."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from ..base import OrchestratorConnector, WatchedLine
from ..ending import within
from ..errors import ConnectorError
from ..retries import Backoff
from ..types import ConnectorHealth, ObstructedHealth
from .notify import Notifier
from .progress import Progress

logger = logging.getLogger(__name__)

HEALTH_TIMEOUT = 30.0
FAST_SECONDS = 1.0
"""Between two looks while the channel is on its way up, or seems to have lost its credentials."""


UP = "up"
"""A channel on which a conversation is possible."""


class DeadLineError(ConnectorError):
    """The channel's credentials are dead: only a human can go on."""


class Monitor:
    """Watches one connector."""

    def __init__(
        self, connector: OrchestratorConnector, notifier: Notifier, progress: Progress, interval: float
    ) -> None:
        self.connector = connector
        self.interval = interval
        self.health = ConnectorHealth(reachable=False, authenticated=False, detail="not looked at yet")
        self.last_contact = 0.0
        self.ready = False
        self.status_suffix: Callable[[], str] = str
        self.came_up: Callable[[], None] = lambda: None
        self._notifier = notifier
        self._progress = progress
        self._line_ready = not isinstance(connector, WatchedLine)
        self._wake = asyncio.Event()

    async def check(self) -> ConnectorHealth:
        """Look now."""
        try:
            health = await within(self.connector.health(), HEALTH_TIMEOUT)
        except asyncio.TimeoutError:
            health = ConnectorHealth(
                False, False, self.health.last_seen, f"no answer within {HEALTH_TIMEOUT:g} s"
            )
        except Exception as error:
            # A look that fails is a failed look, however it fails.
            logger.exception("looking at the channel failed unexpectedly")
            health = ConnectorHealth(
                False,
                False,
                self.health.last_seen,
                f"The look failed unexpectedly ({type(error).__name__}): the journal says where.",
            )
        before, self.health = self.health, health
        if health.reachable and health.authenticated:
            self.last_contact = time.time()
        if describe(before) != describe(health):
            logger.info("channel %s: %s", describe(health), health.detail or "")
            if describe(health) == UP:
                self.came_up()
        self._notifier.notify(STATUS=self.status())
        return health

    def status(self) -> str:
        """One line for `systemctl status`."""
        try:
            suffix = self.status_suffix()
        except Exception as error:  # a database in trouble is told by who works with it
            suffix = f"; the queues cannot be counted: {error}"
        return f"{self.connector.kind}: {describe(self.health)}{suffix}"

    async def run(self) -> None:
        """Look for ever; raises `DeadLineError` when a connector that cannot say so itself has lost its rights."""
        refusals = 0
        backoff = Backoff(min(FAST_SECONDS, self.interval), self.interval)
        while True:
            self._progress.beat("health", HEALTH_TIMEOUT + self.interval + 30)
            health = await self.check()
            up = health.reachable and health.authenticated
            if up and self._line_ready:
                self._say_ready()
            refusals = refusals + 1 if health.reachable and not health.authenticated else 0
            if refusals >= 2 and not isinstance(self.connector, WatchedLine):
                raise DeadLineError(health.detail or "the channel refuses the credentials")
            if up and self.ready:
                backoff.reset()
                await self._rest(self.interval)
            else:
                # Quick at first, on the way up; a channel in trouble for long is not asked every second.
                await self._rest(backoff.next())

    async def watch_line(self) -> None:
        """Wait with a connector that knows when it listens and when it is dead; raises `DeadLineError`."""
        if not isinstance(self.connector, WatchedLine):
            return
        ready = asyncio.ensure_future(self.connector.wait_ready())
        stopped = asyncio.ensure_future(self.connector.wait_stopped())
        try:
            await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
            self._line_ready = ready.done()
            self._wake.set()
            raise DeadLineError(str(await stopped))
        finally:
            ready.cancel()
            stopped.cancel()

    async def _rest(self, seconds: float) -> None:
        """Wait, or until the line has become ready."""
        with contextlib.suppress(asyncio.TimeoutError):
            await within(self._wake.wait(), seconds)
        self._wake.clear()

    def say_reloaded(self) -> None:
        """Tell systemd that a reload is over."""
        if self.ready:
            self._notifier.notify(READY="1", STATUS=self.status())

    def _say_ready(self) -> None:
        if not self.ready:
            self.ready = True
            logger.info("ready: the channel %s is up", self.connector.kind)
            self._notifier.notify(READY="1", STATUS=self.status())


def describe(health: ConnectorHealth) -> str:
    """A health in one or two words."""
    if not health.reachable:
        return "unreachable"
    if not health.authenticated:
        return "not authenticated"
    return "obstructed" if isinstance(health, ObstructedHealth) else UP
