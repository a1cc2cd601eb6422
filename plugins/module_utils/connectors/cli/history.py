# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector history`: the bridge's last 24 hours, a sample in five minutes."""

from __future__ import annotations

import argparse
from typing import Any

from .common import add_json_argument, add_socket_argument, report
from .queue import ask

EXAMPLES = """\
examples:
  mosaic-connector history
  mosaic-connector history --json | jq '.figures.inbox | map(values) | max'

A line is a figure, a character half an hour, which shows the most there was. Where there is a dot the bridge did not run.
"""

ROWS = {
    "up": "channel up",
    "held": "inbox held",
    "inbox": "waiting in",
    "outbox": "waiting out",
    "questions": "questions",
    "received": "received",
    "sent": "sent",
}
"""Figure: what it is called."""

BARS = "▁▂▃▄▅▆▇█"
PER_CHARACTER = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    add_socket_argument(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Show it; raises `StateError` where neither the bridge nor its file can be asked."""
    answer = ask(options, {"op": "history"})
    report(options, {name: answer[name] for name in ("ends", "every", "figures")}, _table(answer))
    return 0


def _table(answer: dict[str, Any]) -> str:
    lines = [
        f"{words:12}{bars(answer['figures'][name], lowest=name == 'up')}  {_in_words(answer['figures'][name])}"
        for name, words in ROWS.items()
    ]
    return "\n".join([*lines, f"{'':12}24 hours until {answer['ends']}"])


def bars(values: list[int | None], *, lowest: bool = False) -> str:
    """Half an hour as a character, by its most, or by its least where that is what matters; a dot is nothing known."""
    top = max([1, *(value for value in values if value is not None)])
    marks = []
    for start in range(0, len(values), PER_CHARACTER):
        known = [value for value in values[start : start + PER_CHARACTER] if value is not None]
        value = (min(known) if lowest else max(known)) if known else None
        marks.append("·" if value is None else BARS[max(value, 0) * (len(BARS) - 1) // top])
    return "".join(marks)


def _in_words(values: list[int | None]) -> str:
    known = [value for value in values if value is not None]
    return f"most {max(known)}, last {known[-1]}" if known else "no samples yet"
