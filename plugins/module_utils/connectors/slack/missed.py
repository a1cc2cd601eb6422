# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was written without us: in the channel, and in its threads, as one list in the order of writing.

The channel's history does not hold the replies in threads, but each message says when it was replied to last. So the
latest messages are looked through for threads with news, and those in which something was said before are asked.
"""

from __future__ import annotations

from ..border import Foreign
from .api import SlackApi
from .history import PAGE, Numbered, latest_first, replies
from .settings import SlackSettings
from .stamps import number_of


async def read_missed(
    api: SlackApi,
    channel_id: str,
    after: int,
    known_threads: list[str],
    settings: SlackSettings,
    *,
    patience: float = 0.0,
) -> tuple[list[Numbered], bool]:
    """Every message after the number `after`, and whether there were more of them than are taken.

    `patience` is for how many seconds each page is waited for while Slack limits us.
    """
    found: dict[int, Foreign] = {}
    looked: set[str] = set()
    threads: list[str] = []
    pages = 0
    async for page in latest_first(api, channel_id, patience=patience):
        pages += 1
        for number, message in page:
            looked.add(message.identifier("ts") or "")
            if number > after:
                found[number] = message
            if (number_of(message.identifier("latest_reply")) or 0) > after:
                threads.append(message.identifier("ts") or "")
        reached = not page or min(number for number, _one in page) <= after
        if len(found) > settings.history_messages or (reached and pages * PAGE >= settings.thread_messages):
            break
    # Those have news for certain; of the others, which stand further back, nobody says it.
    further_back = [one for one in reversed(known_threads) if one not in looked]
    for thread in (*threads, *further_back[: settings.threads_read]):
        if len(found) > settings.history_messages:
            break
        async for page in replies(api, channel_id, thread, after, patience=patience):
            found.update(page)
    missed = sorted(found.items())
    return missed[: settings.history_messages], len(missed) > settings.history_messages


async def present(api: SlackApi, channel_id: str) -> int:
    """The latest message in the channel, as a number; 0 where there is none."""
    answer = await api.read("conversations.history", channel=channel_id, limit=1)
    return max((number_of(one.identifier("ts")) or 0 for one in answer.objects("messages")), default=0)
