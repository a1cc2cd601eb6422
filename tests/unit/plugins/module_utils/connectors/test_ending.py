# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits and tasks that end: none is left, and none complains afterwards."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from mosaic_connectors.ending import end, within


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again_and_its_error_is_nobodys() -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        try:
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    swallowed += 1
                    if swallowed == 3:
                        raise
        finally:
            raise OSError("at its end")

    task = asyncio.ensure_future(stubborn())
    await asyncio.sleep(0)
    await asyncio.wait_for(end({task}, again=0.01), 20)
    assert swallowed == 3
    del task
    gc.collect()
    assert complaints == []


async def test_who_is_cancelled_when_what_he_waits_for_comes_is_cancelled() -> None:
    """Though both happen in the same moment: a loop that is ended would wait on."""
    came: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    waiting = asyncio.ensure_future(within(came, 60))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    came.set_result("words")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_bound_ends_what_is_waited_for_and_its_error_is_nobodys() -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    ended = []

    async def slow(error: Exception | None) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            ended.append(error)
            if error is not None:
                raise error
        return ""

    with pytest.raises(asyncio.TimeoutError):
        await within(slow(None), 0.01)
    with pytest.raises(OSError, match="at its end"):
        await within(slow(OSError("at its end")), 0.01)
    waiting = asyncio.ensure_future(within(slow(OSError("unheard")), 60))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises((asyncio.CancelledError, OSError)):
        await waiting
    assert len(ended) == 3
    gc.collect()
    assert complaints == []
