# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator's message as the answer to a question: whether it is one, and what comes of it.

An answer names its question, by the id or by the message that it answers. What counts, what is told to who answered in
vain, and the event that it came as are one transaction, so that a crash between loses and doubles none of them.
Everything else is a message for the orchestrator as ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import QueueFullError
from ..question_words import Said, bare, chosen, said_in, touched
from ..store.database import Database
from ..terminal import one_line
from ..types import InboundAnswer, InboundMessage, OutboundMessage
from .inbox import Inbox
from .outbox import BRIDGE_ORIGIN, Outbox
from .questions import Questions, StoredQuestion, nowhere, until

_COMMON = ("yes", "no")
"""What is an answer though no question offers it, so that one to an unknown id is told so."""


@dataclass(frozen=True)
class Verdict:
    """What came of an answer: `outcome` is answered, known, late, again, unknown, no-choice, edited or
    taken-back.

    `words` tell it to who answered; empty for what he sees by himself.
    """

    outcome: str
    words: str
    question: str | None = None

    @property
    def counts(self) -> bool:
        """Whether it is the answer."""
        return self.outcome == "answered"


class Answering:
    """Takes answers out of what operators say; every sender was admitted before."""

    def __init__(
        self,
        database: Database,
        questions: Questions,
        inbox: Inbox,
        outbox: Outbox,
        record: Callable[[str, str, str, str], None] = nowhere,
    ) -> None:
        """`record` as in `Audit`; an answer that counts is recorded by its question."""
        self._record = record
        self._db = database
        self._questions = questions
        self._inbox = inbox
        self._outbox = outbox

    def take(self, kind: str, message: InboundMessage) -> Verdict | None:
        """Judge a message and store its event as finished; None for what is no answer, of which nothing is stored.

        Raises `StateError` when it cannot be stored, in which case nothing counts.
        """
        with self._db.transaction():
            verdict = self._judge(kind, message)
            if verdict is None:
                return None
            if not self._inbox.settle(kind, message, f"answer: {verdict.outcome}"):
                return Verdict("known", "")
            if not verdict.counts:
                about = verdict.question or message.message_id or ""
                self._record(f"answer {verdict.outcome}", message.sender, message.text, about)
            if verdict.words:
                self._tell(kind, message, verdict)
            return verdict

    def being_asked(self, kind: str, message: InboundMessage) -> list[StoredQuestion]:
        """The questions that a message may answer by the message that it touches, of which nobody knows yet whether it asks.

        The channel has them, or may have: its word on that is still to come. Raises `StateError`.
        """
        target = message.reply_to or message.thread_id
        named = isinstance(message, InboundAnswer) and message.question
        if not target or named or self._questions.of_message(kind, target) is not None:
            return []
        return [one for one in self._questions.open() if one.message is None and _chooses(one, message)]

    def by_hand(self, word: str, words: str, by: str) -> Verdict:
        """Judge an answer that was given on the host itself; raises `StateError`."""
        with self._db.transaction():
            stored = self._questions.get(word)
            return self._unknown(word) if stored is None else self._answer(stored, words, by)

    def _judge(self, kind: str, message: InboundMessage) -> Verdict | None:
        """What comes of a message; an answer that counts is noted, in the transaction that is open."""
        if isinstance(message, InboundAnswer):
            return self._touch(kind, message)
        answer = self._edited if message.edited else self._answer
        ways = list(said_in(message.text))
        for said in ways:
            stored = self._questions.get(said.id)
            if stored is not None:
                return answer(stored, said.words, message.sender) if _is_meant(stored, said) else None
        if any(self._may_be_meant(said) for said in ways):
            return self._unknown(ways[0].id)
        return self._reply(kind, message)

    def _touch(self, kind: str, message: InboundAnswer) -> Verdict | None:
        """A reaction or a button; None where no question was touched."""
        if message.question:
            stored = self._questions.get(message.question)
            if stored is None:
                return self._unknown(message.question)
        else:
            stored = self._questions.of_message(kind, message.reply_to) if message.reply_to else None
            if stored is None:
                return None
        if not message.choice and not message.number:
            return Verdict("taken-back", "", stored.id)
        choice = touched(stored.choices, message.choice, message.number)
        if choice is None and stored.state == "open":
            return Verdict("no-choice", _no_choice(stored, message.choice), stored.id)
        return self._answer(stored, choice or "", message.sender)

    def _reply(self, kind: str, message: InboundMessage) -> Verdict | None:
        """One of the choices as a reply to the question's very message, which names the question as its id does."""
        target = message.reply_to or message.thread_id
        stored = self._questions.of_message(kind, target) if target else None
        if stored is None or not _chooses(stored, message):
            return None
        answer = self._edited if message.edited else self._answer
        return answer(stored, bare(message.text), message.sender)

    def _answer(self, stored: StoredQuestion, words: str, by: str) -> Verdict:
        if stored.state != "open":
            return self._ended(stored)
        choice = chosen(stored.choices, words)
        if choice is None and not (stored.free_text and words.strip()):
            return Verdict("no-choice", _no_choice(stored, words), stored.id)
        if self._questions.answer(stored, words.strip() if choice is None else choice, by):
            return Verdict("answered", "", stored.id)
        return self._ended(self._questions.get(stored.id) or stored)

    def _edited(self, stored: StoredQuestion, _words: str, _by: str) -> Verdict:
        """What was changed after it was written: nobody knows which of the two was meant."""
        if stored.state != "open":
            return self._ended(stored)
        words = f"Your answer to {stored.id} was edited, so it counts for nothing: write it anew."
        return Verdict("edited", words, stored.id)

    def _ended(self, stored: StoredQuestion) -> Verdict:
        if stored.state == "answered":
            return Verdict("again", f"Your answer changes nothing: {stored.outcome}", stored.id)
        return Verdict("late", f"Your answer came too late: {stored.outcome}", stored.id)

    def _unknown(self, word: str) -> Verdict:
        known = ", ".join(one.id for one in self._questions.open()[:10])
        which = f"open are: {known}" if known else "none is open"
        return Verdict(
            "unknown", f"There is no question {one_line(word, 20)}, so nothing was answered; {which}."
        )

    def _may_be_meant(self, said: Said) -> bool:
        """Whether words beside an id that nobody knows are meant for a question, by all that was asked so far."""
        if said.own:
            return any(one.free_text for one in self._questions.open())
        words = said.words.casefold()
        return words in _COMMON or words in self._questions.words_known()

    def _tell(self, kind: str, message: InboundMessage, verdict: Verdict) -> None:
        """Put what came of an answer into the outbox; of a thousand touches to one question the first is told."""
        event = message.message_id or message.text
        if isinstance(message, InboundAnswer):
            event = f"{message.sender} {verdict.question}"
        mark = hashlib.sha256(f"{kind} {verdict.outcome} {event}".encode("utf-8", "replace")).hexdigest()[:32]
        stored = self._questions.get(verdict.question) if verdict.question else None
        thread = message.thread_id or (stored.thread if stored else None)
        try:
            self._outbox.accept(
                kind, OutboundMessage(verdict.words, thread), f"verdict-{mark}", BRIDGE_ORIGIN
            )
        except QueueFullError:
            return  # what came of it is in the inbox and in the journal


def _is_meant(stored: StoredQuestion, said: Said) -> bool:
    """Whether words beside a known id are an answer, and no sentence that happens to name it."""
    return said.own or len(said.words.split()) == 1 or chosen(stored.choices, said.words) is not None


def _chooses(stored: StoredQuestion, message: InboundMessage) -> bool:
    """Whether a message is one of the question's choices and nothing else."""
    if isinstance(message, InboundAnswer):
        return touched(stored.choices, message.choice, message.number) is not None
    return chosen(stored.choices, bare(message.text)) is not None


def _no_choice(stored: StoredQuestion, words: str) -> str:
    ways = [f"`{choice} {stored.id}`" for choice in stored.choices]
    ways += [f"`{stored.id}: your words`"] if stored.free_text else []
    return (
        f"{one_line(words, 60) or 'That'} is none of the choices of {stored.id}, which is open until "
        f"{until(stored.expires)}: answer with {' or '.join(ways)}."
    )
