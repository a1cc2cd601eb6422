# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that are ended: none is left, and none complains afterwards."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

from mosaic_connectors.ending import end


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
