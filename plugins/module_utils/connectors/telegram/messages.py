# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a Telegram message to one for the orchestrator: pure functions, nothing is fetched.

Source: Bot API 8.0, "Message", "User", "Chat", "PhotoSize", "Document".
"""

from __future__ import annotations

from dataclasses import dataclass

from ..border import Foreign
from ..quoting import named
from ..times import iso_time
from ..types import InboundMessage
from ..unreadable import UNKNOWN
from .words import is_notice, lines_of

_FILES = ("document", "audio", "voice", "video", "video_note")
_START = "/start"


@dataclass(frozen=True)
class File:
    """A file that came with a message: what Telegram calls it, and what its sender says about it."""

    file_id: str
    name: str
    what: str
    mimetype: str | None
    size: int | None

    def describe(self, where: str) -> str:
        """One line for the orchestrator; `where` is a path, or says why there is none."""
        size = f"{self.size} bytes" if self.size is not None else None
        facts = ", ".join(fact for fact in (self.mimetype, size) if fact)
        return f"[{self.what}: {self.name}{f' ({facts})' if facts else ''}: {where}]"


@dataclass(frozen=True)
class Received:
    """A message ready for the handler but for its file, which is still with Telegram."""

    message: InboundMessage
    file: File | None = None


def chat_of(message: Foreign) -> int | None:
    """The number of the chat that a message is in."""
    return message.object("chat").number("id")


def key_of(message: Foreign) -> str | None:
    """What tells a message from all others that a bot gets: chat and number; None for what is no message."""
    chat, number = chat_of(message), message.number("message_id")
    return None if chat is None or number is None else f"{chat}:{number}"


def sender_of(message: Foreign) -> str | None:
    """Who wrote a message: a user, or the chat that an anonymous administrator speaks as, which is nobody's own number."""
    number = (message.object("sender_chat") or message.object("from")).number("id")
    return None if number is None else str(number)


def read_message(message: Foreign, bot_id: int) -> Received | None:
    """The message for the handler, or None when there is nothing to hand over."""
    key, sender = key_of(message), sender_of(message)
    if key is None or sender is None or sender == str(bot_id) or is_notice(message):
        return None
    if message.object("chat").text("type") == "private" and message.text("text") == _START:
        return None  # the button that opens a chat with a bot: nobody wrote it
    file = _file_of(message)
    said = list(lines_of(message))
    if not said and file is None:
        said = [UNKNOWN]
    return Received(
        InboundMessage(
            text="\n".join(filter(None, [_answered(message), *said])),
            sender=sender,
            ts=iso_time(max(message.number("date") or 0, 0)),
            thread_id=thread_of(message),
            message_id=key,
            reply_to=_answered_number(message),
            edited=message.number("edit_date") is not None,
        ),
        file,
    )


def thread_of(message: Foreign) -> str | None:
    """The topic that a message is in. The number alone is no topic: answers in a plain group have one, too."""
    number = message.number("message_thread_id")
    return str(number) if number is not None and message.is_true("is_topic_message") else None


def _answered_number(message: Foreign) -> str | None:
    """The number of the message that another one answers; what opened a topic is answered by all that is in it."""
    answered = message.object("reply_to_message")
    number = answered.number("message_id")
    return None if number is None or "forum_topic_created" in answered else str(number)


def _answered(message: Foreign) -> str | None:
    """What a message answers, by number, author and first words; None for what answers nothing."""
    answered, number = message.object("reply_to_message"), _answered_number(message)
    if number is None:
        return None
    quoted = message.object("quote").text("text") or next(lines_of(answered), None)
    author = answered.object("from").words("username") or answered.object("from").words("first_name")
    return f"[in reply to {named(number, quoted, author)}]"


def _file_of(message: Foreign) -> File | None:
    for what in _FILES:
        found = message.object(what)
        if found:
            return _file("video" if what == "video_note" else what, found)
    sizes = message.objects("photo")  # the same picture, the largest last
    return _file("photo", sizes[-1]) if sizes else None


def _file(what: str, found: Foreign) -> File | None:
    file_id, size = found.token("file_id"), found.number("file_size")
    if file_id is None:
        return None
    return File(
        file_id,
        found.words("file_name") or what,
        what,
        found.identifier("mime_type"),
        size if size is not None and size >= 0 else None,
    )
