# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The open connections of one of our servers, which end with it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from ..ending import end
from .peer import CLOSE_TIMEOUT


class Connections:
    """Each is a task of our own: asyncio's has a callback that, before Python 3.13, fails aloud when it is cancelled."""

    def __init__(self) -> None:
        self._open: set[asyncio.Task[None]] = set()
        self._ended = False

    def __len__(self) -> int:
        return len(self._open)

    async def hold(self, conversation: Coroutine[Any, Any, None], writer: asyncio.StreamWriter) -> None:
        """Have a conversation to its end; one that comes when all have ended does not begin."""
        if self._ended:
            conversation.close()
            writer.transport.abort()
            return
        task = asyncio.ensure_future(conversation)
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        await asyncio.wait({task})

    async def end(self, server: asyncio.Server | None) -> None:
        """Have `server` listen no more, and cut all of them; what was answered already has a moment to arrive."""
        self._ended = True
        if server is not None:
            for listening in server.sockets:
                asyncio.get_running_loop().remove_reader(listening.fileno())
            # asyncio fails aloud on a connection that it took a moment ago, and whose server is closed by now.
            await asyncio.sleep(0)
            server.close()
        await end(self._open, CLOSE_TIMEOUT + 1)
