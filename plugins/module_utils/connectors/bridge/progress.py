# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The watchdog's evidence: every loop of the bridge says by when it will be heard of again."""

from __future__ import annotations

import time
from collections.abc import Callable


class Progress:
    """The next deadline of each loop, in seconds of the monotonic clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deadlines: dict[str, float] = {}

    def beat(self, loop: str, within: float) -> None:
        """`loop` moves, and promises to move again within so many seconds."""
        self._deadlines[loop] = self._clock() + within

    def done(self, loop: str) -> None:
        """`loop` has ended on purpose."""
        self._deadlines.pop(loop, None)

    def stuck(self) -> list[str]:
        """The loops that broke their promise."""
        now = self._clock()
        return sorted(loop for loop, deadline in self._deadlines.items() if deadline < now)
