# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receiving: what the gateway brings, and from the history what it could not bring.

Whenever a new session begins, the history after the last message handled is read first, across the
channel and its threads; a session that was resumed has been sent what it missed. Every message
passes the place, so that none is handed over twice, and the position moves only past what was handled.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace

from ..border import Foreign
from ..errors import ConnectorError
from ..handover import Handover
from ..receiving import PersistentReceiver, together
from ..secrets import Secret
from ..types import InboundMessage, StrayMessage
from .channels import Channels
from .completion import Completion
from .errors import DiscordTokenError
from .history import read_history
from .line import Line
from .messages import author_of, read_message
from .place import DiscordPlace
from .questions import is_press, read_press
from .rest import DiscordRest
from .settings import DiscordSettings
from .snowflake import id_at, number_of, time_of
from .waiting import Waiting

_log = logging.getLogger(__name__)

_ASIDE = 20
"""Messages in other places, and edits, that wait to be told of."""


class Receiver(PersistentReceiver):
    """Receives one channel's messages and those of its threads, from where its place stands."""

    def __init__(
        self,
        rest: DiscordRest,
        token: Secret,
        *,
        channels: Channels,
        place: DiscordPlace,
        completion: Completion,
        handover: Handover,
        settings: DiscordSettings,
    ) -> None:
        super().__init__(settings)
        self._rest = rest
        self._channels = channels
        self._place = place
        self._completion = completion
        self._handover = handover
        self._settings = settings
        self._waiting = Waiting(settings.waiting_events)
        self._wake = asyncio.Event()
        self._behind = False
        self._only_begin = False
        self._own_id: str | None = None
        self._astray: list[Foreign] = []
        self._edited: list[Foreign] = []
        self.line = Line(rest, token, settings, on_event=self._arrived, on_refused=self._refused)
        self.gap: str | None = None
        """What may have been lost in this run, and why."""
        self.last_contact = 0.0
        """When the gateway last brought something, in seconds since the epoch; 0 before."""

    def notes(self) -> list[str]:
        """What a human ought to know of the session and of what was received, in sentences."""
        told = (self.line.describe(), self.trouble, self.gap, *self._handover.notes())
        return [note for note in told if note]

    async def run(self) -> None:
        """Receive until cancelled; raises only what ends the line for good."""
        await together(self.line.run(), self._keep_on())

    def _is_fatal(self, error: ConnectorError) -> bool:
        return isinstance(error, DiscordTokenError)

    def _arrived(self, kind: str, data: Foreign) -> None:
        """Take in one event of the gateway; nothing here waits, and no event breaks the line."""
        self.last_contact = time.time()
        try:
            self._note(kind, data)
        except Exception:
            _log.exception("a %s event could not be understood", kind)
        self._wake.set()

    def _refused(self) -> None:
        """No session for now: settle the beginning, so that what is written meanwhile comes later."""
        self._only_begin = self._place.floor is None
        if not self._only_begin:
            self.ready.set()
        self._wake.set()

    def _note(self, kind: str, data: Foreign) -> None:
        if kind == "READY":
            self._own_id = data.object("user").identifier("id")
            self._behind = True
        elif kind == "MESSAGE_CREATE" or (kind == "INTERACTION_CREATE" and is_press(data)):
            place = data.identifier("channel_id") or ""
            if self._channels.is_foreign(place) or self._is_strangers(data, place):
                self._note_stray(data)
            elif not self._waiting.add(data):
                _log.warning("too many messages wait for the handler; they are read from the history later")
                self._behind = True
        elif kind == "MESSAGE_UPDATE":
            self._correct(data)
        elif kind == "MESSAGE_DELETE":
            self._waiting.remove([data.identifier("id") or ""])
        elif kind == "MESSAGE_DELETE_BULK":
            self._waiting.remove(data.identifiers("ids"))
        elif kind in ("THREAD_CREATE", "THREAD_UPDATE"):
            self._channels.note(data)
        elif kind in ("GUILD_CREATE", "THREAD_LIST_SYNC"):
            for thread in data.objects("threads"):
                self._channels.note(thread)
        elif kind in ("THREAD_DELETE", "CHANNEL_DELETE"):
            self._channels.forget(data.identifier("id") or "")
        if self._may_show_more(kind, data):
            self._behind = self._behind or self.ready.is_set()

    def _correct(self, message: Foreign) -> None:
        """What waits reads as it was edited; of what does not, an operator's edit is told of."""
        if not self._waiting.correct(message) and message.text("edited_timestamp") is not None:
            self._note_aside(self._edited, message)

    def _may_show_more(self, kind: str, data: Foreign) -> bool:
        """Whether something came back that may show what was written without us.

        A server that we are in again (or that has recovered), our channel made or changed, a role or our own
        roles changed: the message after it would move our place past what lies between.
        """
        if kind == "GUILD_MEMBER_UPDATE":
            return self._own_id is not None and data.object("user").identifier("id") == self._own_id
        if kind == "CHANNEL_CREATE":
            return data.identifier("id") == self._channels.channel_id
        return kind in ("CHANNEL_UPDATE", "GUILD_ROLE_UPDATE", "GUILD_CREATE")

    async def _step(self) -> bool:
        if self._behind:
            await self._catch_up()
        elif self._only_begin:
            await self._begin()
            self._only_begin = False
            self.ready.set()
        elif self._waiting:
            number, message = self._waiting.first()
            if await self._channels.is_ours(message.identifier("channel_id") or ""):
                await self._take(number, message)
            else:
                self._note_stray(message)
            self._waiting.remove([str(number)])
        elif self._edited:
            await self._hear_edit(self._edited.pop(0))
        elif self._astray:
            await self._answer_stray(self._astray.pop(0))
        else:
            self._wake.clear()
            await self._wake.wait()
        return True

    def _is_strangers(self, data: Foreign, place: str) -> bool:
        """Whether it was said to the bot alone, and by nobody of interest: no request is made for that."""
        private = data.identifier("guild_id") is None and not self._channels.is_known(place)
        return private and not self._handover.wants_to_hear_of(author_of(data))

    def _note_stray(self, message: Foreign) -> None:
        """Keep what an operator says to the bot alone, or to it in another channel, until there is time for it."""
        private = message.identifier("guild_id") is None
        named = [one.identifier("id") for one in message.objects("mentions")]
        if not is_press(message) and (private or self._own_id in named):
            self._note_aside(self._astray, message)

    def _note_aside(self, kept: list[Foreign], message: Foreign) -> None:
        """Keep what an operator wrote, and is no message for the handler, until there is time for it."""
        if len(kept) < _ASIDE and self._handover.wants_to_hear_of(author_of(message)):
            kept.append(message)

    async def _hear_edit(self, message: Foreign) -> None:
        """Tell of what an operator makes of a message that was handed over before."""
        number, place = number_of(message.identifier("id")), message.identifier("channel_id") or ""

        def read() -> InboundMessage | None:
            received = read_message(message, self._channels.channel_id)
            return None if received is None else replace(received, message_id=f"edit-{number}")

        if number is not None and self._place.is_done(number) and await self._channels.is_ours(place):
            await self._handover.hear_of_edit(author_of(message), read)

    async def _answer_stray(self, message: Foreign) -> None:
        """Tell where to talk: in a direct message there, for another channel in ours."""
        place, number = message.identifier("channel_id"), number_of(message.identifier("id"))
        if place is None or number is None:
            return
        private = message.identifier("guild_id") is None
        home = f"<#{self._channels.channel_id}>"
        stray = StrayMessage(author_of(message) or "", place, home, time_of(number), private)

        async def say(sentence: str) -> None:
            body = {"content": sentence, "allowed_mentions": {"parse": []}}
            await self._rest.request("POST", "/channels/{channel}/messages", json=body, channel=place)

        await self._handover.answer_stray(stray, say)

    async def _catch_up(self) -> None:
        """Hand over what was written since the last message done; what arrives meanwhile waits."""
        self._behind = False
        try:
            if self._place.floor is None:
                await self._begin()
            else:
                with self._handover.catching_up():
                    await self._read_missed(self._place.floor)
        except BaseException:
            self._behind = True
            raise
        self.ready.set()

    async def _begin(self) -> None:
        """The very first start: take the present as our place, but for what has arrived already."""
        present = await self._channels.present()
        arrived = [number - 1 for number in self._waiting.numbers()]
        await self._place.begin(min([present, *arrived]))

    async def _read_missed(self, floor: int) -> None:
        overlap = id_at(time_of(self._place.position) - self._settings.history_overlap)
        after = max(floor, overlap)
        handed = 0
        async for number, message in read_history(self._rest, await self._channels.with_news(after), after):
            if self._place.is_done(number):
                continue
            if handed >= self._settings.history_messages:
                self.gap = f"More than {handed} messages were missed at once; those from message {number} on were left out."
                _log.error("%s", self.gap)
                return
            await self._take(number, message)
            self._waiting.remove([str(number)])
            handed += 1

    def _read(self, message: Foreign) -> InboundMessage | None:
        """What is handed over of a message, or of a pressed button; nothing of our own."""
        if is_press(message):
            return read_press(self._rest, message, self._channels.channel_id)
        return None if author_of(message) == self._own_id else self._completion.begin(message)

    async def _take(self, number: int, message: Foreign) -> None:
        """Hand over one message of ours unless it is done, and note that it is."""
        if self._place.is_done(number):
            return
        received = self._read(message)
        if received is not None:
            await self._handover.hand_over(received)
        self._place.note(number)
        if received is not None:
            await self._place.keep()
