# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which event of a thread came last: what a reply in it has to name for clients without threads."""

from __future__ import annotations

from .events import Event, event_id_of, thread_of

_THREADS_KEPT = 1000


class ThreadHeads:
    """The newest event of each thread that we write into, the least recent forgotten first.

    Of no other one: whoever is in the room could push ours out.
    """

    def __init__(self) -> None:
        self._heads: dict[str, str] = {}

    def saw(self, event: Event) -> None:
        """Note an event of the timeline, in the server's order."""
        root, event_id = thread_of(event), event_id_of(event)
        if root in self._heads and root is not None and event_id is not None:
            self.moved(root, event_id)

    def moved(self, root: str, event_id: str) -> None:
        """Note that `event_id` is now the newest in the thread of `root`."""
        self._heads.pop(root, None)
        self._heads[root] = event_id
        if len(self._heads) > _THREADS_KEPT:
            del self._heads[next(iter(self._heads))]

    def latest(self, root: str) -> str | None:
        """The newest known event in the thread of `root`, or None."""
        return self._heads.get(root)
