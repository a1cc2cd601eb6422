# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions on Matrix: the choices are reactions that we put below the message, and an operator's own is the answer.

Source: Matrix client-server API v1.11, "Event annotations and reactions", "Event replacements".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from ..border import in_path
from ..ending import within
from ..errors import ConnectorError
from ..question_words import settled, signs
from ..retries import Deadline
from ..types import AskedQuestion
from .content import QUESTION_KEY, ContentMessage, text_contents
from .errors import MatrixApiError
from .http import MatrixHttp
from .settings import MatrixSettings

_log = logging.getLogger(__name__)

OFFER_SECONDS = 15.0
"""How long it may take to put the choices below a message: whoever asks waits for it."""


def asking(question: AskedQuestion) -> ContentMessage:
    """The message that asks: it bears the question's id, by which a reaction is known for its answer."""
    text = question.message.text
    if question.choices:
        pairs = zip(signs(question.choices), question.choices, strict=True)
        text += f" Or react with {', '.join(f'{sign} {choice}' for sign, choice in pairs)}."
    return ContentMessage(text, question.message.thread_id, further={QUESTION_KEY: question.id})


def settling(question: AskedQuestion, event_id: str, outcome: str) -> ContentMessage:
    """The edit by which the message that asked says how it ended."""
    return edited(event_id, settled(question.message.text, outcome), {QUESTION_KEY: question.id})


def edited(event_id: str, text: str, more: Mapping[str, str] | None = None) -> ContentMessage:
    """The edit by which a message of ours reads so, with `more` in its content."""
    further = {
        "m.new_content": {**text_contents(text)[-1], **(more or {})},
        "m.relates_to": {"rel_type": "m.replace", "event_id": event_id},
    }
    return ContentMessage(f"* {text}", further=further)


class Choices:
    """Puts the choices of questions below their messages."""

    def __init__(
        self, http: MatrixHttp, room: Callable[[bool], Awaitable[str]], settings: MatrixSettings
    ) -> None:
        self._http = http
        self._room = room
        self._settings = settings

    async def offer(self, question: AskedQuestion, event_id: str, transaction_id: str) -> None:
        """Put a reaction for each choice below the message; what does not come about is told in the log."""
        try:
            await within(self._offer(question, event_id, transaction_id), OFFER_SECONDS)
        except (ConnectorError, asyncio.TimeoutError) as error:
            why = str(error) or f"it took longer than {OFFER_SECONDS:g} s"
            _log.warning(
                "question %s is without all of its reactions, its words answer it: %s", question.id, why
            )

    async def is_gone(self, event_id: str) -> bool:
        """Whether the message that asked was deleted, or is none of this room."""
        path = f"/_matrix/client/v3/rooms/{in_path(await self._room(False))}/event/{in_path(event_id)}"
        try:
            event = await self._http.request("GET", path, make_sure=False)
        except MatrixApiError as error:
            return error.status == 404
        return not event.object("content")

    async def _put(self, path: str, relation: dict[str, str], timeout: float) -> None:
        await self._http.request("PUT", path, json={"m.relates_to": relation}, timeout=timeout)

    async def _offer(self, question: AskedQuestion, event_id: str, transaction_id: str) -> None:
        deadline = Deadline(self._settings)
        sending = f"/_matrix/client/v3/rooms/{in_path(await self._room(False))}/send/m.reaction"
        for number, sign in enumerate(signs(question.choices), 1):
            path = f"{sending}/{in_path(f'{transaction_id}.r{number}')}"
            relation = {"rel_type": "m.annotation", "event_id": event_id, "key": sign}
            try:
                await deadline.repeat(partial(self._put, path, relation))
            except MatrixApiError as error:
                if error.errcode != "M_DUPLICATE_ANNOTATION":  # it is there, from a try that was thought lost
                    raise
