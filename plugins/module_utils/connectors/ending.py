# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ending tasks, so that none of them is left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

CANCEL_AGAIN = 0.2
"""Seconds after which a task that did not end is cancelled once more."""


async def end(tasks: Iterable[asyncio.Future[Any]], again: float = CANCEL_AGAIN) -> None:
    """Cancel tasks until all of them have ended; what one of them raises at its end is nobody's any more.

    Again and again, after `again` seconds: before Python 3.12 `asyncio.wait_for` may swallow a cancellation.
    """
    ending = {*tasks}
    while ending:
        for task in ending:
            task.cancel()
        done, ending = await asyncio.wait(ending, timeout=again)
        for task in done:
            heard(task)


def heard(task: asyncio.Future[Any]) -> None:
    """Have nobody complain of an error that nobody waits for any more."""
    if not task.cancelled():
        task.exception()
