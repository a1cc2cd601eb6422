# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids that tell their time.

Source: Discord API v10, "Snowflakes".
"""

from __future__ import annotations

from ..border import snowflake

_EPOCH_MS = 1420070400000


number_of = snowflake
"""An id as a number, or None for something that is no id."""


def id_at(seconds: float) -> int:
    """The lowest id that something made at `seconds` since the epoch can have."""
    return max(int(seconds * 1000) - _EPOCH_MS, 0) << 22


def time_of(number: int) -> float:
    """When the bearer of an id was made, in seconds since the epoch."""
    return ((number >> 22) + _EPOCH_MS) / 1000
