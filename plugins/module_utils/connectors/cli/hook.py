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
anything that is not understood nothing is printed: the program's own dialog decides. The status is 0 then, too, and 1
when it cannot even be started so; programs take 2 for an answer.
"""

WAIT_SECONDS = 540.0
"""How long the operator's answer is waited for: less than the ten minutes that the role lets programs wait for a hook."""

READ_SECONDS = 10.0
"""How long the program may take to say what it has to say."""

PATIENCE_SECONDS = 5.0
"""How long a bridge that restarts is waited for where nobody's answer is."""

SHORT_WORDS = 8000
"""Characters that a request to any bridge has room for."""


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
            if _may_speak(options):
                say_json(beginning())
            return 0
        answer = _told(options, event) if event.what else {}
    except (BorderError, BridgeRefusedError, BridgeUnavailableError) as error:
        complain("hook", error)
        return 0
    if answer.get("state") == "answered" and answer.get("answer") in ("yes", "no"):
        by = str(answer.get("by") or "")
        say_json(decision(answer["answer"] == "yes", "Root at the host" if by == "uid=0" else by))
    return 0


def _may_speak(options: argparse.Namespace) -> bool:
    """Whether who runs the program has an operator here: Codex has the same hooks for every user of a host."""
    request = {"op": "hook", "program": options.program, "event": "start"}
    try:
        call(socket_path(options), request, patience=0.0, answer_timeout=5.0)
    except BridgeRefusedError as error:
        return error.code != "forbidden"
    except BridgeUnavailableError as error:
        return not isinstance(error.__cause__, PermissionError)
    return True


def _told(options: argparse.Namespace, event: Event) -> dict[str, Any]:
    """What the bridge makes of it."""
    request = {"op": "hook", "program": options.program, "event": event.what, "text": event.text}
    if event.what == "permission":
        return _decided(options, {**request, "subject": event.subject, "key": os.urandom(16).hex()})
    request |= {"about": event.about, "session": event.session}
    try:
        return call(socket_path(options), request, patience=PATIENCE_SECONDS, answer_timeout=15.0)
    except BridgeRefusedError as error:
        if error.code != "too_large":
            raise
    # Better some of the last words than none.
    request["text"] = f"{event.text[:SHORT_WORDS]}…"
    return call(socket_path(options), request, patience=PATIENCE_SECONDS, answer_timeout=15.0)


def _decided(options: argparse.Namespace, request: dict[str, Any]) -> dict[str, Any]:
    """The operator's answer, or that there is none."""
    until = time.monotonic() + options.wait
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
