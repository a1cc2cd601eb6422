# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the history of several channels as one stream, in the order it was written."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence

from ..border import Foreign
from .errors import DiscordApiError
from .rest import DiscordRest

_log = logging.getLogger(__name__)

_PAGE = 100
"""The most messages the API gives at once."""


async def read_history(
    rest: DiscordRest, channel_ids: Sequence[str], after: int
) -> AsyncIterator[tuple[int, Foreign]]:
    """Every message after the id `after`, with its id as a number, oldest first across all channels.

    A channel but the first that is not to be read is passed over.
    """
    readers = [
        _Reader(rest, channel_id, after, optional=bool(place)) for place, channel_id in enumerate(channel_ids)
    ]
    while True:
        heads = [(await reader.head(), reader) for reader in readers]
        waiting = [(head[0], reader) for head, reader in heads if head is not None]
        if not waiting:
            return
        _number, earliest = min(waiting, key=lambda one: one[0])
        yield earliest.take()


class _Reader:
    """One channel's history, page by page."""

    def __init__(self, rest: DiscordRest, channel_id: str, after: int, *, optional: bool) -> None:
        self._rest = rest
        self._channel_id = channel_id
        self._after = after
        self._optional = optional
        self._page: deque[tuple[int, Foreign]] = deque()
        self._ended = False

    async def head(self) -> tuple[int, Foreign] | None:
        """The next message, left where it is; None at the end."""
        if not self._page and not self._ended:
            found = await self._fetch()
            numbered = [(one.snowflake("id"), one) for one in found]
            self._page.extend(
                sorted(((n, one) for n, one in numbered if n is not None), key=lambda pair: pair[0])
            )
            self._ended = len(found) < _PAGE or not self._page
            self._after = max((number for number, _one in self._page), default=self._after)
        return self._page[0] if self._page else None

    async def _fetch(self) -> tuple[Foreign, ...]:
        try:
            return await self._rest.get_list(
                "/channels/{channel}/messages", channel=self._channel_id, after=str(self._after), limit=_PAGE
            )
        except DiscordApiError as error:
            if not self._optional or error.status not in (403, 404):
                raise
            _log.warning("the thread %s is passed over: %s", self._channel_id, error)
            return ()

    def take(self) -> tuple[int, Foreign]:
        """The next message, which `head` has shown."""
        return self._page.popleft()
