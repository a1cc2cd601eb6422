# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines for the journal: a priority that journald understands, then the sentence.

Source: sd-daemon(3), the kernel-style prefixes `<0>` to `<7>`.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from ..terminal import escaped

_PRIORITIES = (
    (logging.CRITICAL, 2),
    (logging.ERROR, 3),
    (logging.WARNING, 4),
    (logging.INFO, 6),
    (logging.DEBUG, 7),
)


class JournalFormatter(logging.Formatter):
    """One line a record; further lines of a text stay in it, escaped, and so does what a terminal would obey."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as `<priority>sentence`."""
        priority = next((number for level, number in _PRIORITIES if record.levelno >= level), 7)
        # A NUL ends a line for journald, so that what follows it would be a record of its own.
        return f"<{priority}>{escaped(super().format(record))}"


class HumanFormatter(logging.Formatter):
    """One line a record, its traceback below it; what a terminal would obey is escaped."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line of the record."""
        return escaped(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        """The traceback, in lines."""
        return "\n".join(escaped(line) for line in super().formatException(ei).split("\n"))


def set_up_logging(level: int = logging.INFO) -> None:
    """Log to standard error, for the journal when that is where it goes, else for a human."""
    handler = logging.StreamHandler(sys.stderr)
    if "JOURNAL_STREAM" in os.environ:
        handler.setFormatter(JournalFormatter("%(message)s"))
    else:
        handler.setFormatter(HumanFormatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # One line per request would say every half minute that nothing happened.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
