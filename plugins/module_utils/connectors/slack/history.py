# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what the channel and its threads hold: pages by cursor, each a request.

A page may be shorter than asked for (an app that is distributed outside the Marketplace gets 15 messages, once a
minute), so that only `has_more` says whether there is another. What was read is not read again because the next page
has to be waited for: `patience` is for how many seconds, page by page.
Source: Slack Web API, "conversations.history", "conversations.replies".
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

from ..border import Foreign
from ..retries import UNTOLD_QUIET
from .api import SlackApi
from .errors import SlackApiError, SlackLimitError
from .stamps import number_of, stamp_of

_log = logging.getLogger(__name__)

PAGE = 200
"""Messages of a page: what Slack recommends at most."""

Numbered = tuple[int, Foreign]


async def latest_first(
    api: SlackApi, channel_id: str, *, metadata: bool = False, patience: float = 0.0
) -> AsyncIterator[list[Numbered]]:
    """The pages of the channel's messages, without the replies in threads; the latest messages come first."""
    async for page in _pages(
        api, "conversations.history", patience=patience, channel=channel_id, metadata=metadata
    ):
        yield page


async def replies(
    api: SlackApi,
    channel_id: str,
    thread: str,
    after: int,
    *,
    metadata: bool = False,
    patience: float = 0.0,
) -> AsyncIterator[list[Numbered]]:
    """The pages of the replies in a thread after the number `after`, the earliest first; none where it is gone."""
    try:
        async for page in _pages(
            api,
            "conversations.replies",
            patience=patience,
            channel=channel_id,
            ts=thread,
            oldest=stamp_of(after),
            metadata=metadata,
        ):
            # The thread's first message is in every page.
            yield [one for one in page if one[0] > after]
    except SlackApiError as error:
        if error.code != "thread_not_found":
            raise
        _log.info("the thread %s is gone", thread)


async def _pages(
    api: SlackApi, method: str, *, metadata: bool, patience: float, **arguments: Any
) -> AsyncIterator[list[Numbered]]:
    cursor: str | None = None
    if metadata:
        arguments["include_all_metadata"] = "true"
    while True:
        answer = await _page(api, method, patience, cursor=cursor, **arguments)
        numbered = ((number_of(one.identifier("ts")), one) for one in answer.objects("messages"))
        yield [(number, one) for number, one in numbered if number is not None]
        following = answer.object("response_metadata").token("next_cursor")
        if not answer.is_true("has_more") or following is None or following == cursor:
            return
        cursor = following


async def _page(api: SlackApi, method: str, patience: float, **arguments: Any) -> Foreign:
    """One page, as soon as Slack's limit allows it; raises `SlackLimitError` when that takes longer than `patience`."""
    until = time.monotonic() + patience
    while True:
        try:
            return await api.read(method, limit=PAGE, **arguments)
        except SlackLimitError as error:
            wait = error.retry_after or UNTOLD_QUIET
            if time.monotonic() + wait > until:
                raise
        await asyncio.sleep(wait)
