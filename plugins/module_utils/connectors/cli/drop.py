# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector drop`: give entries of the outbox up."""

from __future__ import annotations

import argparse

from .common import add_json_argument, add_socket_argument, report
from .queue import add_which_arguments, ask

EXAMPLES = """\
examples:
  mosaic-connector drop 17
  mosaic-connector drop --all
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    add_which_arguments(parser)
    add_socket_argument(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Change the outbox; returns 1 when there was nothing to change."""
    count = ask(options, {"op": "drop", "id": options.id})["count"]
    report(options, {"count": count}, f"{count} message(s) given up")
    return 0 if count else 1
