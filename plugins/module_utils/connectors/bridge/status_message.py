# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One message about long work, which is edited as it goes on: since when, for how long, and that it is over.

It goes past the outbox: nothing waits for it, it is no answer to anybody, and of an outage it is not made up for. Its
transaction id is in the store before it is first sent, and its message's id behind it, so that a restart makes no second one.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from ..base import Editable, OrchestratorConnector
from ..ending import within
from ..errors import ConnectorError, StateError
from ..store.database import Database
from ..store.writer import write
from ..times import iso_time
from ..tmux.halt import Signs
from ..tmux.pane import Pane
from ..types import OutboundMessage, SendFailure, SendResult
from .at_work import is_at_work
from .counters import Counters
from .progress import Progress

logger = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
"""Between two looks at a program that works. The words have minutes, so that there is an edit in one at most."""

STARTING_SECONDS = 20.0
"""How long a program may take from a message to its first sign of work."""

PAUSE_SECONDS = 6.0
"""How long it may show no sign of it between two steps of the same work."""

QUIET_SECONDS = 60.0
"""Silence after a failure."""

STEP_SECONDS = 120.0
IDLE_SECONDS = 1800.0


@dataclass(frozen=True)
class _Shown:
    """The message: its transaction id, its thread, since when the work goes on, and its id once it is there."""

    txn: str
    thread: str | None
    began: float
    message: str | None = None
    tried: float | None = None
    text: str = ""


class StatusMessage:
    """Follows the program from a message that it took to the end of its work."""

    def __init__(
        self,
        connector: OrchestratorConnector,
        pane: Pane,
        database: Database,
        *,
        answers_wait: Callable[[], bool],
        progress: Progress,
        counters: Counters,
        after: float,
        send_timeout: float,
    ) -> None:
        """`after` is how long work goes on without it, in seconds, 0 for ever."""
        self.after = after
        self._connector = connector if isinstance(connector, Editable) else None
        self._kind = connector.kind
        self._pane = pane
        self._db = database
        self._answers_wait = answers_wait
        self._progress = progress
        self._counters = counters
        self._send_timeout = send_timeout
        self._thread: str | None = None
        self._begun = asyncio.Event()
        self._shown: _Shown | None = None
        self._quiet_until = 0.0

    def begin(self, thread_id: str | None) -> None:
        """The program took a message of this thread."""
        self._thread = thread_id
        self._begun.set()

    async def run(self) -> None:
        """Follow until cancelled; first what an earlier run began to tell."""
        while True:
            try:
                self._progress.beat("status", IDLE_SECONDS + STEP_SECONDS)
                self._shown = self._stored()
                if self._shown is None:
                    with suppress(asyncio.TimeoutError):
                        await within(self._begun.wait(), IDLE_SECONDS)
                if self._shown is not None or self._begun.is_set():
                    await self._follow()
            except StateError as error:
                logger.error("the status message: %s", error)  # noqa: TRY400 (the sentence says it all)
                await asyncio.sleep(QUIET_SECONDS)
            except Exception:
                self._counters.add("unexpected", loop="status")
                logger.exception("the status message failed unexpectedly")
                await asyncio.sleep(QUIET_SECONDS)

    async def _follow(self) -> None:
        """To the end of the work."""
        self._begun.clear()
        signs, loop = Signs(), asyncio.get_running_loop()
        seen, until = loop.time(), 0.0
        patience = STARTING_SECONDS if self._shown is None else PAUSE_SECONDS
        began = self._shown.began if self._shown is not None else 0.0
        while self._connector is not None and (self.after or self._shown is not None):
            self._progress.beat("status", self._send_timeout + STEP_SECONDS)
            now = time.time()
            if await is_at_work(self._pane, signs):
                seen, until, patience = loop.time(), now, PAUSE_SECONDS
                began = began or now
                if self.after and now - began >= self.after:
                    await self._say(began, _going_on(began, now))
            elif self._begun.is_set():
                self._begun.clear()
                seen = loop.time()
            elif loop.time() - seen > patience:
                break
            await asyncio.sleep(LOOK_SECONDS if until else 1.0)
        await self._end(began, until)

    async def _say(self, began: float, text: str) -> None:
        if time.monotonic() < self._quiet_until or self._answers_wait():
            return
        if self._shown is None:
            self._shown = _Shown(uuid.uuid4().hex, self._thread, began)
        shown = self._shown
        if shown.message is None:
            tried = shown.tried
            self._shown = replace(shown, tried=tried or time.time())
            await write(self._keep, self._shown)
            result = await self._try(shown, text, tried)
            if result.delivered and result.message_id is not None:
                self._shown = replace(self._shown, message=result.message_id, text=text)
                await write(self._keep, self._shown)
        elif shown.text != text:
            result = await self._try(shown, text, None)
            if result.delivered:
                self._shown = replace(shown, text=text)

    async def _try(self, shown: _Shown, text: str, tried: float | None) -> SendResult:
        """Send it, or have it read so; after a failure there is quiet for a while."""
        connector = self._connector
        if connector is None:
            return SendResult(False)
        if shown.message is None:
            call = connector.send_once(OutboundMessage(text, shown.thread), shown.txn, first_tried=tried)
        else:
            edit = f"{shown.txn}-{int(time.time())}"
            call = connector.edit(shown.message, shown.thread, text, edit)
        try:
            result = await within(call, self._send_timeout)
        except (ConnectorError, asyncio.TimeoutError) as error:
            result = SendResult(False, error=str(error) or "no answer from the channel")
        self._counters.add("status_messages", outcome="given" if result.delivered else "failed")
        if not result.delivered:
            asked = (result.retry_after or 0.0) if isinstance(result, SendFailure) else 0.0
            self._quiet_until = time.monotonic() + max(asked, QUIET_SECONDS)
            logger.info("the status message is not shown for a while: %s", result.error)
        return result

    async def _end(self, began: float, until: float) -> None:
        """Say that it is over, where it was told that it goes on, and forget it: tried once, since nothing depends on it."""
        shown, self._shown = self._shown, None
        if shown is None:
            return
        text = _over(began, until)
        if shown.message is None and shown.tried is not None:
            # It may be there: whoever asks again under its id is told which one it is, and makes no second one.
            shown = replace(shown, message=(await self._try(shown, text, shown.tried)).message_id)
        if shown.message is not None:
            await self._try(shown, text, None)
        await write(self._db.change, "DELETE FROM status_message")

    def _keep(self, shown: _Shown) -> None:
        with self._db.transaction():
            self._db.change("DELETE FROM status_message")
            self._db.change(
                "INSERT INTO status_message (txn, kind, thread, began, message, tried) VALUES (?, ?, ?, ?, ?, ?)",
                (shown.txn, self._kind, shown.thread, shown.began, shown.message, shown.tried),
            )

    def _stored(self) -> _Shown | None:
        """What is told at the moment; of another kind's channel this one knows nothing."""
        rows = self._db.rows("SELECT * FROM status_message WHERE kind = ?", (self._kind,))
        if not rows:
            return None
        row = rows[0]
        return _Shown(row["txn"], row["thread"], row["began"], row["message"], row["tried"])


def _going_on(began: float, now: float) -> str:
    return f"⏳ The orchestrator's program is at work since {_clock(began)} UTC ({_long(now - began)})."


def _over(began: float, until: float) -> str:
    if not until:
        return f"The orchestrator's program was at work from {_clock(began)} UTC on, and is no more."
    return (
        f"The orchestrator's program was at work from {_clock(began)} to {_clock(until)} UTC "
        f"({_long(until - began)})."
    )


def _clock(moment: float) -> str:
    return iso_time(moment)[11:16]


def _long(seconds: float) -> str:
    minutes = max(int(seconds // 60), 0)
    if not minutes:
        return "less than a minute"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
