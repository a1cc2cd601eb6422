# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector send`: a message to the operator, durable when the command returns."""

from __future__ import annotations

import os
import sys

from ..bridge.client import BridgeRefusedError, BridgeUnavailableError, attach, call
from ..errors import ConnectorError
from ..terminal import one_line
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

TYPE_CHECKING = False  # as type checkers know it: `typing` is a tenth of what a `send` takes

if TYPE_CHECKING:
    import argparse
    from typing import BinaryIO

EXAMPLES = """\
examples:
  mosaic-connector send 'The build is green.'
  mosaic-connector send --thread '$abc' 'Here is what I found.'
  git diff --stat | mosaic-connector send --stdin
  mosaic-connector send --file report.md --attach chart.png
  mosaic-connector send --wait 30 'Shall I deploy?' || echo 'not delivered yet'

Without --wait, status 0 means accepted: on disk, and sent as soon as the channel is up.
"""

MOST_READ = 256 * 1024 * 1024
"""Bytes of a message that are read at all; how many are taken is the bridge's to say (`max_message_bytes`)."""


class UnusableInputError(ConnectorError):
    """What was to be sent cannot be read, or is no text."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "text", nargs="?", metavar="TEXT", help="the message (put -- before a text that starts with -)"
    )
    source.add_argument("--stdin", action="store_true", help="read the message from standard input")
    source.add_argument("--file", metavar="FILE", help="read the message from a file")
    parser.add_argument("--thread", metavar="ID", help="answer in this thread")
    parser.add_argument(
        "--attach", metavar="FILE", action="append", default=[], help="a file or URL; may be repeated"
    )
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=seconds,
        nargs="?",
        const=60.0,
        default=0.0,
        help="wait for the delivery (60 s unless given)",
    )
    parser.add_argument(
        "--patience",
        metavar="SECONDS",
        type=seconds,
        default=15.0,
        help="how long a bridge that restarts is waited for (default 15)",
    )
    parser.add_argument(
        "--id",
        metavar="ID",
        default=None,
        help="transaction id: the same id is accepted once (default: a new one)",
    )
    add_socket_argument(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Send; returns 0, or what went wrong in a word that scripts can use."""
    place = socket_path(options)
    try:
        request = {
            "op": "send",
            "txn": options.id or os.urandom(16).hex(),
            "text": _text(options),
            "thread": options.thread,
            "attachments": [_hand_over(one, place, options.patience) for one in options.attach],
            "wait": options.wait,
        }
        with Spinner("waiting for the delivery" if options.wait else "waiting for the bridge"):
            answer = call(place, request, patience=options.patience, answer_timeout=30.0 + options.wait)
    except BridgeRefusedError as error:
        complain("send", error)
        return EXIT_BY_CODE.get(error.code, 1)
    except BridgeUnavailableError as error:
        complain("send", error)
        return 77 if isinstance(error.__cause__, PermissionError) else 69
    except UnusableInputError as error:
        complain("send", error)
        return 65
    return _conclude(options, answer)


def _conclude(options: argparse.Namespace, answer: dict[str, object]) -> int:
    state = str(answer["state"])
    words = {
        "waiting": f"accepted as {answer['id']}",
        "sent": f"delivered as {answer['message_id']}",
        "dead": f"not delivered: {one_line(str(answer['detail']), 500)} (kept as dead letter {answer['id']})",
        "dropped": f"given up by hand: {answer['id']}",
    }
    report(options, answer, words.get(state, state))
    if state == "waiting" and options.wait:
        return 75
    return 0 if state in ("sent", "waiting") else 1


def _text(options: argparse.Namespace) -> str:
    if options.stdin:
        return _decoded(sys.stdin.buffer, "Standard input")
    if options.file:
        from pathlib import Path

        try:
            with Path(options.file).open("rb") as file:
                return _decoded(file, options.file)
        except OSError as error:
            raise _unreadable(options.file, error) from error
    return options.text or ""


def _decoded(source: BinaryIO, name: str) -> str:
    content = source.read(MOST_READ + 1)
    if len(content) > MOST_READ:
        raise UnusableInputError(f"{name} holds more than {MOST_READ} bytes. Send less, or a link to it.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnusableInputError(
            f"{name} is expected to be text in UTF-8, and is not from byte {error.start} on. "
            "Convert it (iconv -t utf-8), or send the file itself: --attach FILE"
        ) from error


def _hand_over(attachment: str, place: str, patience: float) -> str:
    """A URL as it is; a file goes to the bridge whole, read with the sender's own rights."""
    if "://" in attachment:
        return attachment
    from pathlib import Path

    path = Path(attachment)
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for without an end
            raise UnusableInputError(f"{attachment} is no regular file. Give the path of a file, or a URL.")
        return attach(place, path, patience=patience)
    except OSError as error:
        raise _unreadable(attachment, error) from error


def _unreadable(path: str, error: OSError) -> UnusableInputError:
    return UnusableInputError(
        f"{path} cannot be read: {error.strerror}. Check the path, and who may read the file."
    )
