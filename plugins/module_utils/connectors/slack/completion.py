# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a message is completed by once its sender is admitted: its files, and the names of whom it mentions.

Each is a request or a download, and a stranger is worth none.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain

from ..border import Foreign
from ..errors import ConnectorError
from ..received import fetch_each, recordings
from ..types import InboundMessage, PartialMessage
from .api import SlackApi
from .downloads import Downloads
from .messages import files_of, read_message
from .words import mentioned

_NAMES_KEPT = 1000
_ASKED = 20
"""Names that are asked for because of one message."""


class Completion:
    """Makes messages of events, complete as far as that costs nothing."""

    def __init__(self, api: SlackApi, downloads: Downloads, files_timeout: float) -> None:
        """`files_timeout` is in seconds, for all files of a message."""
        self._files_timeout = files_timeout
        self._api = api
        self._downloads = downloads
        self._names: dict[str, str] = {}

    def know(self, user_id: str, name: str) -> None:
        """Take in a user's name."""
        self._names[user_id] = name
        if len(self._names) > _NAMES_KEPT:
            del self._names[next(iter(self._names))]

    def begin(self, message: Foreign) -> InboundMessage | None:
        """The message of an event, or None where it has none; `whole()` of it asks for the rest, once."""
        received = read_message(message, self._names, {})
        files = [one for one in files_of(message) if not one.hidden]
        unknown = [one for one in mentioned(message) if one not in self._names][:_ASKED]
        if received is None or not (files or unknown):
            return received
        done: list[InboundMessage] = []

        async def rest() -> InboundMessage:
            # What is complete stays so: a handler that is called again costs no second download.
            if not done:
                for user_id in unknown:
                    await self._learn(user_id)
                fetches = {
                    one.id: partial(self._downloads.fetch, one, received.message_id or "") for one in files
                }
                places = await fetch_each(fetches, self._files_timeout)
                complete = read_message(message, self._names, places) or received
                sound = (recordings(places.get(one.id, ""), one.mimetype) for one in files)
                done.append(replace(complete, recordings=tuple(chain.from_iterable(sound))))
            return done[0]

        return PartialMessage(**vars(received), rest=rest)

    async def _learn(self, user_id: str) -> None:
        """Ask for a user's name; where it is not told, the id stands for it."""
        try:
            user = (await self._api.read("users.info", user=user_id)).object("user")
        except ConnectorError:
            return
        name = user.object("profile").words("display_name", limit=80) or user.words("name", limit=80)
        if name:
            self.know(user_id, name)
