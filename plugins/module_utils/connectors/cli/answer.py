# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector answer`: an answer given on the host itself, by root or the bridge's own user."""

from __future__ import annotations

import argparse

from ..bridge.client import BridgeRefusedError, BridgeUnavailableError, call
from .common import EXIT_BY_CODE, add_json_argument, add_socket_argument, complain, report, socket_path

EXAMPLES = """\
examples:
  mosaic-connector status
  mosaic-connector answer K7QXM yes
  mosaic-connector answer K7QXM --withdraw

It takes root, or the service's own user. Status 0 means that it counts; 1 that it does not, and a sentence says why.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    parser.add_argument("id", metavar="ID", help="the question's id, such as K7QXM")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("answer", nargs="?", metavar="ANSWER", help="a choice, or words where they are allowed")
    what.add_argument("--withdraw", action="store_true", help="let no answer count any more")
    add_socket_argument(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Answer; returns 0 when that counts, 1 when not."""
    request = {"op": "answer", "id": options.id, "answer": options.answer, "withdraw": options.withdraw}
    try:
        answer = call(socket_path(options), request, patience=15.0)
    except BridgeRefusedError as error:
        complain("answer", error)
        return EXIT_BY_CODE.get(error.code, 1)
    except BridgeUnavailableError as error:
        complain("answer", error)
        return 77 if isinstance(error.__cause__, PermissionError) else 69
    report(options, answer, str(answer["words"]))
    return 0 if answer["outcome"] in ("answered", "withdrawn") else 1
