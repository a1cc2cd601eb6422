# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector doctor`: every check in order, each with its fix beside it."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ..terminal import one_line, paint, wants_colour
from .common import (
    add_json_argument,
    add_roster_arguments,
    add_socket_argument,
    run_quietly,
    say,
    say_json,
    seconds,
)
from .spinner import Spinner

if TYPE_CHECKING:
    from ..types import Check

EXAMPLES = """\
examples:
  sudo mosaic-connector doctor
  mosaic-connector doctor --json | jq '.checks[] | select(.state == "failed")'
  mosaic-connector doctor --roster ./roster.yaml --env-file ./connector.env --timeout 60

Looks in this order: roster, settings, secrets and their modes, server, login, room (or channel), operators,
session, units, bridge, queues, helpers. Changes nothing, and goes on after a failure where that makes sense. As another
user than root it says what it cannot see. Status 0: nothing failed; 1: something did; 2: wrong usage.
With --json: {"healthy": true or false, "checks": [{"name", "state": "ok", "failed" or "skipped", "detail", "fix"}]}.
"""

_MOODS = {"ok": "good", "failed": "bad", "skipped": "warn"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    add_roster_arguments(parser)
    add_socket_argument(parser)
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, default=20.0, help="bound of each step (default 20)"
    )
    add_json_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Examine; returns 0 when nothing failed, 1 when something did."""
    checks = run_quietly(_examine(options))
    healthy = all(check.state != "failed" for check in checks)
    if options.json:
        from dataclasses import asdict

        say_json({"healthy": healthy, "checks": [asdict(check) for check in checks]})
    else:
        say(_verdict(checks))
    return 0 if healthy else 1


async def _examine(options: argparse.Namespace) -> list[Check]:
    """The checks, each shown as soon as it is known."""
    from .checks import NAMES, examine

    checks: list[Check] = []
    course = examine(options)
    while True:
        name = NAMES[min(len(checks), len(NAMES) - 1)]
        with Spinner(f"looking at: {name}"):
            check = await anext(course, None)
        if check is None:
            return checks
        checks.append(check)
        if not options.json:
            say(_line(check, wants_colour(sys.stdout)))


def _line(check: Check, colour: bool) -> str:
    state = paint(f"{check.state:8}", _MOODS.get(check.state), colour)
    fix = f"\n{'':20}fix: {one_line(check.fix, 500)}" if check.fix else ""
    return f"{check.name:11} {state}{one_line(check.detail, 500)}{fix}"


def _verdict(checks: list[Check]) -> str:
    failed = [check.name for check in checks if check.state == "failed"]
    skipped = [check.name for check in checks if check.state == "skipped"]
    aside = f" Not looked at: {', '.join(skipped)}." if skipped else ""
    if failed:
        return f"\nThe first to mend: {failed[0]}. Failed: {', '.join(failed)}.{aside}"
    return f"\nNothing failed.{aside}"
