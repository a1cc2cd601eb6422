# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of questions: the ids, how a question is asked, and what of a message may be an answer.

Pure functions. What has the form of an answer is one only if the question is known (see `bridge.questions`).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .terminal import neutralise

ID_LETTERS = "ACDEFGHJKMNPQRTUVWXY"
ID_DIGITS = "34679"
"""Without what is read or heard for another: 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B."""

ID_LENGTH = 5
MOST_CHOICES = 10
LONGEST_CHOICE = 60
"""Characters: it stands on a button and is typed on a phone."""

LONGEST_QUESTION = 8000
"""Bytes of a question."""

_YES, _NO = "✅", "❌"
_NUMBERS = (*(f"{digit}\ufe0f\u20e3" for digit in range(1, 10)), "🔟")
_VARIATION = "\ufe0f"
"""Says that a sign is to be drawn in colours; clients send it or leave it out."""

_ID = rf"(?P<id>[{ID_LETTERS}{ID_DIGITS}]{{{ID_LENGTH}}})"
_FORMS = (
    re.compile(rf"{_ID}\s*:\s*(?P<own>\S.*)", re.IGNORECASE | re.DOTALL),
    re.compile(rf"{_ID}[ \t]+(?P<words>\S[^\n]*)", re.IGNORECASE),
    re.compile(rf"(?P<words>\S[^\n]*?)[ \t]+{_ID}", re.IGNORECASE),
)
_REPLY = re.compile(r"\[in reply to [^\n]*\]\n")
"""What connectors put in front of a message that answers another one."""

_AROUND = " \t\r\n`'\"\u201c\u201d«»"


@dataclass(frozen=True)
class Said:
    """What a message may say to the question `id`; `own`: in words of one's own, behind a colon."""

    id: str
    words: str
    own: bool = False


def new_id() -> str:
    """A random id such as K7QXM: it has a letter and a digit, so that it is no word of any language."""
    while True:
        found = "".join(secrets.choice(ID_LETTERS + ID_DIGITS) for _number in range(ID_LENGTH))
        if not (found.isalpha() or found.isdigit()):
            return found


def bare(text: str) -> str:
    """A message's own words: without what it answers, quotation marks, and the full stop that phones put behind them."""
    own = _REPLY.sub("", text, count=1) if text.startswith("[in reply to ") else text
    return own.strip(_AROUND).removesuffix(".").strip(_AROUND)


def said_in(text: str) -> Iterator[Said]:
    """The ways to read a whole message as an answer: `yes K7QXM`, `K7QXM yes`, `K7QXM: words`; upper or lower case."""
    words = bare(text)
    for form in _FORMS:
        found = form.fullmatch(words)
        if found is None:
            continue
        word, own = found["id"].upper(), found.groupdict().get("own")
        if not (word.isalpha() or word.isdigit()):
            yield Said(word, own if own is not None else found["words"].strip(_AROUND), own is not None)


def chosen(choices: Sequence[str], words: str) -> str | None:
    """The choice that is meant by `words`: its own, in upper or lower case, or its number; None for neither."""
    wanted = _compared(words)
    for choice in choices:
        if _compared(choice) == wanted:
            return choice
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) <= 2 else 0
    return choices[number - 1] if 1 <= number <= len(choices) else None


def touched(choices: Sequence[str], sign: str, number: int) -> str | None:
    """The choice that was touched: by its number from 1 on, its sign, or its words; None for none."""
    if number:
        return choices[number - 1] if 1 <= number <= len(choices) else None
    for choice, own in zip(choices, signs(choices), strict=True):
        if same_sign(own, sign):
            return choice
    return chosen(choices, sign)


def settled(text: str, outcome: str) -> str:
    """The message that asked, once it is over: the words that answer it give way to how it ended."""
    return f"{text.rpartition(chr(10))[0]}\n{outcome}"


def signs(choices: Sequence[str]) -> tuple[str, ...]:
    """A sign for each choice, for reactions: a tick and a cross for yes and no, else numbers."""
    if [choice.casefold() for choice in choices] == ["yes", "no"]:
        return _YES, _NO
    return _NUMBERS[: len(choices)]


def same_sign(one: str, other: str) -> bool:
    """Whether two signs are the same to who sees them."""
    return one.replace(_VARIATION, "") == other.replace(_VARIATION, "")


def asked(id_: str, text: str, choices: Sequence[str], until: str, *, free_text: bool) -> str:
    """The message that asks: the question, its choices, and the words that answer it."""
    lines = [neutralise(text).strip(), ""]
    lines += [f"{number}. {choice}" for number, choice in enumerate(choices, 1)]
    ways = [f"`{choice} {id_}`" for choice in choices]
    if free_text:
        ways.append(f"`{id_}: your words`")
    return "\n".join([*lines, *([""] if choices else []), f"Answer until {until} with {_or(ways)}."])


def _compared(words: str) -> str:
    return " ".join(words.casefold().split()).removesuffix(".")


def _or(ways: Sequence[str]) -> str:
    return " or ".join([", ".join(ways[:-1]), ways[-1]] if len(ways) > 1 else ways)
