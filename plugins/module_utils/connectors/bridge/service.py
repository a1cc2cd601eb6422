# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge itself: its parts put together, started, reloaded and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import signal
import time
import uuid
from collections.abc import Coroutine
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..base import OrchestratorConnector
from ..errors import ConnectorError, StateError
from ..settings import Settings, load_settings
from ..tmux.command import Tmux
from ..tmux.pane import Pane
from ..tmux.screen import Patterns
from ..types import InboundMessage, OutboundMessage, Unsubscribe
from .counters import Counters
from .database import FILE_NAME, Database
from .deliver import Deliverer
from .dispatch import Dispatcher
from .doorkeeper import Doorkeeper
from .inbox import Inbox
from .instance import SingleInstance
from .intake import Intake
from .metrics import MetricsServer
from .monitor import DeadLineError, Monitor
from .notify import Notifier
from .operations import Operations
from .outbox import BRIDGE_ORIGIN, Outbox
from .progress import Progress
from .recent import RecentErrors
from .server import LocalServer
from .spool import Spool

logger = logging.getLogger(__name__)

EXIT_OK = 0
EXIT_FAILURE = 1
EXIT_NO_PERMISSION = 77
EXIT_CONFIG = 78

RELOADABLE = frozenset(
    {
        "operators", "log_bodies", "dialog_patterns", "draft_patterns", "inbox_limit", "outbox_limit",
        "max_message_bytes",
        "max_attachment_bytes", "max_attempts", "send_timeout", "health_interval", "hold_interval", "stop_timeout",
    }
)  # fmt: skip
"""The settings that a reload applies; the others need a restart."""


class Bridge:
    """One connector, one pane, one inbox, one outbox."""

    def __init__(self, settings: Settings, connector: OrchestratorConnector, state_dir: Path | None) -> None:
        """Put the parts together; raises `StateError` or `ConfigError`."""
        self.settings = settings
        self.connector = connector
        self.notifier = Notifier()
        self.progress = Progress()
        self.counters = Counters()
        self.recent = RecentErrors()
        self._claim = SingleInstance(state_dir)
        self.database = Database(state_dir / FILE_NAME if state_dir else None)
        if state_dir is None:
            logger.warning(
                "no state directory (MOSAIC_STATE_DIR, STATE_DIRECTORY): messages do not survive a restart"
            )
        self.inbox = Inbox(self.database, settings.inbox_limit)
        self.outbox = Outbox(self.database, settings.outbox_limit)
        door = Doorkeeper(
            settings.operators, channel_vouches=connector.vouches_for_senders, counters=self.counters
        )
        pane = Pane(Tmux(settings.tmux_socket), settings.session, _patterns(settings))
        self.monitor = Monitor(connector, self.notifier, self.progress, settings.health_interval)
        self.monitor.status_suffix = self._queues
        self.deliverer = Deliverer(
            self.inbox,
            pane,
            self.tell,
            progress=self.progress,
            counters=self.counters,
            hold_interval=settings.hold_interval,
        )
        self.spool = Spool(state_dir)
        self.spool.prune(path for entry in self.outbox.listing() for path in entry.message.attachments)
        self.dispatcher = Dispatcher(
            self.outbox,
            connector,
            self.spool,
            self.monitor.check,
            progress=self.progress,
            counters=self.counters,
            send_timeout=settings.send_timeout,
            max_attempts=settings.max_attempts,
        )
        # What waits need not wait out a pause that the outage made long.
        self.monitor.came_up = self.dispatcher.wake
        self.operations = Operations(
            kind=connector.kind,
            inbox=self.inbox,
            outbox=self.outbox,
            deliverer=self.deliverer,
            dispatcher=self.dispatcher,
            monitor=self.monitor,
            counters=self.counters,
            spool=self.spool,
            recent=self.recent,
            max_message_bytes=settings.max_message_bytes,
            max_attachment_bytes=settings.max_attachment_bytes,
        )
        self.intake = Intake(
            connector.kind,
            self.inbox,
            door,
            tell=self.tell,
            accepted=self._accepted,
            counters=self.counters,
            max_message_bytes=settings.max_message_bytes,
            log_bodies=settings.log_bodies,
        )
        self.server = LocalServer(
            Path(settings.socket_path),
            settings.socket_group,
            # JSON spells a control character with six bytes; ordinary text stays as it is.
            settings.max_message_bytes * 2 + 65_536,
            self.operations.table(),
        )
        self.metrics = MetricsServer(settings.metrics_port, self._exposition)
        self._stop = asyncio.Event()

    async def run(self) -> int:
        """Work until a signal or the end of the line; returns the exit status."""
        self._handle_signals()
        self.recent.attach()
        self.intake.door.say_who()
        await self.server.start()
        await self.metrics.start()
        unsubscribe = self.connector.subscribe(self.intake.receive)
        tasks = self._start_loops()
        try:
            status = await self._supervise(tasks)
        finally:
            await self._shut_down(unsubscribe, tasks)
        return status

    def tell(self, text: str, thread_id: str | None = None) -> None:
        """Put a notice of our own into the outbox."""
        try:
            message = OutboundMessage(text, thread_id)
            self.outbox.accept(self.connector.kind, message, uuid.uuid4().hex, BRIDGE_ORIGIN)
        except StateError as error:
            logger.error("a notice could not be stored: %s", error)  # noqa: TRY400 (the sentence says it all)
        self.dispatcher.wake()

    def reload(self) -> None:
        """Read the settings again; a wrong file changes nothing."""
        self.notifier.notify(RELOADING="1", MONOTONIC_USEC=str(time.monotonic_ns() // 1000))
        try:
            self._apply(load_settings())
        except ConnectorError as error:
            logger.error("reload: the settings stay as they were: %s", error)  # noqa: TRY400
        self.monitor.say_reloaded()

    def _apply(self, new: Settings) -> None:
        changed = {
            field.name
            for field in fields(Settings)
            if getattr(new, field.name) != getattr(self.settings, field.name)
        }
        late = sorted(changed - RELOADABLE)
        if late:
            logger.warning("reload: %s changed and need(s) a restart", ", ".join(late))
        self.settings = new
        if "operators" in changed:
            self.intake.door.replace(new.operators)
        self.inbox.limit, self.outbox.limit = new.inbox_limit, new.outbox_limit
        self.deliverer.hold_interval = new.hold_interval
        self.deliverer.pane.patterns = _patterns(new)
        self.dispatcher.send_timeout, self.dispatcher.max_attempts = new.send_timeout, new.max_attempts
        self.monitor.interval = new.health_interval
        self.intake.max_message_bytes = self.operations.max_message_bytes = new.max_message_bytes
        self.intake.log_bodies = new.log_bodies
        self.operations.max_attachment_bytes = new.max_attachment_bytes
        logger.info("reload: %s", ", ".join(sorted(changed & RELOADABLE)) or "nothing changed")

    def _accepted(self, message: InboundMessage) -> None:
        self.operations.publish(message)
        self.deliverer.wake()

    def _start_loops(self) -> dict[asyncio.Task[None], str]:
        loops: dict[str, Coroutine[Any, Any, None]] = {
            "deliver": self.deliverer.run(),
            "dispatch": self.dispatcher.run(),
            "health": self.monitor.run(),
            "line": self.monitor.watch_line(),
            "watchdog": self._watchdog(),
        }
        return {asyncio.ensure_future(loop): name for name, loop in loops.items()}

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
        finishing = [task for task, name in tasks.items() if name in ("deliver", "dispatch")]
        leaving = unsubscribe()
        if inspect.isawaitable(leaving):
            finishing.append(asyncio.ensure_future(_awaited(leaving)))
        await asyncio.wait(finishing, timeout=self.settings.stop_timeout)
        for task in {*tasks, *finishing}:
            task.cancel()
        await asyncio.gather(*tasks, *finishing, return_exceptions=True)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.connector.aclose(), self.settings.stop_timeout)
        self.database.close()
        self._claim.release()
        self.recent.detach()
        logger.info("stopped")

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

    def _queues(self) -> str:
        counts = self.outbox.counts()
        dead = f", {counts['dead']} dead letter(s)" if counts.get("dead") else ""
        held = f" (held: {self.deliverer.holding})" if self.deliverer.holding else ""
        return f"; waiting: {self.inbox.waiting()} in{held}, {counts.get('waiting', 0)} out{dead}"

    def _exposition(self) -> str:
        counts, health = self.outbox.counts(), self.monitor.health
        return self.counters.exposition(
            {
                "up": float(health.reachable and health.authenticated),
                "inbox_waiting": float(self.inbox.waiting()),
                "inbox_held": float(self.deliverer.holding is not None),
                "outbox_waiting": float(counts.get("waiting", 0)),
                "outbox_dead": float(counts.get("dead", 0)),
            }
        )


def _patterns(settings: Settings) -> Patterns:
    return Patterns.build(settings.dialog_patterns, settings.draft_patterns)


async def _awaited(leaving: Any) -> None:
    await leaving
