# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which messages were handled already, and from where on the history has to be read after an outage.

Everything goes into a journal at once, so that a start after a kill continues at the very message
whose handler returned last. Lines: `["d", id]` a message is done, `["f", id]` nothing up to here
is ours to handle.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..seen import SeenJournal
from ..state import Journal


class Cursor(SeenJournal[int]):
    """The messages done, and from where on the history is read."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal)
        self.floor: int | None = None
        """Where the very first start began; None before it."""
        self.position = 0
        """The newest message done."""

    def begin(self, floor: int) -> None:
        """Take the present as the beginning."""
        self._record("f", floor, durable=True)

    def done(self, number: int, *, durable: bool) -> None:
        """Note that a message needs no more handling; `durable` for one that a handler received."""
        self._record("d", number, durable=durable)
        self._fold()

    def _apply(self, kind: Any, *values: Any) -> None:
        if len(values) != 1 or not isinstance(values[0], int):
            return
        number = values[0]
        self.position = max(self.position, number)
        if kind == "f":
            self.floor = number
        elif kind == "d":
            self._remember(number)

    def _entries(self) -> Iterator[list[Any]]:
        if self.floor is not None:
            yield ["f", self.floor]
        for number in self._seen:
            yield ["d", number]


def journal_path(directory: Path | None, channel_id: str) -> Path | None:
    """The journal of one channel, under the state directory."""
    return directory / f"discord-{channel_id}.journal" if directory is not None else None
