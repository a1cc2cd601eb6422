# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge itself: its parts put together, started, reloaded and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import inspect
import logging
import os
import signal
import time
import uuid
from collections.abc import Coroutine
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..base import OrchestratorConnector
from ..errors import ConfigError, ConnectorError, QueueFullError, StateError
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
from .metrics import MetricsServer
from .monitor import DeadLineError, Monitor
from .notify import Notifier
from .operations import Operations
from .outbox import BRIDGE_ORIGIN, Outbox
from .progress import Progress
from .server import LocalServer

logger = logging.getLogger(__name__)

EXIT_OK = 0
EXIT_FAILURE = 1
EXIT_NO_PERMISSION = 77
EXIT_CONFIG = 78

RELOADABLE = frozenset(
    {
        "operators", "log_bodies", "dialog_patterns", "draft_patterns", "inbox_limit", "outbox_limit",
        "max_message_bytes", "max_attempts", "send_timeout", "health_interval", "hold_interval", "stop_timeout",
    }
)  # fmt: skip
"""The settings that a reload applies; the others need a restart."""

STORE_PATIENCE = 240.0
"""Seconds that a message is held in hand while the disk does not take it; less than connectors allow a handler."""


class Bridge:
    """One connector, one pane, one inbox, one outbox."""

    def __init__(self, settings: Settings, connector: OrchestratorConnector, state_dir: Path | None) -> None:
        """Put the parts together; raises `StateError` or `ConfigError`."""
        self.settings = settings
        self.connector = connector
        self.notifier = Notifier()
        self.progress = Progress()
        self.counters = Counters()
        self._lock = _single_instance(state_dir)
        self.database = Database(state_dir / FILE_NAME if state_dir else None)
        if state_dir is None:
            logger.warning(
                "no state directory (MOSAIC_STATE_DIR, STATE_DIRECTORY): messages do not survive a restart"
            )
        self.inbox = Inbox(self.database, settings.inbox_limit)
        self.outbox = Outbox(self.database, settings.outbox_limit)
        self.door = Doorkeeper(
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
        self.dispatcher = Dispatcher(
            self.outbox,
            connector,
            self.monitor.check,
            self.progress,
            self.counters,
            send_timeout=settings.send_timeout,
            max_attempts=settings.max_attempts,
        )
        self.operations = Operations(
            kind=connector.kind,
            inbox=self.inbox,
            outbox=self.outbox,
            deliverer=self.deliverer,
            dispatcher=self.dispatcher,
            monitor=self.monitor,
            counters=self.counters,
            max_message_bytes=settings.max_message_bytes,
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
        self.door.say_who()
        await self.server.start()
        await self.metrics.start()
        unsubscribe = self.connector.subscribe(self.receive)
        tasks = self._start_loops()
        try:
            status = await self._supervise(tasks)
        finally:
            await self._shut_down(unsubscribe, tasks)
        return status

    async def receive(self, message: InboundMessage) -> None:
        """Take a message from the channel: durable when this returns."""
        if not self.door.admits(message.sender):
            return
        size = len(message.text.encode("utf-8", "replace"))
        if size > self.settings.max_message_bytes:
            self.counters.add("refused")
            self.tell(
                f"Refused: your message has {size} bytes, more than max_message_bytes allows.",
                message.thread_id,
            )
            return
        if await self._store(message):
            body = f" body={message.text!r}" if self.settings.log_bodies else ""
            logger.info(
                "received message_id=%s sender=%r bytes=%d%s", message.message_id, message.sender, size, body
            )
            self.counters.add("received")
            self.operations.publish(message)
            self.deliverer.wake()

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
            self.door.replace(new.operators)
        self.inbox.limit, self.outbox.limit = new.inbox_limit, new.outbox_limit
        self.deliverer.hold_interval = new.hold_interval
        self.deliverer.pane.patterns = _patterns(new)
        self.dispatcher.send_timeout, self.dispatcher.max_attempts = new.send_timeout, new.max_attempts
        self.monitor.interval = new.health_interval
        self.operations.max_message_bytes = new.max_message_bytes
        logger.info("reload: %s", ", ".join(sorted(changed & RELOADABLE)) or "nothing changed")

    async def _store(self, message: InboundMessage) -> bool:
        deadline = time.monotonic() + STORE_PATIENCE
        while True:
            try:
                return self.inbox.accept(self.connector.kind, message)
            except QueueFullError as error:
                self.counters.add("refused")
                logger.error("refused message_id=%s: %s", message.message_id, error)  # noqa: TRY400
                self.tell(f"Refused, please send it again later: {error}", message.thread_id)
                return False
            except StateError as error:
                if time.monotonic() >= deadline:
                    raise
                logger.error("holding message_id=%s in hand: %s", message.message_id, error)  # noqa: TRY400
                await asyncio.sleep(5)

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
        if self._lock is not None:
            os.close(self._lock)
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


def _single_instance(state_dir: Path | None) -> int | None:
    """Hold the state directory for this process; raises `ConfigError` when another bridge has it."""
    if state_dir is None:
        return None
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(state_dir / "bridge.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateError(
            f"The state directory {state_dir} cannot be used: {error}. Check its owner."
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise ConfigError(f"Another bridge runs on the state directory {state_dir}. Stop it first.") from None
    return handle
