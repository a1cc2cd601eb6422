# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge's life: started, reloaded, watched over and stopped."""

from __future__ import annotations

import asyncio
import inspect
import logging
import signal
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from ..base import OrchestratorConnector
from ..ending import end, within
from ..errors import ConnectorError, StateError
from ..retries import Backoff
from ..settings import Settings, load_settings
from ..types import Unsubscribe
from .commands.cut_off import tell_cut_off
from .monitor import DeadLineError
from .parts import Parts
from .reload import apply

logger = logging.getLogger(__name__)

EXIT_OK = 0
EXIT_FAILURE = 1
EXIT_NO_PERMISSION = 77

RESTART_FIRST = 1.0
RESTART_CAP = 30.0


class Bridge(Parts):
    """The parts, alive."""

    def __init__(self, settings: Settings, connector: OrchestratorConnector, state_dir: Path | None) -> None:
        """Put the parts together; raises `StateError` or `ConfigError`."""
        super().__init__(settings, connector, state_dir)
        self._stop = asyncio.Event()

    async def run(self) -> int:
        """Work until a signal or the end of the line; returns the exit status."""
        self._handle_signals()
        self.recent.attach()
        self.intake.door.say_who()
        await self.server.start()
        await self.metrics.start()
        await self._tell_cut_off()
        unsubscribe = self.connector.subscribe(self.intake)
        tasks = self._start_loops()
        try:
            status = await self._supervise(tasks)
        finally:
            await self._shut_down(unsubscribe, tasks)
        return status

    async def _tell_cut_off(self) -> None:
        """Before another command can begin."""
        try:
            await tell_cut_off(self.database, self.connector.kind, tell=self.tell, record=self.audit.record)
        except StateError as error:
            logger.error("what came of the last commands is not told: %s", error)  # noqa: TRY400 (the sentence says it all)

    def reload(self) -> None:
        """Read the settings again; a wrong file changes nothing."""
        self.notifier.notify(RELOADING="1", MONOTONIC_USEC=str(time.monotonic_ns() // 1000))
        try:
            apply(self, load_settings())
        except ConnectorError as error:
            logger.error("reload: the settings stay as they were: %s", error)  # noqa: TRY400
        self.monitor.say_reloaded()

    def _start_loops(self) -> dict[asyncio.Task[None], str]:
        loops: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            "deliver": self.deliverer.run,
            "dispatch": self.dispatcher.run,
            "questions": self.asking.run,
            "relay": self.program.relay.run,
            "health": self.monitor.run,
            "line": self.monitor.watch_line,
            "receipts": self.receipts.run,
            "typing": self.typing.run,
            "samples": self.samples.run,
            "status": self.status_message.run,
            "unanswered": self.unanswered.run,
            "escalation": self.own_commands.escalation.run,
            "watchdog": self._watchdog,
        }
        return {asyncio.ensure_future(kept_alive(name, loop)): name for name, loop in loops.items()}

    async def _supervise(self, tasks: dict[asyncio.Task[None], str]) -> int:
        """Wait for the signal to stop, or for a loop that fails."""
        stop = asyncio.ensure_future(self._stop.wait())
        pending: set[asyncio.Future[Any]] = {stop, *tasks}
        try:
            while not stop.done():
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done - {stop}:
                    error = task.exception()
                    if isinstance(error, DeadLineError):
                        logger.critical("the channel is dead until its credentials are renewed: %s", error)
                        return EXIT_NO_PERMISSION
                    if error is not None:
                        name = tasks.get(task, "?")
                        logger.critical("the loop %s failed: %s: %s", name, type(error).__name__, error)
                        logger.debug("where it failed", exc_info=error)
                        return EXIT_FAILURE
            return EXIT_OK
        finally:
            stop.cancel()

    async def _shut_down(self, unsubscribe: Unsubscribe, tasks: dict[asyncio.Task[None], str]) -> None:
        """Finish what is in hand, within the bound; the rest is on disk."""
        self.notifier.notify(STOPPING="1", STATUS="stopping")
        await self.server.stop()
        await self.metrics.stop()
        self.deliverer.stop()
        self.dispatcher.stop()
        self.asking.stop()
        self.program.relay.stop()
        finished = ("deliver", "dispatch", "questions", "relay")
        finishing = [task for task, name in tasks.items() if name in finished]
        leaving = unsubscribe()
        if inspect.isawaitable(leaving):
            finishing.append(asyncio.ensure_future(_awaited(leaving)))
        await asyncio.wait(finishing, timeout=self.settings.stop_timeout)
        await end({*tasks, *finishing})
        await self._close_channel()
        await self.database.aclose()
        self.claim.release()
        self.recent.detach()
        logger.info("stopped")

    async def _close_channel(self) -> None:
        """Close the channel within the bound; what it does wrong then is told, and keeps nobody from the end."""
        try:
            await within(self.connector.aclose(), self.settings.stop_timeout)
        except asyncio.TimeoutError:
            logger.warning("the channel did not close within %g s", self.settings.stop_timeout)
        except ConnectorError as error:
            logger.warning("the channel did not close: %s", error)
        except Exception:
            logger.exception("closing the channel failed unexpectedly")

    async def _watchdog(self) -> None:
        """Tell systemd that we live, as long as every loop keeps its promise."""
        period = self.notifier.watchdog_seconds
        while True:
            stuck = self.progress.stuck()
            if stuck:
                logger.error("no progress in: %s", ", ".join(stuck))
            else:
                self.notifier.notify(WATCHDOG="1")
            await asyncio.sleep(period / 3 if period else 60)

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload)


async def kept_alive(name: str, loop: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a loop of the bridge until it returns; what it did not foresee ends it for a moment, and not the bridge.

    Raises `DeadLineError`, which is foreseen. The loops know how to hold, to count and to tell; this is for what
    happens where they do so.
    """
    backoff = Backoff(RESTART_FIRST, RESTART_CAP)
    while True:
        try:
            return await loop()
        except DeadLineError:
            raise
        except Exception as error:
            wait = backoff.next()
            if isinstance(error, StateError):
                logger.error("the loop %s begins again in %.1f s: %s", name, wait, error)  # noqa: TRY400 (the sentence says it all)
            else:
                logger.exception("the loop %s failed unexpectedly and begins again in %.1f s", name, wait)
            await asyncio.sleep(wait)


async def _awaited(leaving: Any) -> None:
    await leaving
