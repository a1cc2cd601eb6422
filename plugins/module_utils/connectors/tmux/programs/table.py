# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of one program, as data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """One program: how its picture is recognised and what is peculiar to it.

    Whether a screen may be typed into hardly depends on it: the general rule reads unknown programs as well.
    """

    name: str
    marks: tuple[str, ...]
    """Patterns of which one on the screen says that it is this program; the one with most of them is it."""
    seen: tuple[str, ...] = ()
    """The versions that the table was written from."""
    placeholders: tuple[str, ...] = ()
    """How the text begins that stands in its empty input block, where it is not drawn dim."""
    dialogs: tuple[str, ...] = ()
    """Patterns of lines that only its dialogs have; asked where the live input block is not above them."""
    busy: tuple[str, ...] = ()
    """Patterns of lines that say that it works."""
    popup_key: str = ""
    """The key, as tmux names it, that closes its completion popup and does nothing else; empty when none is known."""
    blank_after: str = ""
    """A pattern of text ends that Enter would complete or continue: a blank behind them prevents it."""
    interrupts: bool = False
    """Whether Ctrl-C in its input block clears or interrupts and does not end it."""
    shell: bool = False
    """Whether what is typed is run as a command of the host."""


@dataclass(frozen=True)
class Programs:
    """The programs that are known, and what the settings add to the general rule."""

    known: tuple[Program, ...] = ()
    dialogs: tuple[re.Pattern[str], ...] = ()
    drafts: tuple[re.Pattern[str], ...] = ()

    @classmethod
    def build(
        cls, dialogs: Iterable[str] = (), drafts: Iterable[str] = (), known: Iterable[Program] = ()
    ) -> Programs:
        """Compile the patterns of the settings; `known` are programs to know, the first that fits best is taken."""
        return cls(
            tuple(known),
            tuple(re.compile(one) for one in dialogs),
            tuple(re.compile(one) for one in drafts),
        )

    def named(self, name: str | None) -> Program | None:
        """The table of that name."""
        return next((program for program in self.known if program.name == name), None)
