# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look at a pane says, as values: the live input block, the open dialog, and whether it may be typed into."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class InputBlock:
    """The place where what is typed now appears, found by the cursor or by the cursor that the program draws."""

    draft: str
    """All lines that stand in it, without signs, frames and placeholders; empty when nothing is typed."""
    top: int
    """Its first row on the screen, 0-based."""
    bottom: int
    """Its last row."""
    scrolled: bool = False
    """Whether the draft may begin above what the block shows."""
    commands: bool = False
    """Whether what is typed into it is run as a command of the shell."""
    at_start: bool = False
    """Whether the cursor stands before all that is typed."""
    bare: bool = False
    """Whether a sign or a prompt before it is all that tells it, as a shell has."""


@dataclass(frozen=True)
class Choice:
    """One answer that a dialog offers."""

    label: str
    keys: tuple[str, ...] = ()
    """The names of the keys, as tmux' send-keys spells them, that take it; empty when they are not known."""
    always: bool = False
    """Whether it allows more than this once."""
    free_text: bool = False
    """Whether it asks for words."""


@dataclass(frozen=True)
class Dialog:
    """What takes the input block's place: a question, a menu, a pager, a prompt for a secret."""

    line: str
    """The line that a human knows it by."""
    title: str = ""
    body: str = ""
    whole: bool = False
    """Whether all of it, from its title to its last choice, stands on the screen."""
    choices: tuple[Choice, ...] = ()
    secret: bool = False
    """Whether it asks for a password, a key or a code."""

    @property
    def identity(self) -> str:
        """The same for every look at one showing, whatever choice is marked; equal texts have equal ones.

        Choices count only where all of them are shown: a list that scrolls shows others with every move.

        That one showing has ended is told by a look in between that does not see it.
        """
        labels = [choice.label for choice in self.choices] if self.whole else []
        said = "\0".join([self.title, self.body, *labels] if self.title or labels else [self.line])
        return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]


@dataclass(frozen=True)
class Reading:
    """One look, judged."""

    block: InputBlock | None
    dialog: Dialog | None
    program: str | None
    why: str
    """One sentence that says what was seen and what follows."""

    @property
    def draft(self) -> str | None:
        """What stands in the input block; None where there is none."""
        return self.block.draft if self.block else None

    @property
    def typable(self) -> bool:
        """Whether a message may be typed at a first look: a live, empty block, and no dialog."""
        return self.block is not None and self.dialog is None and not self.block.draft
