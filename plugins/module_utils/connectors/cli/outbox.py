# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector outbox`: what waits for the channel, and what it refused."""

from __future__ import annotations

import argparse

from ..terminal import one_line
from .common import add_json_argument, add_socket_argument, report
from .queue import ask

EXAMPLES = """\
examples:
  mosaic-connector outbox
  mosaic-connector outbox --all --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    parser.add_argument("--all", action="store_true", help="show what was sent or dropped lately, too")
    add_socket_argument(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> int:
    """List the entries; always 0 when they can be read."""
    from datetime import datetime

    entries = ask(options, {"op": "outbox", "all": options.all})["entries"]
    lines = [f"{'ID':>6}  {'STATE':8}{'SINCE':21}{'TRIES':>5} {'CHARS':>7}  WHY"]
    for entry in entries:
        since = datetime.fromtimestamp(entry["created"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        lines.append(
            f"{entry['id']:>6}  {entry['state']:8}{since:21}{entry['attempts']:>5} {entry['chars']:>7}  {one_line(entry['detail'] or '', 500)}"
        )
    report(
        options,
        {"entries": entries},
        "\n".join(lines) if entries else "Nothing waits, and there are no dead letters.",
    )
    return 0
