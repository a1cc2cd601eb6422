# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector listen`: the operator's messages on standard output."""

from __future__ import annotations

import argparse
from typing import Any

from ..bridge.client import BridgeRefusedError, BridgeUnavailableError, stream
from .common import (
    EXIT_BY_CODE,
    add_json_argument,
    add_socket_argument,
    complain,
    say,
    say_json,
    seconds,
    socket_path,
)

EXAMPLES = """\
examples:
  mosaic-connector listen
  mosaic-connector listen --json --count 1 --timeout 60

The bridge goes on delivering to the pane; this only shows what it accepts from now on.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    parser.add_argument("--count", metavar="N", type=int, default=0, help="stop after so many messages")
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, default=None, help="stop when nothing came for so long"
    )
    add_socket_argument(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Print until the count is reached, nothing came for the timeout, or the bridge stops."""
    seen = 0
    try:
        for answer in stream(socket_path(options), {"op": "listen"}, timeout=options.timeout):
            if "listening" in answer:
                continue
            if options.json:
                say_json(answer)
            else:
                say(_words(answer))
            seen += 1
            if seen == options.count:
                return 0
    except BridgeRefusedError as error:
        complain("listen", error)
        return EXIT_BY_CODE.get(error.code, 1)
    except BridgeUnavailableError as error:
        if options.timeout and isinstance(error.__cause__, TimeoutError):
            return 0 if seen and not options.count else 75
        complain("listen", error)
        return 69
    return 69


def _words(message: dict[str, Any]) -> str:
    thread = f" thread={message['thread_id']}" if message["thread_id"] else ""
    return f"{message['ts']} {message['sender']}{thread}: {message['text']}"
