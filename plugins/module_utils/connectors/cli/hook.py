# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector hook`: what an agent program's hook runs; its document on standard input, its answer on standard output."""

from __future__ import annotations

import os
import select
import sys
import time

from ..agents.hooks import MOST_BYTES, PROGRAMS, Event, beginning, decision, read_event
from ..border import BorderError
from ..bridge.client import BridgeRefusedError, BridgeUnavailableError, call
from .common import add_socket_argument, complain, say_json, seconds, socket_path

TYPE_CHECKING = False  # as type checkers know it: a hook is started for every turn

if TYPE_CHECKING:
    import argparse
    from typing import Any

EXAMPLES = """\
examples:
  mosaic-connector hook claude      (as a command of Claude Code's settings; it reads what Claude Code tells)
  echo '{"hook_event_name": "Stop", "last_assistant_message": "Done."}' | mosaic-connector hook claude

A permission is a question to the operator, and his answer the decision. Without an answer, without the bridge, and on
anything that is not understood nothing is printed: the program's own dialog decides. The status is 0 in any case, since
programs take others for an answer.
"""

WAIT_SECONDS = 540.0
"""How long the operator's answer is waited for: less than the ten minutes that the role lets programs wait for a hook."""

READ_SECONDS = 10.0
"""How long the program may take to say what it has to say."""

PATIENCE_SECONDS = 5.0
"""How long a bridge that restarts is waited for where nobody's answer is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    parser.add_argument(
        "program", metavar="PROGRAM", choices=sorted(PROGRAMS), help=", ".join(sorted(PROGRAMS))
    )
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=seconds,
        default=WAIT_SECONDS,
        help="how long a permission waits for the operator before the program asks at its terminal (default 540)",
    )
    add_socket_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Tell the bridge, and print the operator's decision if there is one; returns 0."""
    try:
        event = read_event(options.program, _document())
        if event.what == "start":
            say_json(beginning())
            return 0
        answer = _told(options, event) if event.what else {}
    except (BorderError, BridgeRefusedError, BridgeUnavailableError) as error:
        complain("hook", error)
        return 0
    if answer.get("state") == "answered" and answer.get("answer") in ("yes", "no"):
        say_json(decision(answer["answer"] == "yes", str(answer.get("by") or "")))
    return 0


def _told(options: argparse.Namespace, event: Event) -> dict[str, Any]:
    """What the bridge makes of it."""
    request = {"op": "hook", "program": options.program, "event": event.what, "text": event.text}
    if event.what != "permission":
        return call(
            socket_path(options),
            {**request, "about": event.about},
            patience=PATIENCE_SECONDS,
            answer_timeout=15.0,
        )
    until, key = time.monotonic() + options.wait, os.urandom(16).hex()
    request |= {"subject": event.subject, "key": key}
    # A bridge that restarts meanwhile finds the same question under the same key.
    patience = PATIENCE_SECONDS
    while True:
        left = max(until - time.monotonic(), 0.0)
        try:
            return call(
                socket_path(options), {**request, "wait": left}, patience=0.0, answer_timeout=left + 15.0
            )
        except BridgeUnavailableError as error:
            patience -= 0.2
            if patience <= 0 or not left or isinstance(error.__cause__, PermissionError):
                raise
            time.sleep(0.2)


def _document() -> bytes:
    """What stands on standard input, as far as it comes in time; raises `BorderError`."""
    deadline, found = time.monotonic() + READ_SECONDS, b""
    descriptor = sys.stdin.fileno()
    while len(found) <= MOST_BYTES:
        ready, _unused, _unused = select.select([descriptor], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            raise BorderError(
                f"standard input has no end after {READ_SECONDS:g} s; the program's document is expected"
            )
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            break
        found += chunk
    return found
