# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receiving: one long poll after another; what a poll brings is confirmed by the next one, and only when it is stored.

Telegram hands out again what was not confirmed, so that a crash loses nothing; what is done already is recognised by chat
and number. Source: Bot API 8.0, "Getting updates", "getUpdates".
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import replace

from ..border import Foreign
from ..errors import ConnectorError, ResponseTooLargeError
from ..handover import Handover
from ..received import recordings
from ..receiving import PersistentReceiver
from ..types import InboundMessage, PartialMessage, StrayMessage
from .api import BotApi
from .chat import Chat
from .errors import TelegramConflictError, TelegramTokenError
from .files import WAITING, Fetcher
from .messages import Received, chat_of, key_of, read_message, sender_of
from .place import TelegramPlace
from .questions import key_of_press, read_press
from .settings import TelegramSettings

_log = logging.getLogger(__name__)

_WANTED = ("message", "edited_message", "callback_query")
_MOST = 100
"""Updates that Telegram gives at once."""
_PACE = 0.25
"""Seconds that two polls are apart at least, where the first one brought nothing new."""

_TOLD = 20
"""Unreadable messages, and foreign chats, that the journal names: anybody can write to a bot."""


class Receiver(PersistentReceiver):
    """Receives what is written in one chat, from where its place stands."""

    def __init__(
        self,
        api: BotApi,
        *,
        chat: Chat,
        place: TelegramPlace,
        handover: Handover,
        fetcher: Fetcher,
        settings: TelegramSettings,
    ) -> None:
        super().__init__(settings)
        self._api = api
        self._chat = chat
        self._place = place
        self._handover = handover
        self._fetcher = fetcher
        self._settings = settings
        self._stamped = 0.0
        self._listens = False
        self._most = _MOST
        self._unreadable = 0
        self._foreign: set[int | None] = set()
        self._conflicts: list[float] = []
        self._conflict: TelegramConflictError | None = None
        self.gap: str | None = None
        """What may have been lost, and why."""
        self.last_contact = 0.0
        """When a poll was last answered, in seconds since the epoch; 0 before."""

    @property
    def obstacle(self) -> str | None:
        """Who else gets what is written to us: a webhook at once, another program when it was met twice.

        Once is nothing: the poll of a process that was just killed may still stand there.
        """
        since = time.monotonic() - self._settings.conflict_memory
        self._conflicts = [one for one in self._conflicts if one >= since]
        if self._conflict is None or len(self._conflicts) < (1 if self._conflict.webhook else 2):
            return None
        return str(self._conflict)

    def notes(self) -> list[str]:
        """What a human ought to know, in sentences."""
        told = (self.trouble, self.gap, *self._chat.notes(), *self._handover.notes())
        return [note for note in told if note]

    async def run(self) -> None:
        """Receive until cancelled; raises only what ends the line for good."""
        if self._place.chat is not None:
            self._chat.move(self._place.chat)
        self._chat.on_moved = self._moved
        await self._keep_on()

    def _is_fatal(self, error: ConnectorError) -> bool:
        return isinstance(error, TelegramTokenError) and self._api.refused is not None

    def _went_well(self) -> None:
        self.trouble = None
        if self.obstacle is None:
            self._backoff.reset()

    def _pause_after(self, error: ConnectorError) -> float:
        if isinstance(error, ResponseTooLargeError):
            # Anybody can write to a bot: what strangers make so long must not keep us from the rest.
            self._most = max(self._most // 10, 1)
        if isinstance(error, TelegramConflictError):
            self._conflict = error
            self._conflicts.append(time.monotonic())
            if not error.webhook and len(self._conflicts) > 1:
                self.gap = (
                    "Messages may have gone to the other program that fetches them with this bot's token."
                )
        return super()._pause_after(error)

    async def _step(self) -> bool:
        """One poll, and all that it brings."""
        # The first one, and that after a failure, is not held, so that we know at once whether we listen.
        hold = self._settings.poll_timeout if self._listens else 0.0
        self._listens = False
        await self._poll(hold)
        return True

    async def _poll(self, hold: float) -> None:
        self._place.forget_stale(self._settings.offset_trusted)
        offset = self._place.offset
        began = time.monotonic()
        updates = await self._api.updates(offset=offset, hold=hold, most=self._most, allowed=_WANTED)
        self._most = _MOST if len(updates) < self._most else self._most
        self._answered(offset)
        edits = _edits(updates)
        for update in updates:
            await self._take(update, edits)
        if time.time() - self._stamped >= self._settings.stamp_every:
            await self._place.keep()
            self._stamped = time.time()
        if self._place.offset in (None, offset):
            # Nothing new: a server that does not hold the request, or forgets nothing, must not be hammered.
            await asyncio.sleep(max(_PACE - (time.monotonic() - began), 0.0))

    def _answered(self, offset: int | None) -> None:
        now = time.time()
        self._place.confirmed(offset)
        silence = now - self._place.polled_at
        if self._place.polled_at and silence > self._settings.updates_kept:
            self.gap = (
                f"Nothing was fetched for {silence / 3600:.0f} hours, and Telegram keeps what is written for 24: what was "
                "written before that may be lost. Ask for it again."
            )
            _log.error("%s", self.gap)
        self._place.polled_at = self.last_contact = now
        self._listens = True
        self.ready.set()

    async def _take(self, update: Foreign, edits: dict[str, Foreign]) -> None:
        """Hand over the message of one update unless it is done, and note that the update is."""
        number, message = update.number("update_id"), update.object("message")
        query = update.object("callback_query")
        shown = query.object("message") or message
        key = key_of_press(query) if query else key_of(message)
        taken: InboundMessage | None = None
        if shown and key is not None and self._is_ours(shown) and not self._place.is_done(key):
            taken = read_press(self._api, query, key) if query else self._read(message, edits, key)
            if taken is not None:
                await self._handover.hand_over(taken)
            self._place.note(key)
        elif message and not self._is_ours(message):
            await self._stray(message)
        edit = update.object("edited_message")
        if edit and key_of(edit) in edits:
            await self._hear_edit(edit)
        if number is not None:
            self._place.passed(number)
        if taken is not None:
            await self._place.keep()
            self._stamped = time.time()

    async def _hear_edit(self, edit: Foreign) -> None:
        """Tell of what an operator makes of a message that was handed over before."""
        key = key_of(edit)

        def read() -> InboundMessage | None:
            received = read_message(edit, self._api.bot_id)
            return None if received is None else replace(received.message, message_id=f"edit:{key}")

        if key is not None and self._chat.is_ours(chat_of(edit)) and self._place.is_done(key):
            await self._handover.hear_of_edit(sender_of(edit), read)

    async def _stray(self, message: Foreign) -> None:
        """An operator who writes to the bot itself is told where to talk; of a group he is told in our chat."""
        chat, sender = chat_of(message), message.object("from").number("id")
        private = chat is not None and chat == sender
        if chat is None or sender is None or not self._handover.wants_to_hear_of(str(sender)):
            return
        if not private and not _names(message, self._api.bot_id):
            return
        home = f"the chat {self._chat.id}"
        stray = StrayMessage(str(sender), str(chat), home, max(message.number("date") or 0, 0), private)

        async def say(sentence: str) -> None:
            await self._api.object("sendMessage", chat_id=chat, text=sentence)

        await self._handover.answer_stray(stray, say)

    def _is_ours(self, message: Foreign) -> bool:
        chat = chat_of(message)
        successor = message.number("migrate_to_chat_id")
        if successor is not None and self._chat.is_ours(chat):
            self._chat.move(successor)
        elif chat is not None and self._chat.is_ours(message.number("migrate_from_chat_id")):
            self._chat.move(chat)
        if self._chat.is_ours(chat):
            return True
        if chat not in self._foreign and len(self._foreign) < _TOLD:
            self._foreign.add(chat)
            _log.info("what is written in chat %s is passed over: chat_id names %d", chat, self._chat.id)
        return False

    def _read(self, message: Foreign, edits: dict[str, Foreign], key: str) -> InboundMessage | None:
        """The message as its writer wants it by now; None when it has none, or nobody thought of what it holds."""
        try:
            edit = edits.pop(key, None)
            if edit is not None and sender_of(edit) == sender_of(message):
                message = edit
            received = read_message(message, self._api.bot_id)
            return None if received is None else self._complete(received, key)
        except Exception:
            # One message must not hold up all that follow it, and many must not fill the journal.
            self._unreadable += 1
            if self._unreadable <= _TOLD:
                _log.exception("message %s is passed over: it could not be read", key_of(message))
            return None

    def _complete(self, received: Received, key: str) -> InboundMessage:
        """The message, which says of its file what it is, and fetches it when it is asked for."""
        message, file = received.message, received.file
        if file is None:
            return message

        def told(where: str) -> str:
            return "\n".join(filter(None, [message.text, file.describe(where)]))

        async def rest() -> InboundMessage:
            where = await self._fetcher.fetch(file, key)
            return replace(message, text=told(where), recordings=recordings(where, file.mimetype, file.what))

        return PartialMessage(**{**vars(message), "text": told(WAITING)}, rest=rest)

    def _moved(self, successor: int) -> None:
        self._place.chat = successor
        self._stamped = 0.0  # kept after this poll


def _names(message: Foreign, bot_id: int) -> bool:
    """Whether a message answers the bot, or names it as one without a user name is named."""
    named = [one.object("user") for one in message.objects("entities")]
    return bot_id in [
        user.number("id") for user in (*named, message.object("reply_to_message").object("from"))
    ]


def _edits(updates: Iterable[Foreign]) -> dict[str, Foreign]:
    """The latest edits among `updates`, by message: what still waits is handed over as it reads by now."""
    edited = (update.object("edited_message") for update in updates)
    return {key: message for message in edited if (key := key_of(message)) is not None}
