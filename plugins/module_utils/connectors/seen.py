# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which messages were handled already: in memory, and in a journal that a kill leaves whole."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from .state import Journal

SEEN_KEPT = 5000
"""Ids remembered. What is read again after a restart is a page and what follows it, so this is plenty."""

Id = TypeVar("Id", int, str)


class SeenJournal(ABC, Generic[Id]):
    """The messages done. Everything goes into the journal at once, so that a start continues where a kill came."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._seen: dict[Id, None] = {}

    def open(self) -> None:
        """Take the journal and read it; raises `StateError`."""
        for entry in self._journal.open():
            if isinstance(entry, list) and entry:
                self._apply(*entry)

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()

    def is_done(self, number: Id) -> bool:
        """Whether the message of this id was handled, now or before a restart."""
        return number in self._seen

    def _record(self, *entry: Any, durable: bool = False) -> None:
        # In memory first: if the disk refuses, this process at least does not repeat itself.
        self._apply(*entry)
        self._journal.append(list(entry), durable=durable)

    def _fold(self) -> None:
        """Write the journal anew when it has grown long."""
        if self._journal.wants_folding:
            self._journal.fold(self._entries())

    def _remember(self, number: Id) -> None:
        self._seen.pop(number, None)
        self._seen[number] = None
        if len(self._seen) > SEEN_KEPT:
            del self._seen[next(iter(self._seen))]

    @abstractmethod
    def _apply(self, kind: Any, *values: Any) -> None:
        """Take in one entry; one that is not understood is passed over."""

    @abstractmethod
    def _entries(self) -> Iterable[list[Any]]:
        """Entries that say what is remembered, in few lines."""
