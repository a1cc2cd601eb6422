# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a Discord message to one for the orchestrator: pure functions, nothing is fetched.

Source: Discord API v10, "Message Object", "Message Types", "Message Formatting".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..border import Foreign
from ..quoting import named
from ..times import iso_time
from ..types import InboundMessage
from ..unreadable import UNKNOWN
from .files import Where, waiting
from .snowflake import time_of
from .words import lines_of

_REPLY = 19
_WRITTEN_BY_SOMEBODY = (0, _REPLY)
"""Default and reply: every other type is Discord's own notice (a pin, a joined member, a new thread)."""


def author_of(message: Foreign) -> str | None:
    """The id of who wrote a message, or None for something that is no message."""
    return message.object("author").identifier("id")


def read_message(
    message: Foreign | Mapping[str, Any], channel_id: str, where: Where = waiting
) -> InboundMessage | None:
    """The message for the handler, or None when there is nothing to hand over; `where` says where its files are.

    One from another channel than `channel_id` is taken to be from a thread of it.
    """
    message = Foreign(message)
    number, sender, place = message.snowflake("id"), author_of(message), message.identifier("channel_id")
    if number is None or sender is None or message.number("type") not in _WRITTEN_BY_SOMEBODY:
        return None
    said = list(lines_of(message, where)) or [UNKNOWN]
    text = "\n".join(filter(None, [_answered(message), *said]))
    return InboundMessage(
        text=text,
        sender=sender,
        ts=iso_time(time_of(number)),
        thread_id=place if place != channel_id else None,
        message_id=str(number),
        reply_to=_target(message),
        edited=message.text("edited_timestamp") is not None,
    )


def _target(message: Foreign) -> str | None:
    """The id of the message that a reply answers; None for what is no reply."""
    if message.number("type") != _REPLY:
        return None
    answered = message.object("referenced_message")  # null when it was deleted
    return answered.identifier("id") or message.object("message_reference").identifier("message_id")


def _answered(message: Foreign) -> str | None:
    """What a reply answers, by id, author and first words; None for what is no reply."""
    answered, target = message.object("referenced_message"), _target(message)
    if target is None:
        return None
    author = answered.object("author").words("username")
    return f"[in reply to {named(target, next(lines_of(answered), None), author)}]"
