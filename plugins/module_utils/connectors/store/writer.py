# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one thread of this process that writes: a disk that takes its time stops no poll and no watchdog."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache, partial
from typing import TypeVar

from ..ending import heard
from ..errors import StateError

Result = TypeVar("Result")


@lru_cache(maxsize=1)
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "mosaic-store", _leave_signals_alone)


def _leave_signals_alone() -> None:
    """Signals are the main thread's: one that it holds back must not come by another."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


async def write(call: Callable[..., Result], *values: object, **named: object) -> Result:
    """Carry out a call that writes, after all that were asked for before, and return what it returns.

    Who is cancelled meanwhile waits no longer; the call is carried out all the same.
    """
    # Shielded, for a cancelled wait would cancel a call that has not begun.
    return await asyncio.shield(asyncio.wrap_future(submit(call, *values, **named)))


async def write_within(seconds: float, call: Callable[..., Result], *values: object) -> Result:
    """The same, and a `StateError` after `seconds`: a disk that hangs says nothing at all.

    The call is still carried out if the disk comes back.
    """
    writing = asyncio.ensure_future(write(call, *values))
    writing.add_done_callback(heard)  # also when who asked has given up, or was cancelled
    done, _pending = await asyncio.wait({writing}, timeout=seconds)
    if not done:
        raise StateError(f"The disk has taken nothing for {seconds:g} s. Look at it: dmesg, df, mount.")
    return writing.result()


def submit(call: Callable[..., Result], *values: object, **named: object) -> Future[Result]:
    """The same for who has no event loop, or cannot wait."""
    return _thread().submit(partial(call, *values, **named))
