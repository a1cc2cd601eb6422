# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When to look for rows to forget: not at every message, for each look is a write."""

from __future__ import annotations

TIDY_EVERY = 100
"""Messages between two looks."""


class Every:
    """Answers True the first time, and then one time in `count`."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._asked = 0

    def is_time(self) -> bool:
        """Whether it is time now."""
        self._asked += 1
        return self._asked % self._count == 1
