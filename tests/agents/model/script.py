# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scripted model does with a message: cues in its text call for a tool, a long answer, a list."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

TICK_SECONDS = 0.4
"""How often a long answer goes on: the program redraws its screen each time."""

SLOW_SECONDS = 1.0
"""Between two lines of a call that is words."""

LONGEST_SECONDS = 120.0
"""A long answer ends by itself after so long, should nobody end it."""


class Cue(str, Enum):
    """A word in a message that makes the model do something."""

    RUN = "CUE-RUN"
    """Run a command, which the program asks its human about."""
    WRITE = "CUE-WRITE"
    """Write a file, the same."""
    ASK = "CUE-ASK"
    """Ask the human to choose."""
    LONG = "CUE-LONG"
    """Answer until `Gate.open`."""
    PROSE = "CUE-PROSE"
    """End an ordinary answer with words that look like a question of the program's."""
    REFUSED = "CUE-REFUSED"
    """The provider refuses the request, which ends the turn."""


@dataclass(frozen=True)
class Say:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True)
class Use:
    """A call of one of the program's tools."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


Piece = Say | Use

PROSE = (
    "The screen showed:\n\n```\nDo you want to proceed?\n❯ 1. Yes\n  2. No\n```\n\n"
    "1. build\n2. test\n\nShall I go on? [y/N]"
)


@dataclass(frozen=True)
class Asked:
    """One request: the human's texts of the whole conversation, and what the model may do."""

    texts: tuple[str, ...]
    """Every block of text that came as the human's, oldest first."""
    last: tuple[str, ...]
    """The blocks of the newest of these messages."""
    tools: tuple[str, ...]
    after_tool: bool
    """Whether it brings the result of a tool and nothing new of the human's."""
    streams: bool
    model: str


class Gate:
    """Keeps a long answer going until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open = threading.Event()

    def close(self) -> None:
        """Let the next long answer last."""
        self.reached.clear()
        self._open.clear()

    def open(self) -> None:
        """Let it end."""
        self._open.set()

    def ticks(self) -> Iterator[int]:
        """A number for each moment that the answer goes on."""
        self.reached.set()
        for number in range(int(LONGEST_SECONDS / TICK_SECONDS)):
            yield number
            if self._open.wait(TICK_SECONDS):
                return


class Script:
    """The model's part: cue by cue, with the calls that this program's tools take."""

    def __init__(self, calls: Mapping[Cue, Piece], *, toolless: bool = False) -> None:
        self.calls = dict(calls)
        self.toolless = toolless
        self.gate = Gate()
        self.called: list[Cue] = []

    def play(self, asked: Asked) -> Iterator[Piece]:
        """The answer to a request, piece by piece."""
        cue = next((one for one in Cue for text in asked.last if one.value in text), None)
        side_job = not asked.tools and not self.toolless
        if asked.after_tool or cue is None or side_job:
            yield Say("Done.")
        elif cue is Cue.LONG:
            yield from (Say(f"step {number}. ") for number in self.gate.ticks())
        elif cue is Cue.PROSE:
            yield Say(PROSE)
        elif cue in self.calls:
            self.called.append(cue)
            yield from _slowly(self.calls[cue])
        else:
            yield Say("There is no such tool.")


def _slowly(call: Piece) -> Iterator[Piece]:
    """A call that is words comes line by line, while its program reads nothing: keys pressed now wait for what it asks."""
    if not isinstance(call, Say):
        yield call
        return
    for line in call.text.splitlines(keepends=True):
        yield Say(line)
        time.sleep(SLOW_SECONDS)
