# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hours of the day in which nobody is to be disturbed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo

from .errors import ConfigError

EXPECTED = "hours such as 22:00-07:00, or with a time zone that this host knows, 22:00-07:00 Europe/Berlin"

_FORM = re.compile(
    r"([01]?[0-9]|2[0-3]):([0-5][0-9])-([01]?[0-9]|2[0-3]):([0-5][0-9])(?: ([A-Za-z0-9_+/-]{1,64}))?"
)


@dataclass(frozen=True)
class QuietHours:
    """From `begin` up to and without `end`, in minutes of the day, over midnight where the end is the smaller one."""

    begin: int
    end: int
    zone: tzinfo | None = None
    """None for the host's own."""

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Read `HH:MM-HH:MM`, perhaps with a name from the time zone database; raises `ConfigError` with what is expected."""
        from zoneinfo import ZoneInfo  # not before it is needed: it loads what this Python was built with

        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise ConfigError(EXPECTED)
        hours = [int(one) for one in found.groups()[:4]]
        begin, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
        if begin == end:
            raise ConfigError(f"{EXPECTED}, with an end that is not the beginning")
        try:
            zone = ZoneInfo(found[5]) if found[5] else None
        except (KeyError, ValueError, OSError) as error:
            raise ConfigError(EXPECTED) from error
        return cls(begin, end, zone)

    def holds(self, now: float) -> bool:
        """Whether it is quiet at `now`, in seconds since the epoch."""
        local = datetime.fromtimestamp(now, self.zone)
        minute = local.hour * 60 + local.minute
        if self.begin < self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end
