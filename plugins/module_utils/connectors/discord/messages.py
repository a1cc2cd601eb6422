# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a Discord message to one for the orchestrator: pure functions, nothing is fetched.

Source: Discord API v10, "Message Object", "Message Types", "Message Formatting".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..border import Foreign
from ..times import iso_time
from ..types import InboundMessage
from .snowflake import time_of

_WRITTEN_BY_SOMEBODY = (0, 19)
"""Default and reply: every other type is Discord's own notice (a pin, a joined member, a new thread)."""

_MENTION = re.compile(r"<@!?(\d{1,20})>")
_URL = 2048


def author_of(message: Foreign) -> str | None:
    """The id of who wrote a message, or None for something that is no message."""
    return message.object("author").identifier("id")


def read_message(message: Foreign | Mapping[str, Any], channel_id: str) -> InboundMessage | None:
    """The message for the handler, or None when there is nothing to hand over.

    One from another channel than `channel_id` is taken to be from a thread of it.
    """
    message = Foreign(message)
    number, sender, place = message.snowflake("id"), author_of(message), message.identifier("channel_id")
    if number is None or sender is None or message.number("type") not in _WRITTEN_BY_SOMEBODY:
        return None
    text = "\n".join(line for line in _lines(message) if line)
    if not text:
        return None
    return InboundMessage(
        text=text,
        sender=sender,
        ts=iso_time(time_of(number)),
        thread_id=place if place != channel_id else None,
        message_id=str(number),
    )


def _lines(message: Foreign) -> Iterator[str]:
    yield _readable(message)
    for snapshot in message.objects("message_snapshots"):
        forwarded = snapshot.object("message")
        yield from (f"[forwarded] {line}" for line in _lines(forwarded) if line)
    for file in message.objects("attachments"):
        size = file.number("size")
        told = (file.words("content_type"), f"{size} bytes" if size is not None else "")
        facts = ", ".join(fact for fact in told if fact)
        # The address is signed and holds for a day; it needs no token.
        yield f"[file: {file.words('filename')} ({facts}): {file.words('url', limit=_URL)}]"
    for sticker in message.objects("sticker_items"):
        yield f"[sticker: {sticker.words('name')}]"


def _readable(message: Foreign) -> str:
    """The text with user ids in mentions replaced by names."""
    names = {user.identifier("id"): user.words("username") for user in message.objects("mentions")}

    def name(match: re.Match[str]) -> str:
        known = names.get(match.group(1), "")
        return f"@{known}" if known else match.group(0)

    return _MENTION.sub(name, message.text("content") or "")
