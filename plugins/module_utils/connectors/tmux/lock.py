# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer at a time per tmux server, across processes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ..errors import TmuxError, TmuxServerError
from ..locks import try_lock

LOCK_TIMEOUT = 30.0
"""Seconds to wait for another writer; a paste of the largest message stays far below."""

_POLL = 0.02


@asynccontextmanager
async def writer_lock(socket_path: str, timeout: float = LOCK_TIMEOUT) -> AsyncIterator[None]:
    """Hold the right to type into the panes of the server at `socket_path`.

    The lock is on the socket's directory: nothing has to be written there, no file is left behind,
    and the kernel lets go of it when a process dies. Raises `TmuxError` after `timeout` seconds.
    """
    directory = Path(socket_path).parent
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise TmuxServerError(
            f"The directory {directory} of the tmux socket cannot be opened: {error}."
        ) from error
    try:
        await _acquire(handle, directory, timeout)
        yield
    finally:
        os.close(handle)


async def _acquire(handle: int, directory: Path, timeout: float) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    while not try_lock(handle):
        if loop.time() >= deadline:
            raise TmuxError(
                f"Another process has been typing into the tmux server in {directory} for {timeout:g} s. "
                f"Find it with: fuser -v {directory}"
            )
        await asyncio.sleep(_POLL)
