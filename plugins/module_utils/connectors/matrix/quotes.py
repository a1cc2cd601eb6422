# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we said, remembered for a while: an answer to it is handed over with what it answers."""

from __future__ import annotations

from ..quoting import LONGEST_QUOTE
from ..terminal import one_line
from .content import QUESTION_KEY
from .events import Event, event_id_of, first_words

_KEPT = 1000


class OwnWords:
    """The first words of our own events of this run, the oldest forgotten first.

    Nobody else's: whoever is in the room could push ours out. Theirs are asked for when an operator answers them.
    """

    def __init__(self, user_id: str) -> None:
        """`user_id` is who we are."""
        self._user_id = user_id
        self._words: dict[str, str] = {}
        self._questions: dict[str, str] = {}

    def saw(self, event: Event) -> None:
        """Note an event of the timeline, if it is ours."""
        if event.identifier("sender") != self._user_id:
            return
        event_id, words = event_id_of(event), first_words(event)
        if event_id is None or not words:
            return
        self._words[event_id] = one_line(words[: LONGEST_QUOTE * 4], LONGEST_QUOTE)
        if len(self._words) > _KEPT:
            del self._words[next(iter(self._words))]
        question = self.asked_in(event)
        if question is not None:
            self._questions[event_id] = question
            if len(self._questions) > _KEPT:
                del self._questions[next(iter(self._questions))]

    def asked_in(self, event: Event) -> str | None:
        """The id of the question that an event asks: one of ours, for anybody can write our mark."""
        if event.identifier("sender") != self._user_id:
            return None
        return event.object("content").identifier(QUESTION_KEY)

    def question_of(self, event_id: str) -> str | None:
        """The id of the question that an event of ours asks; None when it asks none, or is not known."""
        return self._questions.get(event_id)

    def of(self, event_id: str) -> str | None:
        """The first words of an event of ours, in one line; None when it is not known."""
        return self._words.get(event_id)
