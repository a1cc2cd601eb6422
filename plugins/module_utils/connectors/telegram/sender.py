# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending: one message becomes one post or several, and what Telegram has taken is never sent again.

Telegram has no id by which a post can be repeated, and shows a bot no history to look into: after an answer that was lost,
nobody can know whether the post stands. It is sent again then, since a message twice is better than none. A post whose
answer came is remembered across restarts. Source: Bot API 8.0, "sendMessage", "sendDocument", "Sending files".
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import NamedTuple

from ..attachments import Attachment, load_attachment
from ..border import Foreign
from ..buttons import ButtonMessage
from ..characters import storable
from ..errors import ConfigError, ConnectorError
from ..retries import Deadline, quiet_asked
from ..sending import ChatSender
from ..split import split_text
from ..store.answers import Answers
from ..types import OutboundMessage, SendFailure, SendResult
from .chat import Chat
from .errors import NotTelegramError, TelegramApiError, TelegramTokenError
from .html import Rendered, render, units
from .questions import is_done_already, keyboard
from .settings import TelegramSettings

MAX_UNITS = 4096
_MOST_MARKUP = 4
"""How many times as long as what is seen of it a text may be and still be rendered to see whether it fits."""

_THREAD = re.compile(r"[1-9][0-9]{0,15}")
_GENERAL = "1"
"""The topic that every forum has: what is sent there names none."""

_UNREADABLE_MARKUP = "can't parse entities"


class Post(NamedTuple):
    """One text with its buttons, or one file."""

    text: str = ""
    file: Attachment | None = None
    buttons: tuple[tuple[str, str], ...] = ()


class Sender(ChatSender):
    """Sends into our chat and its topics."""

    def __init__(self, chat: Chat, answers: Answers, settings: TelegramSettings) -> None:
        super().__init__()
        self._chat = chat
        self._answers = answers
        self._settings = settings

    async def _send(
        self, message: OutboundMessage, transaction_id: str, first_tried: float | None
    ) -> SendResult:
        del first_tried  # there is nothing to look into, however long ago it was
        topic = _topic_of(message.thread_id)
        files = [
            await load_attachment(
                source, limit=self._settings.attachment_bytes, timeout=self._settings.request_timeout
            )
            for source in message.attachments
        ]
        # Cutting a long text takes a while, in which the line ought to live.
        posts = await asyncio.to_thread(_posts_of, message.text, files)
        if isinstance(message, ButtonMessage):
            posts[-1] = posts[-1]._replace(buttons=message.buttons)
        deadline = Deadline(self._settings, sum(len(file.data) for file in files))
        sent = [
            await self._once(_name(transaction_id, number), post, topic, deadline)
            for number, post in enumerate(posts)
        ]
        return SendResult(delivered=True, message_id=sent[-1 if isinstance(message, ButtonMessage) else 0])

    async def edit(self, message_id: str, text: str) -> SendResult:
        """Have a message of ours read so, without buttons; raises only what ends the line for good."""
        rendered = await asyncio.to_thread(render, text)
        deadline = Deadline(self._settings)
        more: dict[str, object] = {
            "message_id": int(message_id),
            "link_preview_options": {"is_disabled": True},
        }
        try:
            await deadline.repeat(
                lambda timeout: self._say(_seen(rendered, text), timeout, more, method="editMessageText")
            )
        except ConnectorError as error:
            if self._is_fatal(error):
                raise
            if not isinstance(error, TelegramApiError) or not is_done_already(error.said):
                return SendFailure(
                    error=str(error), permanent=self._is_refusal(error), retry_after=quiet_asked(error)
                )
        return SendResult(delivered=True, message_id=message_id)

    async def _once(self, name: str, post: Post, topic: dict[str, int], deadline: Deadline) -> str:
        """The number of a post's message: of the one that stands already, else of a new one."""
        known = await self._answers.of(name)
        if known is not None:
            return known
        message_id = await deadline.repeat(lambda timeout: self._post(post, topic, timeout))
        await self._answers.keep(name, message_id)
        return message_id

    async def _post(self, post: Post, topic: dict[str, int], timeout: float) -> str:
        if post.file is not None:
            content = {"document": (post.file.name, post.file.data, post.file.mimetype)}
            answer = await self._chat.call("sendDocument", timeout=timeout, files=content, **topic)
        else:
            rendered = await asyncio.to_thread(render, post.text)
            # Its preview would have Telegram fetch every address that an agent names.
            more = {"link_preview_options": {"is_disabled": True}, **topic, **keyboard(post.buttons)}
            answer = await self._say(_seen(rendered, post.text), timeout, more)
        number = answer.number("message_id")
        if number is None:
            raise NotTelegramError("Telegram took a message and named no number for it.")
        return str(number)

    async def _say(
        self, rendered: Rendered, timeout: float, more: dict[str, object], *, method: str = "sendMessage"
    ) -> Foreign:
        if rendered.html:
            try:
                return await self._chat.call(
                    method, text=rendered.html, parse_mode="HTML", timeout=timeout, **more
                )
            except TelegramApiError as error:
                if _UNREADABLE_MARKUP not in error.said:
                    raise
        # Words without their looks are better than no words.
        return await self._chat.call(method, text=rendered.plain, timeout=timeout, **more)

    @staticmethod
    def _is_fatal(error: ConnectorError) -> bool:
        return isinstance(error, TelegramTokenError)

    @staticmethod
    def _is_refusal(error: ConnectorError) -> bool:
        """What concerns this message alone: a chat that does not let us talk concerns all, and a human can mend it."""
        if not isinstance(error, TelegramApiError) or error.status not in (400, 413):
            return False
        return not any(words in error.said.lower() for words in _NOT_THE_MESSAGES)


_NOT_THE_MESSAGES = (
    "chat not found",
    "not enough rights",
    "have no rights",
    "chat_write_forbidden",
    "upgraded",
)


def _topic_of(thread_id: str | None) -> dict[str, int]:
    if thread_id is None or thread_id == _GENERAL:
        return {}
    if not _THREAD.fullmatch(thread_id):
        raise ConfigError(
            f"A thread is expected to be the number of a topic of the chat, found {thread_id!r}. Give the thread_id of a "
            "message that was received, or none."
        )
    return {"message_thread_id": int(thread_id)}


def _posts_of(text: str, files: list[Attachment]) -> list[Post]:
    texts = split_text(storable(text), fits) if text.strip() else []
    return [*map(Post, texts), *(Post(file=file) for file in files)]


def fits(text: str) -> bool:
    """Whether a text is one post."""
    length = units(text)
    if length <= MAX_UNITS:
        return True
    return length <= _MOST_MARKUP * MAX_UNITS and units(render(text).plain) <= MAX_UNITS


def _seen(rendered: Rendered, text: str) -> Rendered:
    """What is rendered, or the text as it is where nothing of it would be seen or too much."""
    if rendered.plain.strip() and units(rendered.plain) <= MAX_UNITS:
        return rendered
    return Rendered("", text)


def _name(transaction_id: str, number: int) -> str:
    return hashlib.sha256(f"telegram\0{transaction_id}\0{number}".encode()).hexdigest()
