# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long to wait before trying again."""

from __future__ import annotations

import random


class Backoff:
    """Waits that double from `first` to `cap` seconds, each shortened by up to half by chance.

    The chance keeps a fleet that lost its server together from coming back in one wave.
    """

    def __init__(self, first: float = 1.0, cap: float = 60.0) -> None:
        self.first = first
        self.cap = cap
        self._next = first

    def next(self) -> float:
        """The next wait in seconds."""
        wait, self._next = self._next, min(self._next * 2, self.cap)
        return wait * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, guards nothing

    def reset(self) -> None:
        """Start again from `first`, after a success."""
        self._next = self.first
