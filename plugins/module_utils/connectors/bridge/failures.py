# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pause before the bridge fails once more, so that systemd's restarts do not become a storm.

systemd's own RestartSteps= is not asked: it came with version 254, and it counts every end since the
unit was started by hand, so that a bridge killed now and then for a year would come back late for ever.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from pathlib import Path

from .begun_with import runtime_directory
from .notify import Notifier

logger = logging.getLogger(__name__)

LONGEST = 30.0
"""Seconds; less than the unit's watchdog allows."""

LIVED = 60.0
"""A bridge that failed after so many seconds failed anew, and not again."""


class Failures:
    """How often in a row the bridge has failed soon after its start; who is killed has not failed."""

    def __init__(self, directory: Path | None = None) -> None:
        """Count in `directory`, by default the service's runtime directory; without one nothing is counted."""
        place = directory or runtime_directory()
        self._note = place / "failures" if place else None
        self._began = time.monotonic()

    def rest(self) -> None:
        """Wait as long as `pause` says; a signal ends the wait, and the process."""
        seconds = self.pause()
        if seconds:
            sentence = f"failed again soon after the start, resting {seconds:.0f} s"
            logger.warning("%s", sentence)
            Notifier().notify(STATUS=sentence)
            time.sleep(seconds)

    def pause(self) -> float:
        """Count one more, and return the seconds to rest before it is reported: 0, 1, 2, 4 … `LONGEST`."""
        if self._note is None:
            return 0.0
        before = 0
        if time.monotonic() - self._began < LIVED:
            with suppress(OSError, ValueError):
                before = int(self._note.read_text())
        with suppress(OSError):
            self._note.write_text(str(before + 1))
        return min(2.0 ** (before - 1), LONGEST) if before else 0.0
