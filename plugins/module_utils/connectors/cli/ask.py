# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector ask`: a question to the operator; the answer alone goes to standard output."""

from __future__ import annotations

import os
import sys
import time

from ..bridge.client import BridgeRefusedError, BridgeUnavailableError, call
from ..terminal import one_line, show
from .common import (
    EXIT_BY_CODE,
    add_json_argument,
    add_socket_argument,
    complain,
    report,
    seconds,
    socket_path,
)
from .spinner import Spinner

TYPE_CHECKING = False  # as type checkers know it: `typing` is a tenth of what an `ask` takes

if TYPE_CHECKING:
    import argparse
    from typing import Any

EXAMPLES = """\
examples:
  mosaic-connector ask 'Deploy to production?' --choice yes --choice no
  [ "$(mosaic-connector ask 'Deploy?' --choice yes --choice no --timeout 15m)" = yes ] && ./deploy
  mosaic-connector ask 'What shall the release be called?' --free-text --timeout 1d
  mosaic-connector ask 'Which one?' --choice blue --choice green --key release-42
  mosaic-connector ask 'Deploy?' --choice yes --choice no --no-wait

The answer alone is printed, and the status is 0. It is 124 when the time is over, 1 when the question was withdrawn,
75 with --no-wait while it is open: then nothing is printed. With --key, the same command run again waits for the same
question, and prints its answer also when that came meanwhile.
"""

WAIT_AT_ONCE = 60.0
"""Seconds that one request to the bridge waits."""

GRACE = 30.0
"""Seconds after the end of a question in which a bridge that is away may come back to say how it ended."""

EXPIRED = 124
"""As timeout(1) has it."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    parser.add_argument("text", metavar="TEXT", help="the question (put -- before a text that starts with -)")
    parser.add_argument(
        "--choice", metavar="WORDS", action="append", default=[], help="a choice; repeated, up to 10"
    )
    parser.add_argument(
        "--free-text", action="store_true", help="the operator may also answer in words of his own"
    )
    parser.add_argument(
        "--timeout",
        metavar="TIME",
        type=duration,
        default=3600.0,
        help="how long the question is open: seconds, or 90s, 15m, 1h, 2d (default 1h)",
    )
    parser.add_argument("--thread", metavar="ID", help="ask in this thread")
    parser.add_argument(
        "--key",
        metavar="KEY",
        help="your own name of the question: the same key is asked once, also after a crash",
    )
    parser.add_argument(
        "--no-wait", action="store_true", help="ask, or look, and return at once (give --key, to look again)"
    )
    parser.add_argument(
        "--patience",
        metavar="SECONDS",
        type=seconds,
        default=15.0,
        help="how long a bridge that restarts is waited for before it has the question (default 15)",
    )
    add_socket_argument(parser)
    add_json_argument(parser)


def duration(words: str) -> float:
    """The type of an option that is a time: `90`, `90s`, `15m`, `1h`, `2d`, as seconds."""
    from argparse import ArgumentTypeError

    number, unit = (words[:-1], words[-1]) if words[-1:] in _UNITS else (words, "s")
    try:
        found = float(number) * _UNITS[unit]
    except ValueError:
        found = float("nan")
    if not 1 <= found <= 1e9:
        raise ArgumentTypeError(
            f"expected a time of at least a second, such as 90s, 15m, 1h or 2d, found {words!r}"
        )
    return found


def run(options: argparse.Namespace) -> int:
    """Ask and wait; returns 0 with the answer printed, or how it ended instead."""
    request = {
        "op": "ask",
        "key": options.key or os.urandom(16).hex(),
        "text": options.text,
        "choices": options.choice,
        "free_text": options.free_text,
        "timeout": options.timeout,
        "thread": options.thread,
        "wait": 0,
    }
    try:
        return _conclude(options, _ended(options, request))
    except BridgeRefusedError as error:
        complain("ask", error)
        return EXIT_BY_CODE.get(error.code, 1)
    except BridgeUnavailableError as error:
        complain("ask", error)
        return 77 if isinstance(error.__cause__, PermissionError) else 69


def _ended(options: argparse.Namespace, request: dict[str, Any]) -> dict[str, Any]:
    """The question once it has ended, or as it stands when nobody waits."""
    place = socket_path(options)
    answer = call(place, request, patience=options.patience)
    told = ""
    with Spinner(f"waiting for the answer to {answer['id']}"):
        while answer["state"] == "open" and not options.no_wait:
            told = _tell_of_delivery(answer, told)
            until = time.monotonic() + float(answer["left"]) + GRACE
            # The bridge may restart, and the channel be down: the question is on its disk.
            answer = call(
                place,
                {**request, "wait": WAIT_AT_ONCE},
                patience=until - time.monotonic(),
                answer_timeout=WAIT_AT_ONCE + 30,
            )
    return answer


def _tell_of_delivery(answer: dict[str, Any], told: str) -> str:
    """Say once that the operator cannot have read the question: it was refused, and may be sent again by hand."""
    if answer["delivery"] == "dead" and told != "dead":
        why = one_line(str(answer["detail"]), 300)
        show(
            sys.stderr,
            f"mosaic-connector ask: {answer['id']} is not delivered: {why}. See: mosaic-connector outbox",
        )
    return str(answer["delivery"])


def _conclude(options: argparse.Namespace, answer: dict[str, Any]) -> int:
    state = answer["state"]
    if state == "answered":
        report(options, answer, str(answer["answer"]))
        return 0
    if options.json:
        report(options, answer, "")
    words = answer["outcome"] or f"{answer['id']} is open."
    show(sys.stderr, f"mosaic-connector ask: {words}")
    return {"open": 75, "expired": EXPIRED}.get(state, 1)
