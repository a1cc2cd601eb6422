# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector status`: how the running bridge is, on one screen."""

from __future__ import annotations

import argparse
import sys
import time

from ..bridge.client import BridgeRefusedError, BridgeUnavailableError, call
from ..terminal import wants_colour
from .common import (
    EXIT_BY_CODE,
    add_json_argument,
    add_socket_argument,
    complain,
    report,
    seconds_between,
    socket_path,
)
from .spinner import Spinner

EXAMPLES = """\
examples:
  mosaic-connector status
  mosaic-connector status --watch
  mosaic-connector status --watch 10 --json
  mosaic-connector status --json | jq .outbox

With --watch the screen is drawn anew every two seconds, also while the bridge restarts, until Ctrl-C;
with --json, or into a pipe, every picture follows the last one.
"""

LEAST_SECONDS, MOST_SECONDS = 0.2, 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    parser.add_argument(
        "--watch",
        metavar="SECONDS",
        nargs="?",
        type=seconds_between(LEAST_SECONDS, MOST_SECONDS),
        const=2.0,
        help="look again every so many seconds (2 unless given) until Ctrl-C",
    )
    add_socket_argument(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Ask the bridge; returns 0 when its channel is up, 1 when not, 69 when the bridge is away."""
    if options.watch is not None:
        return _watch(options)
    from .status_screen import draw, is_up

    try:
        with Spinner("asking the bridge"):
            answer = call(socket_path(options), {"op": "status"}, patience=0.0)
    except BridgeRefusedError as error:
        complain("status", error)
        return EXIT_BY_CODE.get(error.code, 1)
    except BridgeUnavailableError as error:
        complain("status", error)
        return 77 if isinstance(error.__cause__, PermissionError) else 69
    report(options, answer, "\n".join(draw(answer, time.time(), colour=wants_colour(sys.stdout))))
    return 0 if is_up(answer) else 1


def _watch(options: argparse.Namespace) -> int:
    """Look until interrupted, which is how it is meant to end; returns 0."""
    from .common import say_json
    from .status_screen import StatusScreen, away, draw

    screen = None if options.json else StatusScreen(sys.stdout)
    try:
        while True:
            try:
                # The place is looked up each time: the settings may change while one watches.
                answer = call(socket_path(options), {"op": "status"}, patience=0.0, answer_timeout=5.0)
            except (BridgeRefusedError, BridgeUnavailableError) as error:
                answer = {"ok": False, "error": str(error)}
            if screen is None:
                say_json(answer)
            elif answer["ok"]:
                screen.show(draw(answer, time.time(), **screen.manner()))
            else:
                screen.show(away(answer["error"], **screen.manner()))
            time.sleep(options.watch)
    except KeyboardInterrupt:
        if screen is not None:
            screen.leave()
        return 0
