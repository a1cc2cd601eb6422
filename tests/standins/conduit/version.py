# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Conduit this pretends to be; `tests/standins/build.py` writes another one when asked to."""

from __future__ import annotations

VERSION = "0.10.12"


def has_rate_limits() -> bool:
    """Conduit limits rates since 0.11."""
    return tuple(int(part) for part in VERSION.split(".")[:2]) >= (0, 11)
