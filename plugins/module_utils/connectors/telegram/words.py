# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a Telegram message, in whatever form they were written: pure functions, nothing is fetched.

What a person wrote is never dropped without a trace. Source: Bot API 8.0, "Message", "MessageEntity", "MessageOrigin".
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..border import Foreign, words
from ..unreadable import UNKNOWN

_NOTICES = (
    *("new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo", "delete_chat_photo"),
    *("group_chat_created", "supergroup_chat_created", "channel_chat_created"),
    *("message_auto_delete_timer_changed", "migrate_to_chat_id", "migrate_from_chat_id", "pinned_message"),
    *("boost_added", "chat_background_set", "users_shared", "chat_shared", "write_access_allowed"),
    *("forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened"),
    *("general_forum_topic_hidden", "general_forum_topic_unhidden", "proximity_alert_triggered"),
    *("video_chat_scheduled", "video_chat_started", "video_chat_ended", "video_chat_participants_invited"),
    *("giveaway_created", "giveaway", "giveaway_winners", "giveaway_completed", "connected_website"),
)
"""What Telegram says itself in a chat ("Service messages"): nobody wrote it."""

_URL = 2048


def is_notice(message: Foreign) -> bool:
    """Whether a message is Telegram's own."""
    return any(key in message for key in _NOTICES)


def lines_of(message: Foreign) -> Iterator[str]:
    """What a message says, part by part, without its files; none is empty."""
    forwarded = "forward_origin" in message
    for part in _parts(message):
        if part.strip():
            # Another's words, and every line of them is marked.
            yield (
                "\n".join(f"[forwarded] {line}" for line in part.splitlines() if line.strip())
                if forwarded
                else part
            )


def _parts(message: Foreign) -> Iterator[str]:
    yield _spoken(message, "text", "entities")
    yield _spoken(message, "caption", "caption_entities")
    if "sticker" in message:
        yield f"[sticker: {message.object('sticker').words('emoji')}]"
    if "dice" in message:
        dice = message.object("dice")
        yield f"[dice: {dice.words('emoji')} {dice.number('value')}]"
    if "contact" in message:
        contact = message.object("contact")
        named = (contact.words("first_name"), contact.words("last_name"), contact.words("phone_number"))
        yield f"[contact: {' '.join(filter(None, named))}]"
    yield from _where(message)
    yield _poll(message.object("poll"))


def _where(message: Foreign) -> Iterator[str]:
    venue = message.object("venue")
    place = venue.object("location") or message.object("location")
    if place:
        named = (venue.words("title"), venue.words("address"), words(json.dumps(dict(place.plain))))
        yield f"[location: {' '.join(filter(None, named))}]"


def _poll(poll: Foreign) -> str:
    if not poll:
        return ""
    answers = (one.text("text") or "" for one in poll.objects("options"))
    return "\n".join(
        [
            f"[poll] {poll.text('question') or UNKNOWN}",
            *(f"{number}. {one}" for number, one in enumerate(answers, 1)),
        ]
    )


def _spoken(message: Foreign, key: str, entities: str) -> str:
    """A text with the addresses that its links hide, each behind the words that show it."""
    text = message.text(key) or ""
    links = [one for one in message.objects(entities) if one.text("type") == "text_link"]
    if not links:
        return text
    # Counted in UTF-16 ("MessageEntity"): an emoji is two.
    units = text.encode("utf-16-le")
    for link in sorted(links, key=lambda one: one.number("offset") or 0, reverse=True):
        url, offset, length = link.words("url", limit=_URL), link.number("offset"), link.number("length")
        if url and offset is not None and length is not None and 0 <= 2 * (offset + length) <= len(units):
            end = 2 * (offset + length)
            units = units[:end] + f" ({url})".encode("utf-16-le") + units[end:]
    return units.decode("utf-16-le", "replace")
