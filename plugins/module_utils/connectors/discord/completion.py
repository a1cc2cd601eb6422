# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a message is completed by once its sender is admitted: its files. Each is a download, and a stranger is worth none."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain

from ..border import Foreign
from ..received import fetch_each, recordings
from ..types import InboundMessage, PartialMessage
from .downloads import Downloads
from .files import WAITING, File
from .messages import read_message

_FETCHED = 20
"""Files of one message that are fetched; Discord's clients send ten, and may forward some more."""


class Completion:
    """Makes messages of events, complete as far as that costs nothing."""

    def __init__(self, downloads: Downloads, channel_id: str, files_timeout: float) -> None:
        """`files_timeout` is in seconds, for all files of a message."""
        self._downloads = downloads
        self._files_timeout = files_timeout
        self._channel_id = channel_id

    def begin(self, message: Foreign) -> InboundMessage | None:
        """The message of an event, or None where it has none; `whole()` of it asks for the rest, once."""
        files: dict[str, File] = {}

        def noted(file: File) -> str:
            files[file.id] = file
            return WAITING

        received = read_message(message, self._channel_id, noted)
        if received is None or not files:
            return received
        done: list[InboundMessage] = []

        async def rest() -> InboundMessage:
            # What is complete stays so: a handler that is called again costs no second download.
            if not done:
                fetches = {
                    key: partial(self._downloads.fetch, file, received.message_id or "")
                    for key, file in list(files.items())[:_FETCHED]
                }
                places = await fetch_each(fetches, self._files_timeout)
                left = f"on Discord, not stored: one message brings {_FETCHED} files at most"
                complete = read_message(message, self._channel_id, lambda file: places.get(file.id, left))
                sound = (recordings(places.get(key, left), file.mimetype) for key, file in files.items())
                done.append(replace(complete or received, recordings=tuple(chain.from_iterable(sound))))
            return done[0]

        return PartialMessage(**vars(received), rest=rest)
