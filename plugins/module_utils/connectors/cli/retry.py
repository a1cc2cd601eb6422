# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector retry`: give dead letters new attempts."""

from __future__ import annotations

import argparse

from .queue import add_settling_arguments as add_arguments
from .queue import settle

__all__ = ["EXAMPLES", "add_arguments", "run"]

EXAMPLES = """\
examples:
  mosaic-connector retry 17
  mosaic-connector retry --all
"""


def run(options: argparse.Namespace) -> int:
    """Change the outbox; returns 1 when there was nothing to change."""
    return settle(options, "retry", "given new attempts")
