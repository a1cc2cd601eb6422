# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as the contract writes them."""

from __future__ import annotations

from datetime import datetime, timezone

_LATEST = 253402300799
"""The last second of the year 9999: what a far side claims beyond it is no date."""


def iso_time(seconds: float) -> str:
    """A time in seconds since the epoch as ISO-8601 UTC with milliseconds."""
    moment = datetime.fromtimestamp(min(seconds, _LATEST), timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
