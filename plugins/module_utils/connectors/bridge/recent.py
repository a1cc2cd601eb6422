# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last warnings and errors of this run, for `status`: the journal has all of them."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any

from ..terminal import one_line
from ..times import iso_time

KEPT = 20
"""How many are remembered."""


class RecentErrors(logging.Handler):
    """Keeps what this library logs as a warning or worse; a sentence said again only moves up."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.since = iso_time(time.time())
        self._kept: deque[tuple[float, str, str]] = deque(maxlen=KEPT)
        self._logger = logging.getLogger(__name__.rpartition(".bridge.")[0])

    def attach(self) -> None:
        """Begin to listen."""
        self._logger.addHandler(self)

    def detach(self) -> None:
        """Listen no longer."""
        self._logger.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record; its sentence is free of secrets, as every log of ours is."""
        sentence = one_line(record.getMessage(), 300)
        for known in [entry for entry in self._kept if entry[2] == sentence]:
            self._kept.remove(known)
        self._kept.append((record.created, record.levelname.lower(), sentence))

    def listing(self) -> list[dict[str, Any]]:
        """What is remembered, oldest first: `at` (ISO-8601 UTC), `level`, `message`."""
        return [
            {"at": iso_time(created), "level": level, "message": sentence}
            for created, level, sentence in self._kept
        ]
