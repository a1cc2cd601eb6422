# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `ts` of a message: its id in its channel, and the time it was written.

Here it is a whole number of microseconds, which sorts, can be counted to and fits into a place.
Source: Slack Web API, "Retrieving messages".
"""

from __future__ import annotations

import re

_STAMP = re.compile(r"([0-9]{1,10})\.([0-9]{6})\Z")


def number_of(stamp: str | None) -> int | None:
    """A `ts` as a number, or None for something that is none."""
    found = _STAMP.match(stamp) if stamp else None
    return int(found[1]) * 1_000_000 + int(found[2]) if found else None


def stamp_of(number: int) -> str:
    """The `ts` of a number."""
    return f"{number // 1_000_000}.{number % 1_000_000:06d}"


def time_of(number: int) -> float:
    """When a message was written, in seconds since the epoch."""
    return number / 1_000_000


def stamp_at(seconds: float) -> int:
    """The number of something written at `seconds` since the epoch."""
    return max(int(seconds * 1_000_000), 0)
