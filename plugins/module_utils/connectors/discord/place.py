# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which messages were handled already, and from where on the history has to be read after an outage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..store.place import Place


class DiscordPlace(Place):
    """The messages done, and from where on the history is read."""

    KEPT = ("floor", "position")

    def __init__(self, directory: Path | None, channel_id: str) -> None:
        """The place in one channel and its threads."""
        super().__init__(directory, f"discord-{channel_id}")
        self.floor: int | None = None
        """Where the very first start began; None before it: nothing up to here is ours to handle."""
        self.position = 0
        """The newest message done."""

    async def begin(self, floor: int) -> None:
        """Keep the present as the beginning."""
        self.floor = floor
        self.position = max(self.position, floor)
        await self.keep()

    def note(self, number: int) -> None:
        """Note that a message needs no more handling; `keep` has it on the disk."""
        self.position = max(self.position, number)
        self._remember(number)

    def _take_former(self, kind: Any, *values: Any) -> None:
        """Lines: `["d", id]` a message is done, `["f", id]` the beginning."""
        if len(values) != 1 or not isinstance(values[0], int):
            return
        if kind == "d":
            self.note(values[0])
        elif kind == "f":
            self.floor = values[0]
            self.position = max(self.position, values[0])
