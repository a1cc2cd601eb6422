# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits and tasks that end: what is waited for within bounds, and what is cancelled and really over."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

_SWALLOWS = sys.version_info < (3, 12)
"""Whether asyncio.wait_for may swallow the cancellation of who waits, and leave an error that nobody hears of."""

CANCEL_AGAIN = 0.2
"""Seconds after which a task that did not end is cancelled once more."""


async def within(work: Awaitable[T], seconds: float | None) -> T:
    """What `work` gives, within `seconds`; raises `asyncio.TimeoutError` after them, and what `work` raises.

    Who is cancelled, or has waited long enough, goes on when `work` has ended.
    """
    if not _SWALLOWS:
        return await asyncio.wait_for(work, seconds)
    task = asyncio.ensure_future(work)
    task.add_done_callback(heard)
    try:
        done, _pending = await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            task.cancel()  # once: what it has to let go of takes its time
            await asyncio.wait({task})
    if task.cancelled() and not done:
        raise asyncio.TimeoutError
    return task.result()


async def end(tasks: Iterable[asyncio.Future[Any]], again: float = CANCEL_AGAIN) -> None:
    """Cancel tasks until all of them have ended; what one of them raises at its end is nobody's any more.

    Again and again, after `again` seconds: what is waited for may swallow a cancellation.
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
