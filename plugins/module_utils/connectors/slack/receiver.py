# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receiving: what the socket brings, and from the history what it could not bring.

Whenever a socket begins after there was none, the history after the last message done is read first, in the channel
and its threads; and now and then also while it is open, since an app that is subscribed to no events has an open
socket and hears nothing. An envelope is acknowledged when its message was handed over: until then Slack repeats it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace

from ..border import Foreign
from ..ending import within
from ..errors import ConnectorError
from ..handover import Handover
from ..receiving import PersistentReceiver, together
from ..types import InboundMessage, StrayMessage
from .api import SlackApi
from .completion import Completion
from .errors import SlackLimitError, SlackTokenError
from .line import Line
from .messages import author_of, read_message, thread_of
from .missed import present, read_missed
from .place import SlackPlace
from .questions import is_press, number_of_press, read_press
from .settings import SlackSettings
from .stamps import number_of, stamp_at, stamp_of, time_of
from .waiting import Acknowledge, Waiting
from .words import mentioned

_log = logging.getLogger(__name__)

_ASIDE = 20
"""Messages in other places, and edits, that wait to be told of."""


class Receiver(PersistentReceiver):
    """Receives one channel's messages and those of its threads, from where its place stands."""

    def __init__(
        self,
        bot: SlackApi,
        app: SlackApi,
        channel_id: str,
        *,
        place: SlackPlace,
        completion: Completion,
        handover: Handover,
        settings: SlackSettings,
    ) -> None:
        super().__init__(settings)
        self._bot = bot
        self._channel_id = channel_id
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
        self.line = Line(
            app, settings, on_envelope=self._arrived, on_hello=self._greeted, on_refused=self._refused
        )
        self.gap: str | None = None
        """What may have been lost in this run, and why."""
        self.unheard: str | None = None
        """That messages stand in the channel of which the open socket said nothing."""
        self.last_contact = 0.0
        """When the socket last brought something, in seconds since the epoch; 0 before."""

    def notes(self) -> list[str]:
        """What a human ought to know of the socket and of what was received, in sentences."""
        told = (*self.line.notes(), self.trouble, self.gap, self.unheard, *self._handover.notes())
        return [note for note in told if note]

    async def run(self) -> None:
        """Receive until cancelled; raises only what ends the line for good."""
        await together(self.line.run(), self._keep_on())

    def _is_fatal(self, error: ConnectorError) -> bool:
        return isinstance(error, SlackTokenError)

    def _greeted(self, after_none: bool) -> None:
        self.last_contact = time.time()
        self._behind = self._behind or after_none
        self._wake.set()

    def _refused(self) -> None:
        """No socket for now: settle the beginning, so that what is written meanwhile comes later."""
        self._only_begin = self._place.floor is None
        if not self._only_begin:
            self.ready.set()
        self._wake.set()

    def _arrived(self, envelope: Foreign, acknowledge: Acknowledge) -> None:
        """Take in one envelope; nothing here waits, and none breaks the line."""
        self.last_contact = time.time()
        try:
            payload = envelope.object("payload")
            press = number_of_press(payload, self._channel_id)
            event = payload.object("event")
            waits = (
                self._keep(event, acknowledge) if press is None else self._wait(press, payload, acknowledge)
            )
            if not waits:
                acknowledge()
        except Exception:
            _log.exception("an envelope could not be understood")
            acknowledge()
        self._wake.set()

    def _keep(self, event: Foreign, acknowledge: Acknowledge) -> bool:
        """Whether an event waits for its turn, and its acknowledgement with it."""
        if event.identifier("type") != "message":
            return False
        if event.identifier("channel") != self._channel_id:
            self._note_stray(event)
            return False
        subtype = event.identifier("subtype")
        if subtype == "message_changed":
            message = event.object("message")
            if not self._waiting.correct(message) and "edited" in message:
                self._note_aside(self._edited, message)
            return False
        if subtype == "message_deleted":
            self._waiting.done(number_of(event.identifier("deleted_ts")) or 0)
            return False
        number = number_of(event.identifier("ts"))
        return number is not None and author_of(event) is not None and self._wait(number, event, acknowledge)

    def _wait(self, number: int, event: Foreign, acknowledge: Acknowledge) -> bool:
        if self._place.is_done(number):
            return False
        if not self._waiting.add(number, event, acknowledge):
            _log.warning("too many messages wait for the handler; they are read from the history later")
            self._behind = True
        self.unheard = None
        return True

    async def _step(self) -> bool:
        if self._behind:
            await self._catch_up()
        elif self._only_begin:
            await self._begin()
            self._only_begin = False
            self.ready.set()
        elif self._waiting:
            number, message = self._waiting.first()
            await self._take(number, message)
        elif self._edited:
            await self._hear_edit(self._edited.pop(0))
        elif self._astray:
            await self._answer_stray(self._astray.pop(0))
        else:
            self._wake.clear()
            try:
                await within(self._wake.wait(), self._settings.recheck)
            except asyncio.TimeoutError:
                await self._look_again()
        return True

    def _note_stray(self, event: Foreign) -> None:
        """Keep what an operator says to the app alone, or to it in another channel, until there is time for it."""
        private = event.identifier("channel_type") == "im"
        if private or self._own_id in mentioned(event):
            self._note_aside(self._astray, event)

    def _note_aside(self, kept: list[Foreign], message: Foreign) -> None:
        """Keep what an operator wrote, and is no message for the handler, until there is time for it."""
        if len(kept) < _ASIDE and self._handover.wants_to_hear_of(author_of(message)):
            kept.append(message)

    async def _hear_edit(self, message: Foreign) -> None:
        """Tell of what an operator makes of a message that was handed over before."""
        number = number_of(message.identifier("ts"))

        def read() -> InboundMessage | None:
            received = read_message(message, {}, {})
            return None if received is None else replace(received, message_id=f"edit-{number}")

        if number is not None and self._place.is_done(number):
            await self._handover.hear_of_edit(author_of(message), read)

    async def _answer_stray(self, event: Foreign) -> None:
        """Tell where to talk: in a direct message there, for another channel in ours."""
        place, number = event.identifier("channel"), number_of(event.identifier("ts"))
        if place is None or number is None:
            return
        private = event.identifier("channel_type") == "im"
        home = f"<#{self._channel_id}>"
        stray = StrayMessage(author_of(event) or "", place, home, time_of(number), private)

        async def say(sentence: str) -> None:
            await self._bot.call("chat.postMessage", channel=place, text=sentence)

        await self._handover.answer_stray(stray, say)

    async def _catch_up(self) -> None:
        """Hand over what was written since the last message done; what arrives meanwhile waits."""
        self._behind = False
        try:
            if self._place.floor is None:
                await self._begin()
            else:
                await self._read_missed(self._settings.history_patience)
        except BaseException:
            self._behind = True
            raise
        self.ready.set()

    async def _look_again(self) -> None:
        """Read what an open socket ought to have brought."""
        if self._place.floor is None or not self.line.up:
            return
        heard_until = stamp_at(time.time() - self._settings.surely_heard)
        try:
            handed = await self._read_missed()
        except SlackLimitError as error:
            # What the socket brings must not wait for a look at what it ought to have brought.
            _log.info("the history is looked at another time: %s", error)
            return
        if any(number < heard_until for number in handed):
            self.unheard = (
                "Messages stand in the channel of which the open socket said nothing: they come minutes late. Subscribe "
                "the app to the bot event message.channels (for a private channel message.groups, in a direct "
                "message message.im) in its settings, Event Subscriptions."
            )
            _log.warning("%s", self.unheard)

    async def _begin(self) -> None:
        """The very first start: take the present as our place, but for what has arrived already."""
        await self._know_ourselves()
        # The channel's latest message may be older than the latest reply in a thread: the server's clock tells.
        now = max(await present(self._bot, self._channel_id), self._bot.server_time or 0)
        await self._place.begin(min([now, *(number - 1 for number in self._waiting.numbers())]))

    async def _read_missed(self, patience: float = 0.0) -> list[int]:
        """Hand over what the history has and we have not; returns the numbers of what was handed over.

        `patience` is for how many seconds each page is waited for while Slack limits us.
        """
        await self._know_ourselves()
        overlap = self._place.position - stamp_at(self._settings.history_overlap)
        after = max(self._place.floor or 0, overlap)
        missed, more = await read_missed(
            self._bot, self._channel_id, after, self._place.threads, self._settings, patience=patience
        )
        handed = []
        with self._handover.catching_up():
            for number, message in missed:
                if await self._take(number, message):
                    handed.append(number)
        if more:
            self.gap = (
                f"More than {len(missed)} messages were missed at once; some of those before {stamp_of(missed[0][0])} "
                f"or after {stamp_of(missed[-1][0])} were left out."
            )
            _log.error("%s", self.gap)
        return handed

    async def _know_ourselves(self) -> None:
        if self._own_id is None:
            me = await self._bot.call("auth.test")
            self._own_id = me.identifier("user_id")
            self._completion.know(self._own_id or "", me.words("user", limit=80))

    def _read(self, message: Foreign) -> InboundMessage | None:
        """What is handed over of a message, or of a pressed button; nothing of our own."""
        if is_press(message):
            return read_press(message)
        return None if author_of(message) == self._own_id else self._completion.begin(message)

    async def _take(self, number: int, message: Foreign) -> bool:
        """Hand over one message unless it is done, note that it is, and acknowledge it; whether it was handed over."""
        received = None
        if not self._place.is_done(number):
            received = self._read(message)
            if received is not None:
                await self._handover.hand_over(received)
            self._place.note(number, thread_of(message) if received is not None else None)
            if received is not None:
                await self._place.keep()
        self._waiting.done(number)
        return received is not None
