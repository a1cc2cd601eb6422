# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector health`: is the line up, asked of the channel itself."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .common import add_json_argument, add_roster_arguments, make_connector, report, run_quietly, seconds
from .spinner import Spinner

if TYPE_CHECKING:
    from ..types import ConnectorHealth

EXAMPLES = """\
examples:
  mosaic-connector health
  mosaic-connector health --json --env-file /etc/mosaic/connector.env
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    add_roster_arguments(parser)
    parser.add_argument("--timeout", metavar="SECONDS", type=seconds, default=30.0, help="bound (default 30)")
    add_json_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Look; returns 0 when the channel is reachable, the credentials are good and talking is possible."""
    from dataclasses import asdict

    from ..terminal import one_line
    from ..types import ObstructedHealth

    with Spinner("asking the channel"):
        kind, health = run_quietly(_look(options))
    up = health.reachable and health.authenticated and not isinstance(health, ObstructedHealth)
    words = [
        f"kind          {kind}",
        f"reachable     {'yes' if health.reachable else 'no'}",
        f"authenticated {'yes' if health.authenticated else 'no'}",
        f"last seen     {health.last_seen or 'never'}",
        f"detail        {one_line(health.detail or '-', 500)}",
    ]
    report(options, {"kind": kind, **asdict(health)}, "\n".join(words))
    return 0 if up else 1


async def _look(options: argparse.Namespace) -> tuple[str, ConnectorHealth]:
    import asyncio

    from ..ending import within
    from ..settings import load_settings
    from ..types import ConnectorHealth as Health

    async with make_connector(options, load_settings()) as connector:
        try:
            health = await within(connector.health(), options.timeout)
        except asyncio.TimeoutError:
            health = Health(False, False, None, f"no answer within {options.timeout:g} s")
        return connector.kind, health
