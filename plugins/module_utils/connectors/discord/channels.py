# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our channel and its threads: what belongs to it, and where messages may have been missed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..border import Foreign
from .errors import DiscordApiError, NotDiscordError
from .rest import DiscordRest
from .settings import DiscordSettings
from .snowflake import number_of, time_of

_PLACES_KEPT = 2000
_PAGE = 100


class Channels:
    """Knows of every channel that turns up whether it is ours or a thread of ours."""

    def __init__(self, rest: DiscordRest, channel_id: str, settings: DiscordSettings) -> None:
        self._rest = rest
        self._settings = settings
        self.channel_id = channel_id
        self._parents: dict[str, str | None] = {}
        self._guild_id: str | None = None

    def note(self, channel: Foreign) -> None:
        """Take in a channel or thread as Discord describes it."""
        channel_id = channel.identifier("id")
        if channel_id is not None:
            parent = channel.identifier("parent_id") if "thread_metadata" in channel else None
            self._remember(channel_id, parent)

    def forget(self, channel_id: str) -> None:
        """A channel is gone."""
        self._parents.pop(channel_id, None)

    def is_foreign(self, channel_id: str) -> bool:
        """Whether this is known to be neither our channel nor a thread of it."""
        return (
            channel_id != self.channel_id
            and self._parents.get(channel_id, self.channel_id) != self.channel_id
        )

    def is_known(self, channel_id: str) -> bool:
        """Whether it turned up before, or is our channel."""
        return channel_id == self.channel_id or channel_id in self._parents

    async def is_ours(self, channel_id: str) -> bool:
        """Whether this is our channel or a thread of it; asks Discord about unknown ones."""
        if channel_id == self.channel_id:
            return True
        if channel_id not in self._parents:
            try:
                self.note(await self._rest.get_object("/channels/{channel}", channel=channel_id))
            except DiscordApiError as error:
                if error.status not in (403, 404):
                    raise
            self._remember(channel_id, self._parents.get(channel_id))
        return self._parents[channel_id] == self.channel_id

    async def guild_id(self) -> str:
        """The guild our channel is in; raises `NotDiscordError` for a channel outside of any."""
        if self._guild_id is None:
            channel = await self._rest.get_object("/channels/{channel}", channel=self.channel_id)
            found = channel.identifier("guild_id")
            if found is None:
                raise NotDiscordError(
                    f"The channel {self.channel_id} is expected to be a text channel of a server (guild), and is "
                    "not. Name the channel of a server the bot is a member of."
                )
            self._guild_id = found
        return self._guild_id

    async def present(self) -> int:
        """The newest message in our channel and its active threads, as a number."""
        channel = await self._rest.get_object("/channels/{channel}", channel=self.channel_id)
        newest = [one.snowflake("last_message_id") or 0 for one in (channel, *await self._active())]
        # In an empty channel everything will be newer than the channel itself.
        return max(*newest, number_of(self.channel_id) or 0)

    async def with_news(self, after: int) -> list[str]:
        """The ids of our channel and of those of its threads that may hold messages after `after`."""
        threads = [*await self._active(), *await self._archived(after)]
        for thread in threads:
            self.note(thread)
        fresh = [one.identifier("id") for one in threads if (one.snowflake("last_message_id") or 0) > after]
        return [self.channel_id, *dict.fromkeys(one for one in fresh if one is not None)]

    async def _active(self) -> list[Foreign]:
        answer = await self._rest.get_object("/guilds/{guild}/threads/active", guild=await self.guild_id())
        return [one for one in answer.objects("threads") if one.identifier("parent_id") == self.channel_id]

    async def _archived(self, after: int) -> list[Foreign]:
        """Threads that fell asleep after the message `after`: only they can hold later ones."""
        found: list[Foreign] = []
        before: dict[str, Any] = {}
        for _page in range(self._settings.archived_pages):
            answer = await self._ask("/channels/{channel}/threads/archived/public", **before)
            page = answer.objects("threads")
            fresh = [one for one in page if _archived_at(one) >= time_of(after)]
            found += fresh
            last = page[-1].object("thread_metadata").identifier("archive_timestamp") if page else None
            if len(fresh) < len(page) or not answer.is_true("has_more") or last is None:
                break
            before = {"before": last}
        # Private ones come by id, so that a first page is all that can be had at a bearable price.
        joined = await self._ask("/channels/{channel}/users/@me/threads/archived/private")
        return [*found, *joined.objects("threads")]

    async def _ask(self, path: str, **query: Any) -> Foreign:
        """A list of threads; an empty one where a permission is missing, which is no reason to be deaf."""
        try:
            return await self._rest.get_object(path, channel=self.channel_id, limit=_PAGE, **query)
        except DiscordApiError as error:
            if error.status != 403:
                raise
            return Foreign()

    def _remember(self, channel_id: str, parent: str | None) -> None:
        self._parents.pop(channel_id, None)
        self._parents[channel_id] = parent
        if len(self._parents) > _PLACES_KEPT:
            del self._parents[next(iter(self._parents))]


def _archived_at(thread: Foreign) -> float:
    """Seconds since the epoch; for ever in the future when it does not say, so that it is looked at."""
    try:
        text = thread.object("thread_metadata").identifier("archive_timestamp") or ""
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError):
        return float("inf")
