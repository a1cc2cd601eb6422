# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of one program, as data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Program:
    """One program: how its picture is recognised and what is peculiar to it.

    Whether a screen may be typed into hardly depends on it: the general rule reads unknown programs as well.
    """

    name: str
    marks: tuple[str, ...] = ()
    """Patterns of lines: the program with most of them on the screen is taken to be the one."""
    prompts: tuple[str, ...] = ()
    """Patterns of the cursor's line where it is a prompt of letters; they decide before the marks do."""
    seen: tuple[str, ...] = ()
    """The versions that the table was written from."""
    placeholders: tuple[str, ...] = ()
    """How the text begins that stands in its empty input block."""
    dialogs: tuple[str, ...] = ()
    """Patterns of lines that only its dialogs have; looked for in and below the input block alone."""
    busy: tuple[str, ...] = ()
    """Patterns of lines that say that it works."""
    digits: bool = False
    """Whether the number of a choice takes it at once, without Enter."""
    popup: tuple[str, ...] = ()
    """Patterns of lines that say that a completion popup is open."""
    popup_key: str = ""
    """The key, as tmux names it, that closes the popup and does nothing else then; empty when none is known."""
    blank_after: str = ""
    """A pattern of text ends that Enter would complete or continue: a blank behind them prevents it."""
    continued: str = ""
    """A pattern of text ends at which Enter begins another line, whatever blank is behind them."""
    start_key: str = ""
    """The key, as tmux names it, that takes the cursor before all that is typed, where Enter does not do so."""
    tab: str = "\t"
    """What is typed for a tab: a program may draw one so that its own input line falls apart."""
    stop_keys: tuple[str, ...] = ("Escape",)
    """The keys, as tmux names them, that interrupt its work, one after the other while it still works."""
    interrupts: bool = False
    """Whether one Ctrl-C interrupts its work, and ends it neither then nor when the work is over: seen, not assumed."""
    shell_marks: tuple[str, ...] = ()
    """Patterns of lines at its input block that say that it is in its shell mode, beside what the general rule knows."""
    shell_key: str = ""
    """The key, as tmux names it, that leaves its empty shell mode and does nothing else; empty when none is known."""
    is_shell: bool = False
    """Whether what is typed is run as a command of the host."""

    def shows(self, patterns: tuple[str, ...], lines: Iterable[str]) -> bool:
        """Whether one of these patterns of it is on one of the lines."""
        return any(compiled(pattern).search(line) for pattern in patterns for line in lines)

    def works(self, lines: Iterable[str]) -> bool:
        """Whether the lines say that it is busy."""
        return self.shows(self.busy, tuple(lines))


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled once."""
    return re.compile(pattern)


@lru_cache(maxsize=512)
def anywhere(pattern: str) -> re.Pattern[str]:
    """The same for a text of many lines, each of which has a begin and an end."""
    return re.compile(pattern, re.MULTILINE)
