# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running subscription: the task that receives, and how it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ..errors import ConnectorError
from .cursor import Cursor
from .delivery import Delivery
from .receiver import Receiver

_log = logging.getLogger(__name__)

HANDLER_GRACE = 10.0
"""Seconds that the handler may take to finish the message it has when the subscription ends."""


class Subscription:
    """Calling it ends it; what the call returns may be awaited for the end to be complete."""

    def __init__(
        self,
        receiver: Receiver,
        delivery: Delivery,
        cursor: Cursor,
        *,
        on_fatal: Callable[[ConnectorError], None],
    ) -> None:
        """Start to receive; an event loop has to be running."""
        self.receiver = receiver
        self._delivery = delivery
        self._cursor = cursor
        self._on_fatal = on_fatal
        self._ending: asyncio.Task[None] | None = None
        self._task = asyncio.create_task(self._run(), name="matrix-receive")

    @property
    def ended(self) -> bool:
        """Whether nothing is received any more."""
        return self._task.done()

    def __call__(self) -> Awaitable[None]:
        """Start no handler from now on; the one that runs may finish within `HANDLER_GRACE`."""
        self._delivery.stop()
        if self._ending is None:
            self._ending = asyncio.create_task(self._end(), name="matrix-unsubscribe")
        if self._delivery.called_from_handler():
            # The end waits for the handler, so the handler cannot wait for the end.
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done
        return asyncio.shield(self._ending)

    async def _end(self) -> None:
        handling = self._delivery.current
        if handling is not None:
            await asyncio.wait({handling}, timeout=HANDLER_GRACE)
            # One turn of the loop, in which what the handler received is noted.
            await asyncio.sleep(0)
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        try:
            await self.receiver.run()
        except ConnectorError as error:
            self._on_fatal(error)
        finally:
            self._cursor.close()
