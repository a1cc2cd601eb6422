# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running subscription: the task that receives, and how it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from .ending import end
from .errors import ConnectorError
from .handover import Handover
from .retries import Backoff

HANDLER_GRACE = 10.0
"""Seconds that the handler may take to finish the message it has when the subscription ends."""

_RESTART_FIRST = 1.0
_RESTART_CAP = 60.0

_log = logging.getLogger(__name__)


class Subscription:
    """Calling it ends it; what the call returns may be awaited for the end to be complete."""

    def __init__(
        self,
        receive: Callable[[], Coroutine[Any, Any, None]],
        handover: Handover,
        *,
        close: Callable[[], None],
        on_fatal: Callable[[ConnectorError], None],
    ) -> None:
        """Start to receive; an event loop has to be running.

        `receive` runs until it is cancelled and raises what ends the line for good, which
        `on_fatal` is told; `close` lets go of what was held for it.
        """
        self._receive = receive
        self._handover = handover
        self._close = close
        self._on_fatal = on_fatal
        self._ending: asyncio.Task[None] | None = None
        self._task = asyncio.create_task(self._run(), name="connector-receive")

    @property
    def ended(self) -> bool:
        """Whether nothing is received any more."""
        return self._task.done()

    def __call__(self) -> Awaitable[None]:
        """Start no handler from now on; the one that runs may finish within `HANDLER_GRACE`."""
        self._handover.stop()
        if self._ending is None:
            self._ending = asyncio.create_task(self._end(), name="connector-unsubscribe")
        if self._handover.called_from_handler():
            # The end waits for the handler, so the handler cannot wait for the end.
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done
        return asyncio.shield(self._ending)

    async def _end(self) -> None:
        handling = self._handover.current
        if handling is not None:
            await asyncio.wait({handling}, timeout=HANDLER_GRACE)
            # One turn of the loop, in which what the handler received is noted.
            await asyncio.sleep(0)
        await end({self._task})

    async def _run(self) -> None:
        backoff = Backoff(_RESTART_FIRST, _RESTART_CAP)
        try:
            while True:
                try:
                    return await self._receive()
                except ConnectorError as error:
                    self._on_fatal(error)
                    return None
                except Exception:
                    # Whatever it is, a line that went deaf in silence would be worse.
                    wait = backoff.next()
                    _log.exception("receiving ended unexpectedly and begins again in %.1f s", wait)
                    await asyncio.sleep(wait)
        finally:
            self._close()
