# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of docs/reliability.md."""

from __future__ import annotations

from typing import Any


def write_page(_told: dict[str, list[dict[str, Any]]]) -> None:
    """Later."""
