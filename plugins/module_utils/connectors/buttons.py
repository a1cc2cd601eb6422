# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The choices of a question as buttons below its message: what every kind that has buttons needs for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .question_words import settled
from .types import AskedQuestion, InboundAnswer, OutboundMessage

_MARK = re.compile(r"mosaic:([A-Z0-9]{1,16}):([1-9][0-9]?)")


@dataclass(frozen=True)
class ButtonMessage(OutboundMessage):
    """A message with a button for each choice: what stands on it, and the mark that comes back when it is pressed."""

    buttons: tuple[tuple[str, str], ...] = ()


def with_buttons(question: AskedQuestion) -> ButtonMessage:
    """The message that asks, with its choices as buttons."""
    message = question.message
    marks = (f"mosaic:{question.id}:{number}" for number in range(1, len(question.choices) + 1))
    buttons = tuple(zip(question.choices, marks, strict=True))
    return ButtonMessage(message.text, message.thread_id, message.attachments, buttons)


def settled_within(question: AskedQuestion, outcome: str, fits: Callable[[str], bool]) -> str:
    """What a question's message reads once it is over; where that fits into no message, how it ended alone."""
    text = settled(question.message.text, outcome)
    return text if fits(text) else outcome


def pressed(
    mark: str | None, *, sender: str, ts: str, thread_id: str | None, message_id: str
) -> InboundAnswer | None:
    """The answer that a pressed button gives; None for a mark that is none of ours."""
    found = _MARK.fullmatch(mark or "")
    if found is None:
        return None
    word, number = found[1], int(found[2])
    return InboundAnswer(
        f"[button {number} of the question {word} was pressed]",
        sender,
        ts,
        thread_id,
        message_id,
        question=word,
        number=number,
    )
