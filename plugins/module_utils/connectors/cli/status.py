# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector status`: how the running bridge is."""

from __future__ import annotations

import argparse

from ..bridge.client import BridgeRefusedError, BridgeUnavailableError, call
from .common import EXIT_BY_CODE, add_json_argument, add_socket_argument, complain, report, socket_path

EXAMPLES = """\
examples:
  mosaic-connector status
  mosaic-connector status --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    add_socket_argument(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Ask the bridge; returns 0 when its channel is up."""
    try:
        answer = call(socket_path(options), {"op": "status"}, patience=0.0)
    except BridgeRefusedError as error:
        complain("status", error)
        return EXIT_BY_CODE.get(error.code, 1)
    except BridgeUnavailableError as error:
        complain("status", error)
        return 69
    health, inbox, outbox = answer["health"], answer["inbox"], answer["outbox"]
    up = health["reachable"] and health["authenticated"]
    held = f" (held: {inbox['holding']})" if inbox["holding"] else ""
    text = (
        f"channel   {answer['kind']}: {'up' if up else 'down'}; {health['detail'] or ''}\n"
        f"last seen {health['last_seen'] or 'never'}\n"
        f"inbox     {inbox['waiting']} waiting{held}\n"
        f"outbox    {outbox.get('waiting', 0)} waiting, {outbox.get('dead', 0)} dead letters\n"
        f"dropped   {answer['dropped']} messages of people who are no operators"
    )
    report(options, answer, text)
    return 0 if up else 1
