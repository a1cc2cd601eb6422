# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which messages were handled already, from where on the history is read, and which threads are ours to read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..store.place import Place

_THREADS_KEPT = 200


class SlackPlace(Place):
    """The messages done, the latest of them, and the threads they were in."""

    KEPT = ("floor", "position", "threads")

    def __init__(self, directory: Path | None, channel_id: str) -> None:
        """The place in one channel and its threads."""
        super().__init__(directory, f"slack-{channel_id}")
        self.floor: int | None = None
        """Where the very first start began; None before it: nothing up to here is ours to handle."""
        self.position = 0
        """The latest message done."""
        self.threads: list[str] = []
        """The `ts` of the threads in which something was said, the latest last."""

    async def begin(self, floor: int) -> None:
        """Keep the present as the beginning."""
        self.floor = floor
        self.position = max(self.position, floor)
        await self.keep()

    def note(self, number: int, thread: str | None = None) -> None:
        """Note that a message needs no more handling; `keep` has it on the disk."""
        self.position = max(self.position, number)
        self._remember(number)
        if thread is not None:
            self.threads = [*(one for one in self.threads if one != thread), thread][-_THREADS_KEPT:]

    def _take_former(self, kind: Any, *values: Any) -> None:
        """There never was another form."""
