# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is at the local socket, and how much of ours they hold: bounded for each user and in all.

Every connection costs a descriptor, and what it has sent of an unfinished request costs memory. Without a bound
anybody who may use the socket, or a script that forgets to hang up, could leave the bridge without either.
"""

from __future__ import annotations

from collections import Counter

MOST_OF_ONE = 16
"""Connections of one user."""

MOST_IN_ALL = 64
"""Connections of all users but root, who must be able to look what is wrong."""

REQUESTS_OF_ONE = 2
"""Of the largest requests, how many one user may have us keep unfinished; in all it is twice that."""


class Guests:
    """Counts connections and bytes by user; what does not fit is refused, and nobody is pushed out."""

    def __init__(self, largest_request: int) -> None:
        """`largest_request`: bytes of the largest request that is taken."""
        self._most_bytes = largest_request * REQUESTS_OF_ONE
        self._connections: Counter[int] = Counter()
        self._bytes: Counter[int] = Counter()

    def enter(self, uid: int) -> bool:
        """Count a connection in; False when there are too many."""
        crowded = uid != 0 and self._connections.total() - self._connections[0] >= MOST_IN_ALL
        if crowded or self._connections[uid] >= MOST_OF_ONE:
            return False
        self._connections[uid] += 1
        return True

    def leave(self, uid: int) -> None:
        """Count a connection out."""
        self._connections[uid] -= 1
        if not self._connections[uid]:
            del self._connections[uid], self._bytes[uid]

    def keep(self, uid: int, size: int) -> bool:
        """Count bytes of an unfinished request in; False when there are too many."""
        if self._bytes[uid] + size > self._most_bytes or self._bytes.total() + size > self._most_bytes * 2:
            return False
        self._bytes[uid] += size
        return True

    def give_back(self, uid: int, size: int) -> None:
        """Count bytes out."""
        self._bytes[uid] -= size
