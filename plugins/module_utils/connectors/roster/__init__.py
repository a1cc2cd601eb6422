# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's roster: read as a whole, written only where the `connector` block stands."""

from __future__ import annotations

from ..claim import claimed
from .file import (
    MAX_ROSTER_BYTES,
    Roster,
    load_roster,
    parse_roster,
    read_roster,
    settle_connector,
    splice_connector,
)

__all__ = [
    "MAX_ROSTER_BYTES",
    "Roster",
    "claimed",
    "load_roster",
    "parse_roster",
    "read_roster",
    "settle_connector",
    "splice_connector",
]
