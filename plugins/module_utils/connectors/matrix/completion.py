# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a message is completed by once its sender is admitted: its file, its last edit, the words that it answers.

Each is a request or a download, and a stranger is worth none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from ..border import Foreign, in_path
from ..errors import ConnectorError
from ..received import recordings
from ..types import InboundAnswer, InboundMessage, PartialMessage
from .events import Event, Media, Received, first_words, read_event
from .http import MatrixHttp
from .quotes import OwnWords

Fetch = Callable[[Media, str], Awaitable[str]]
"""Stores a file that came with an event and says where it is, or why it is not."""

_EDITS_READ = 20
"""Edits of one message that are read, newest first, until one is by its writer."""


@dataclass(frozen=True)
class Origin:
    """An event as it came: `correction` are the edits of it that are known, by who made them.

    `may_be_edited`: what followed it in the room is not known yet.
    """

    event: Event
    event_id: str
    sender: str
    room_id: str
    correction: Mapping[str, Event] | None
    may_be_edited: bool = False


class Completion:
    """Makes messages of events, complete as far as that costs nothing."""

    def __init__(self, http: MatrixHttp, fetch: Fetch, own: OwnWords) -> None:
        self._http = http
        self._fetch = fetch
        self._own = own

    def begin(self, origin: Origin) -> InboundMessage | None:
        """The message of an event, or None where it has none; `whole()` of it asks for the rest, once."""
        unknown: list[str] = []

        def quoted(event_id: str) -> str | None:
            words = self._own.of(event_id)
            if words is None:
                unknown.append(event_id)
            return words

        received = read_event(origin.event, correction=origin.correction, quoted=quoted)
        if received is None:
            return None
        named = self._as_answer(_with_file(received, received.media.uri if received.media else ""))
        is_answer = isinstance(named, InboundAnswer) and named.question
        if received.media is None and not unknown and not origin.may_be_edited and not is_answer:
            return named
        return PartialMessage(
            named.text,
            named.sender,
            named.ts,
            named.thread_id,
            named.message_id,
            edited=named.edited,
            reply_to=named.reply_to,
            rest=_once(lambda: self._complete(origin, received, unknown[:1])),
        )

    async def _complete(self, origin: Origin, received: Received, unknown: list[str]) -> InboundMessage:
        targets = {target: await self._event(origin.room_id, target) for target in unknown}
        words = {target: first_words(event) or None for target, event in targets.items()}
        correction = origin.correction
        if origin.may_be_edited:
            edit = await self._last_edit(origin)
            correction = correction if edit is None else {**(correction or {}), origin.sender: edit}

        def quoted(event_id: str) -> str | None:
            return words[event_id] if event_id in words else self._own.of(event_id)

        received = read_event(origin.event, correction=correction, quoted=quoted) or received
        where = await self._fetch(received.media, origin.event_id) if received.media is not None else ""
        message = self._as_answer(_with_file(received, where), targets)
        if isinstance(message, InboundAnswer) and message.question:
            # A server may answer a poll as it was to answer one that nobody waited for any more.
            now = await self._event(origin.room_id, origin.event_id)
            if now and not now.object("content").object("m.relates_to"):
                return replace(message, choice="")
        return message

    def _as_answer(
        self, message: InboundMessage, targets: Mapping[str, Event] | None = None
    ) -> InboundMessage:
        """A reaction with the question that its target asks, as far as that is known."""
        if not isinstance(message, InboundAnswer) or message.reply_to is None:
            return message
        asked = self._own.question_of(message.reply_to)
        if asked is None and targets and message.reply_to in targets:
            asked = self._own.asked_in(targets[message.reply_to])
        return replace(message, question=asked or "")

    async def _event(self, room_id: str, event_id: str) -> Event:
        """An event of the room; an empty one where the server does not tell."""
        path = f"/_matrix/client/v3/rooms/{in_path(room_id)}/event/{in_path(event_id)}"
        try:
            return await self._http.request("GET", path, make_sure=False)
        except ConnectorError:
            return Foreign()

    async def _last_edit(self, origin: Origin) -> Event | None:
        """The newest edit by the message's own writer; None where there is none, or the server does not tell."""
        path = f"/_matrix/client/v1/rooms/{in_path(origin.room_id)}/relations/{in_path(origin.event_id)}/m.replace"
        try:
            answer = await self._http.request(
                "GET", path, params={"dir": "b", "limit": _EDITS_READ}, make_sure=False
            )
        except ConnectorError:
            return None
        return next(
            (one for one in answer.objects("chunk") if one.identifier("sender") == origin.sender), None
        )


def _with_file(received: Received, where: str) -> InboundMessage:
    """The message, naming its file and where it is."""
    if received.media is None:
        return received.message
    line, text = received.media.describe(where), received.message.text
    return replace(
        received.message,
        text=f"{text}\n{line}" if text else line,
        recordings=recordings(where, received.media.mimetype, received.media.what),
    )


def _once(complete: Callable[[], Awaitable[InboundMessage]]) -> Callable[[], Awaitable[InboundMessage]]:
    """What is complete stays so: a handler that is called again for a message costs no second download."""
    done: list[InboundMessage] = []

    async def rest() -> InboundMessage:
        if not done:
            done.append(await complete())
        return done[0]

    return rest
