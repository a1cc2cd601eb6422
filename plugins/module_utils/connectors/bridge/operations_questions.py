# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the local socket can be asked about questions: to ask one, and to answer one on the host itself."""

from __future__ import annotations

import os
import re
import uuid
from typing import Any

from ..border import identifier
from ..errors import ConfigError
from ..question_words import LONGEST_CHOICE, LONGEST_QUESTION, MOST_CHOICES, said_in
from .asking import Asking
from .hooks import HOOK
from .questions import DIALOG, StoredQuestion, Wanted
from .server import Caller, Operation, Reply, RequestError

MAX_WAIT = 300.0
"""Seconds that one request waits for the end of a question; who waits longer asks again under the same key."""

DAY = 86_400.0
"""How long a question is open whose asker leaves it to the bridge (`timeout` is null), if it may be."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


class QuestionOperations:
    """The operations, over the questions of one bridge."""

    def __init__(self, asking: Asking, *, most_seconds: float, most_bytes: int) -> None:
        """Bounded by `most_seconds` that a question may be open and `most_bytes` of an answer."""
        self.asking = asking
        self.most_seconds = most_seconds
        self.most_bytes = most_bytes

    def table(self) -> dict[str, Operation]:
        """The operations by name."""
        return {"ask": self.ask, "answer": self.answer}

    async def ask(self, request: dict[str, Any], peer: Caller) -> Reply:
        """Ask the operator: durable when answered; with `wait` seconds, answered when the question has ended.

        The same `key` of the same user is the same question, whatever was restarted in between.
        """
        wanted, key, wait = self._wanted(request), request.get("key") or uuid.uuid4().hex, request.get("wait")
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise RequestError(
                "bad_request",
                "`key` is expected to be up to 64 letters, digits and . _ : - that begin with a letter or digit.",
            )
        seconds = _number(0 if wait is None else wait, "wait", 0)
        try:
            stored = await self.asking.ask(wanted, f"uid={peer.uid}", key)
        except ConfigError as error:
            raise RequestError("bad_request", str(error)) from error
        return self._describe(await self.asking.wait(stored, min(seconds, MAX_WAIT)))

    async def answer(self, request: dict[str, Any], peer: Caller) -> Reply:
        """Answer a question on the host itself, or withdraw it: for root and for the bridge's own user."""
        if peer.uid not in (0, os.getuid()):
            raise RequestError("forbidden", "Only root and the service's user may answer here.")
        word, words = request.get("id"), request.get("answer")
        if not isinstance(word, str) or len(word) > LONGEST_CHOICE:
            raise RequestError("bad_request", "`id` is expected to be the id of a question, such as K7QXM.")
        asked = self.asking.questions.get(word.upper())
        if asked is not None and asked.asker == DIALOG:
            # The program that asks runs as the same user: it must not answer itself.
            raise RequestError(
                "forbidden",
                f"{asked.id} is a dialog of the pane: it is answered in the chat or at its terminal.",
            )
        if asked is not None and asked.asker == HOOK and peer.uid != 0:
            raise RequestError(
                "forbidden",
                f"{asked.id} is a permission that the agent's program asks for, which runs as this user: "
                "it is answered in the chat, or here by root.",
            )
        if request.get("withdraw") is True:
            return await self._withdraw(word.upper())
        if not isinstance(words, str) or not 0 < len(words.encode("utf-8", "replace")) <= self.most_bytes:
            raise RequestError(
                "bad_request", f"`answer` is expected to be 1 to {self.most_bytes} bytes of text."
            )
        verdict = await self.asking.answer_by_hand(word.upper(), words, f"uid={peer.uid}")
        said = f"{word.upper()} is answered." if verdict.counts else verdict.words
        return {"outcome": verdict.outcome, "words": said}

    async def _withdraw(self, word: str) -> Reply:
        stored = self.asking.questions.get(word)
        if stored is None:
            return {"outcome": "unknown", "words": f"There is no question {word!r}."}
        done = await self.asking.withdraw(stored)
        words = f"{word} is withdrawn." if done else f"Nothing changes: {stored.outcome}"
        return {"outcome": "withdrawn" if done else "again", "words": words}

    def _wanted(self, request: dict[str, Any]) -> Wanted:
        text, thread = request.get("text"), request.get("thread")
        size = len(text.encode("utf-8", "replace")) if isinstance(text, str) and text.strip() else 0
        if not isinstance(text, str) or not 0 < size <= LONGEST_QUESTION:
            raise RequestError(
                "too_large" if size else "empty",
                f"`text` is expected to be a question of at most {LONGEST_QUESTION} bytes, and has {size}.",
            )
        if thread and identifier(thread) is None:
            raise RequestError(
                "bad_request", "`thread` is expected to be an id: printable, at most 255 bytes."
            )
        choices, free_text = _choices(request.get("choices") or []), request.get("free_text") is True
        if not choices and not free_text:
            raise RequestError(
                "bad_request", "A question is expected to have `choices` or `free_text`, and has neither."
            )
        given = request.get("timeout", 3600)
        seconds = min(self.most_seconds, DAY) if given is None else _number(given, "timeout", 1)
        if seconds > self.most_seconds:
            raise RequestError(
                "bad_request",
                f"`timeout` is expected to be at most {self.most_seconds:g} seconds (question_timeout), found {seconds:g}.",
            )
        return Wanted(text, choices, free_text, thread or None, seconds)

    def _describe(self, stored: StoredQuestion) -> Reply:
        """A question as JSON, without its words."""
        entry = self.asking.delivery(stored)
        return {
            "id": stored.id,
            "state": stored.state,
            "answer": stored.answer,
            "answered_by": stored.answered_by,
            "outcome": stored.outcome if stored.state != "open" else "",
            "left": max(self.asking.questions.left_of(stored), 0.0) if stored.state == "open" else 0.0,
            "delivery": entry.state if entry else None,
            "detail": entry.error if entry else None,
        }


def _choices(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_CHOICES:
        raise RequestError("bad_request", f"`choices` is expected to be a list of at most {MOST_CHOICES}.")
    found: dict[str, str] = {}
    for one in value:
        choice = " ".join(one.split()) if isinstance(one, str) and one.isprintable() else ""
        if not 0 < len(choice) <= LONGEST_CHOICE or "`" in choice or any(said_in(f"{choice} x")):
            raise RequestError(
                "bad_request",
                f"A choice is expected to be 1 to {LONGEST_CHOICE} printable characters in one line, "
                "without ` and not like a question's id.",
            )
        if choice.casefold() in found:
            raise RequestError("bad_request", f"The choice {choice!r} is there twice.")
        found[choice.casefold()] = choice
    return tuple(found.values())


def _number(value: object, name: str, least: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= least:
        raise RequestError(
            "bad_request", f"`{name}` is expected to be a number of seconds, at least {least:g}."
        )
    return float(min(value, 1e12))
