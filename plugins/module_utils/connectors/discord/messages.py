# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a Discord message to one for the orchestrator: pure functions, nothing is fetched.

Source: Discord API v10, "Message Object", "Message Types", "Message Formatting".
"""

from __future__ import annotations

from ..quoting import named
from ..times import iso_time
from ..types import InboundMessage
from .snowflake import number_of, time_of
from .words import UNKNOWN, Document, lines_of, mapping

_REPLY = 19
_WRITTEN_BY_SOMEBODY = (0, _REPLY)
"""Default and reply: every other type is Discord's own notice (a pin, a joined member, a new thread)."""


def author_of(message: Document) -> str | None:
    """The id of who wrote a message, or None for something that is no message."""
    author = mapping(message.get("author")).get("id")
    return author if isinstance(author, str) else None


def read_message(message: Document, channel_id: str) -> InboundMessage | None:
    """The message for the handler, or None when there is nothing to hand over.

    One from another channel than `channel_id` is taken to be from a thread of it.
    """
    number, sender, place = number_of(message.get("id")), author_of(message), message.get("channel_id")
    if number is None or sender is None or message.get("type") not in _WRITTEN_BY_SOMEBODY:
        return None
    said = list(lines_of(message)) or [UNKNOWN]
    text = "\n".join(filter(None, [_answered(message), *said]))
    return InboundMessage(
        text=text,
        sender=sender,
        ts=iso_time(time_of(number)),
        thread_id=place if isinstance(place, str) and place != channel_id else None,
        message_id=str(number),
    )


def _answered(message: Document) -> str | None:
    """What a reply answers, by id, author and first words; None for what is no reply."""
    if message.get("type") != _REPLY:
        return None
    answered = mapping(message.get("referenced_message"))  # null when it was deleted
    target = answered.get("id") or mapping(message.get("message_reference")).get("message_id")
    if not isinstance(target, str):
        return None
    author = mapping(answered.get("author")).get("username")
    words = next(lines_of(answered), None)
    return f"[in reply to {named(target, words, author if isinstance(author, str) else None)}]"
