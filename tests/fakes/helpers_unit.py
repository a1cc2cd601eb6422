# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The socket that systemd has in front of the helpers' unit: a process for each connection, so many at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

_STARTED = (sys.executable, "-m", "mosaic_connectors.cli.main", "helper", "--settings")


class HelpersUnit:
    """What listens: `asked` counts who connected, and `settings` may be changed at any time, as root's file may."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.socket_path = str(folder / "helpers.sock")
        self.settings = folder / "settings.yaml"
        self.asked = 0
        self.most = 4
        self._environment = {"LANG": "C.UTF-8", "HOME": str(folder), **environment}
        self._running: set[asyncio.subprocess.Process] = set()

    def names(self, **settings: object) -> None:
        """These are the commands from now on."""
        self.settings.write_text(json.dumps(settings))

    async def accept(self) -> None:
        """Serve until cancelled."""
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self.socket_path)
            listening.listen()
            listening.setblocking(False)
            while True:
                connection, _address = await asyncio.get_running_loop().sock_accept(listening)
                self.asked += 1
                with connection:
                    if len(self._running) < self.most:
                        connection.setblocking(True)
                        await self._start(connection)

    async def _start(self, connection: socket.socket) -> None:
        process = await asyncio.create_subprocess_exec(
            *_STARTED, str(self.settings), stdin=connection, stdout=connection, env=self._environment
        )
        self._running.add(process)
        ended = asyncio.ensure_future(process.wait())
        ended.add_done_callback(lambda _task: self._running.discard(process))

    @property
    def running(self) -> int:
        """How many requests are served at the moment."""
        return len(self._running)

    async def end(self) -> None:
        """End what still runs."""
        for process in list(self._running):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


@asynccontextmanager
async def helpers_unit(**environment: str) -> AsyncIterator[HelpersUnit]:
    """A unit in a folder of its own, with a short name: a unix socket's path has at most 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="mosaic-"))
    unit = HelpersUnit(folder, {**environment, "PATH": os.environ["PATH"]})
    accepting = asyncio.ensure_future(unit.accept())
    try:
        await asyncio.sleep(0)  # it listens
        yield unit
    finally:
        accepting.cancel()
        await asyncio.wait({accepting})
        await unit.end()
        shutil.rmtree(folder)
