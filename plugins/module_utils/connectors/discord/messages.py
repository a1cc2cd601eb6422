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

from ..times import iso_time
from ..types import InboundMessage
from .snowflake import number_of, time_of

Document = Mapping[str, Any]

_WRITTEN_BY_SOMEBODY = (0, 19)
"""Default and reply: every other type is Discord's own notice (a pin, a joined member, a new thread)."""

_MENTION = re.compile(r"<@!?(\d+)>")


def author_of(message: Document) -> str | None:
    """The id of who wrote a message, or None for something that is no message."""
    author = _mapping(message.get("author")).get("id")
    return author if isinstance(author, str) else None


def read_message(message: Document, channel_id: str) -> InboundMessage | None:
    """The message for the handler, or None when there is nothing to hand over.

    One from another channel than `channel_id` is taken to be from a thread of it.
    """
    number, sender, place = number_of(message.get("id")), author_of(message), message.get("channel_id")
    if number is None or sender is None or message.get("type") not in _WRITTEN_BY_SOMEBODY:
        return None
    text = "\n".join(line for line in _lines(message) if line)
    if not text:
        return None
    return InboundMessage(
        text=text,
        sender=sender,
        ts=iso_time(time_of(number)),
        thread_id=place if isinstance(place, str) and place != channel_id else None,
        message_id=str(number),
    )


def _lines(message: Document) -> Iterator[str]:
    yield _readable(message)
    for snapshot in _list(message.get("message_snapshots")):
        forwarded = _mapping(snapshot.get("message"))
        yield from (f"[forwarded] {line}" for line in _lines(forwarded) if line)
    for file in _list(message.get("attachments")):
        facts = ", ".join(str(file[key]) for key in ("content_type",) if file.get(key))
        size = f"{file.get('size')} bytes"
        # The address is signed and holds for a day; it needs no token.
        yield f"[file: {file.get('filename')} ({facts + ', ' if facts else ''}{size}): {file.get('url')}]"
    for sticker in _list(message.get("sticker_items")):
        yield f"[sticker: {sticker.get('name')}]"


def _readable(message: Document) -> str:
    """The text with user ids in mentions replaced by names."""
    content = message.get("content")
    if not isinstance(content, str):
        return ""
    names = {user.get("id"): user.get("username") for user in _list(message.get("mentions"))}

    def name(match: re.Match[str]) -> str:
        known = names.get(match.group(1))
        return f"@{known}" if isinstance(known, str) else match.group(0)

    return _MENTION.sub(name, content)


def _list(value: Any) -> list[Document]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _mapping(value: Any) -> Document:
    return value if isinstance(value, Mapping) else {}
