# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids that tell their time, and times as the contract writes them.

Source: Discord API v10, "Snowflakes".
"""

from __future__ import annotations

from datetime import datetime, timezone

_EPOCH_MS = 1420070400000


def number_of(value: object) -> int | None:
    """An id as a number, or None for something that is no id."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def id_at(seconds: float) -> int:
    """The lowest id that something made at `seconds` since the epoch can have."""
    return max(int(seconds * 1000) - _EPOCH_MS, 0) << 22


def time_of(number: int) -> float:
    """When the bearer of an id was made, in seconds since the epoch."""
    return ((number >> 22) + _EPOCH_MS) / 1000


def iso_time(seconds: float) -> str:
    """A time in seconds since the epoch as ISO-8601 UTC with milliseconds."""
    moment = datetime.fromtimestamp(min(seconds, 253402300799), timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
