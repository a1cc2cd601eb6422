# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be known of a program to run it here and to play its human."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..model.script import Cue, Piece


@dataclass(frozen=True)
class Npm:
    """A package of npm's index, installed without its scripts."""

    name: str
    version: str
    executable: str
    """Below the folder of the installation."""
    node: int = 0
    """The oldest Node it runs with; 0 where it needs none."""


@dataclass(frozen=True)
class Pip:
    """A package of Python's index, in a virtual environment of its own."""

    name: str
    version: str
    executable: str
    pythons: tuple[str, ...] = ()
    """The series of Python that it installs with, best first; any where there are none."""


@dataclass(frozen=True)
class Dialog:
    """Something that the program asks, known by words on its screen, and how its human answers."""

    seen: str
    """A regular expression that a picture without it does not match."""
    accept: tuple[str, ...] = ("Enter",)
    refuse: tuple[str, ...] = ("Escape",)


@dataclass(frozen=True)
class Program:
    """One agent program. `$MODEL`, `$HOME` and `$WORK` in its words stand for what the run gives it."""

    name: str
    package: Npm | Pip
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """What lies in its home before it starts."""
    at_start: tuple[Dialog, ...] = ()
    """What it may ask before it is ready, in any order."""
    ready: str = ""
    """What its screen shows when it reads."""
    calls: Mapping[Cue, Piece] = field(default_factory=dict)
    """How the model calls its tools."""
    run: Dialog | None = None
    """What it asks before it runs a command."""
    write: Dialog | None = None
    """What it asks before it writes a file."""
    ask: Dialog | None = None
    """A question of the model's."""
    panel: str = ""
    """A command that opens a picker."""
    panel_seen: str = ""
    panels: tuple[tuple[str, ...], ...] = ()
    """Commands that open something modal, each with the keys that lead on from there."""
    wipe: tuple[str, ...] = ("C-u", "C-u")
    """The keys that empty its input line."""
    newline: str = "C-j"
    """The key that begins another line in it; empty where there is none."""
    leave_shell: tuple[str, ...] = ("BSpace",)
    """The keys that take `!` back, by which many make their input line a shell's."""
    reads_while_busy: bool = True
    toolless: bool = False
    """Whether it offers the model no tools."""
    unwrap: Callable[[str], str] = str
    """What it puts around the human's words, taken off."""
    rewrites: tuple[tuple[str, str], ...] = ()
    """Words that it replaces by others when it sends them."""
    database: str = ""
    """Where below its home the SQLite database is without which it drops what was entered; empty where none is known."""
    start_seconds: float = 60.0


MARKER = "ran-by-the-model"
WRITTEN = "written-by-the-model.txt"
COMMAND = f"touch $WORK/{MARKER} && echo ran"
"""What the model wants to run: two commands at once, which no program takes for harmless."""

QUESTION = {
    "question": "Which colour do you like?",
    "header": "Colour",
    "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
}
