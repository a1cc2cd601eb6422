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

from ..state import Journal

SEEN_KEPT = 5000
"""Ids remembered; the history is read again by seconds, so this is plenty."""


class Cursor:
    """The messages done, in memory and in the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._seen: dict[int, None] = {}
        self.floor: int | None = None
        """Where the very first start began; None before it."""
        self.position = 0
        """The newest message done."""

    def open(self) -> None:
        """Take the journal and read it; raises `StateError`."""
        for entry in self._journal.open():
            self._apply(entry)

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()

    def is_done(self, number: int) -> bool:
        """Whether this message was handled, now or before a restart."""
        return number in self._seen

    def begin(self, floor: int) -> None:
        """Take the present as the beginning."""
        self._record(["f", floor], durable=True)

    def done(self, number: int, *, durable: bool) -> None:
        """Note that a message needs no more handling; `durable` for one that a handler received."""
        self._record(["d", number], durable=durable)
        if self._journal.wants_folding:
            self._journal.fold(self._entries())

    def _record(self, entry: list[Any], *, durable: bool) -> None:
        # In memory first: if the disk refuses, this process at least does not repeat itself.
        self._apply(entry)
        self._journal.append(entry, durable=durable)

    def _apply(self, entry: Any) -> None:
        if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[1], int):
            return
        kind, number = entry
        self.position = max(self.position, number)
        if kind == "f":
            self.floor = number
        elif kind == "d":
            self._seen[number] = None
            if len(self._seen) > SEEN_KEPT:
                del self._seen[next(iter(self._seen))]

    def _entries(self) -> Iterator[list[Any]]:
        if self.floor is not None:
            yield ["f", self.floor]
        for number in self._seen:
            yield ["d", number]


def journal_path(directory: Path | None, channel_id: str) -> Path | None:
    """The journal of one channel, under the state directory."""
    return directory / f"discord-{channel_id}.journal" if directory is not None else None
