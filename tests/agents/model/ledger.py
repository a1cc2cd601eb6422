# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What arrived at the model: the only evidence that a message was delivered."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .script import Asked

JOINTS = ("\n\n", "\n")
"""Between messages that a program sends as one, after it kept them while it was busy."""


@dataclass(frozen=True)
class Message:
    """A text of ours, told apart from all others by its mark, which stands at its start."""

    mark: str
    text: str


@dataclass(frozen=True)
class Arrival:
    """How a message arrived."""

    exact: int
    """How often at most one conversation holds it as it was written."""
    joined: bool
    """Whether it came in one piece with others of ours, each of them whole."""
    others: tuple[str, ...]
    """What else came with its mark."""

    @property
    def once(self) -> bool:
        """Exactly as it was written, exactly once."""
        return self.exact == 1 and not self.others


def canonical(text: str) -> str:
    """A text without what a program may rewrite: composed letters, four blanks for a tab, blanks at the end."""
    return unicodedata.normalize("NFC", text).replace("\t", "    ").rstrip()


class Ledger:
    """Every request, in order."""

    def __init__(
        self,
        unwrap: Callable[[str], str] = str,
        rewrites: Sequence[tuple[str, str]] = (),
        *,
        toolless: bool = False,
    ) -> None:
        self._unwrap, self._rewrites, self._toolless = unwrap, rewrites, toolless
        self._lock = threading.Lock()
        self._asked: list[Asked] = []
        self._sent: list[Message] = []

    def note(self, asked: Asked) -> None:
        """Keep a request."""
        with self._lock:
            self._asked.append(asked)

    def expect(self, message: Message) -> None:
        """Know a message that is about to be sent."""
        self._sent.append(message)

    def conversations(self) -> list[list[str]]:
        """The human's texts of each request that belongs to a conversation.

        Those for a title have no tools: one that comes first is no arrival of the message it is made from.
        """
        with self._lock:
            asked = list(self._asked)
        talking = [one for one in asked if one.tools or self._toolless]
        return [[canonical(self._unwrap(text)) for text in one.texts] for one in talking]

    def arrival(self, message: Message) -> Arrival:
        """What came of a message so far."""
        wanted = self._wanted(message)
        exact, joined, others = 0, False, []
        for texts in self.conversations():
            exact = max(exact, texts.count(wanted))
            for text in texts:
                if message.mark in text and text != wanted:
                    if self._is_joined(text):
                        joined, exact = True, max(exact, text.count(wanted))
                    elif text not in others:
                        others.append(text)
        return Arrival(exact, joined, tuple(others))

    def _wanted(self, message: Message) -> str:
        text = message.text
        for written, sent in self._rewrites:
            text = text.replace(written, sent)
        return canonical(text)

    def _is_joined(self, text: str) -> bool:
        """Whether a text is nothing but messages of ours, one after the other."""
        parts = [self._wanted(one) for one in self._sent if one.mark in text]
        parts.sort(key=text.find)
        return len(parts) > 1 and any(text == joint.join(parts) for joint in JOINTS)
