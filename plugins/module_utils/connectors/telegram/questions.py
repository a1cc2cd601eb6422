# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions on Telegram: the choices are buttons below the message, and the message says later how it ended.

Source: Bot API 8.0, "InlineKeyboardMarkup", "CallbackQuery", "answerCallbackQuery", "editMessageText".
"""

from __future__ import annotations

import logging
import time
from typing import Any

from ..border import Foreign
from ..buttons import pressed
from ..errors import ConnectorError
from ..times import iso_time
from ..types import InboundMessage, PartialMessage
from .api import BotApi
from .messages import thread_of

_log = logging.getLogger(__name__)

_NOT_MODIFIED = "message is not modified"


def keyboard(buttons: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """The parameter of a message with these buttons, one below the other; nothing without any."""
    rows = [[{"text": label, "callback_data": mark}] for label, mark in buttons]
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def is_done_already(said: str) -> bool:
    """Whether Telegram refuses an edit because the message reads so already."""
    return _NOT_MODIFIED in said


def key_of_press(query: Foreign) -> str | None:
    """What tells one press of a button from all others; None for what is none."""
    number = query.identifier("id")
    return None if number is None else f"press:{number}"


def read_press(api: BotApi, query: Foreign, key: str) -> InboundMessage | None:
    """The answer that a press gives; None for a button that is none of ours.

    Telegram shows that a press is worked on until it is acknowledged, which is done for whoever is admitted.
    """
    sender = query.object("from").number("id")
    answer = pressed(
        query.text("data"),
        sender=str(sender),
        ts=iso_time(time.time()),  # a press comes without a time
        thread_id=thread_of(query.object("message")),
        message_id=key,
    )
    if answer is None or sender is None:
        return None

    async def rest() -> InboundMessage:
        try:
            await api.tell("answerCallbackQuery", callback_query_id=query.identifier("id") or "")
        except ConnectorError as error:
            # Too late for the show, and not for the answer.
            _log.info("a press of a button could not be acknowledged: %s", error)
        return answer

    return PartialMessage(
        answer.text, answer.sender, answer.ts, answer.thread_id, answer.message_id, rest=rest
    )
