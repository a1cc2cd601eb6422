# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our channel and its threads: what belongs to it, and where messages may have been missed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..errors import DiscordApiError, NotDiscordError
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

    def note(self, channel: Any) -> None:
        """Take in a channel or thread as Discord describes it."""
        if isinstance(channel, Mapping) and isinstance(channel.get("id"), str):
            parent = channel.get("parent_id") if "thread_metadata" in channel else None
            self._remember(channel["id"], parent if isinstance(parent, str) else None)

    def forget(self, channel_id: str) -> None:
        """A channel is gone."""
        self._parents.pop(channel_id, None)

    def is_foreign(self, channel_id: str) -> bool:
        """Whether this is known to be neither our channel nor a thread of it."""
        return (
            channel_id != self.channel_id
            and self._parents.get(channel_id, self.channel_id) != self.channel_id
        )

    async def is_ours(self, channel_id: str) -> bool:
        """Whether this is our channel or a thread of it; asks Discord about unknown ones."""
        if channel_id == self.channel_id:
            return True
        if channel_id not in self._parents:
            try:
                self.note(await self._rest.get("/channels/{channel}", channel=channel_id))
            except DiscordApiError as error:
                if error.status not in (403, 404):
                    raise
            self._remember(channel_id, self._parents.get(channel_id))
        return self._parents[channel_id] == self.channel_id

    async def guild_id(self) -> str:
        """The guild our channel is in; raises `NotDiscordError` for a channel outside of any."""
        if self._guild_id is None:
            found = (await self._rest.get_object("/channels/{channel}", channel=self.channel_id)).get(
                "guild_id"
            )
            if not isinstance(found, str):
                raise NotDiscordError(
                    f"The channel {self.channel_id} is expected to be a text channel of a server (guild), and is "
                    "not. Name the channel of a server the bot is a member of."
                )
            self._guild_id = found
        return self._guild_id

    async def present(self) -> int:
        """The newest message in our channel and its active threads, as a number."""
        channel = await self._rest.get_object("/channels/{channel}", channel=self.channel_id)
        newest = [number_of(one.get("last_message_id")) or 0 for one in (channel, *await self._active())]
        # In an empty channel everything will be newer than the channel itself.
        return max(*newest, number_of(self.channel_id) or 0)

    async def with_news(self, after: int) -> list[str]:
        """The ids of our channel and of those of its threads that may hold messages after `after`."""
        threads = [*await self._active(), *await self._archived(after)]
        for thread in threads:
            self.note(thread)
        fresh = [one["id"] for one in threads if (number_of(one.get("last_message_id")) or 0) > after]
        return [self.channel_id, *dict.fromkeys(fresh)]

    async def _active(self) -> list[dict[str, Any]]:
        answer = await self._rest.get("/guilds/{guild}/threads/active", guild=await self.guild_id())
        return [one for one in _threads(answer) if one.get("parent_id") == self.channel_id]

    async def _archived(self, after: int) -> list[dict[str, Any]]:
        """Threads that fell asleep after the message `after`: only they can hold later ones."""
        found: list[dict[str, Any]] = []
        before: dict[str, Any] = {}
        for _page in range(self._settings.archived_pages):
            answer = await self._ask("/channels/{channel}/threads/archived/public", **before)
            page = _threads(answer)
            fresh = [one for one in page if _archived_at(one) >= time_of(after)]
            found += fresh
            if len(fresh) < len(page) or not answer.get("has_more"):
                break
            before = {"before": page[-1]["thread_metadata"]["archive_timestamp"]}
        # Private ones come by id, so that a first page is all that can be had at a bearable price.
        joined = await self._ask("/channels/{channel}/users/@me/threads/archived/private")
        return found + _threads(joined)

    async def _ask(self, path: str, **query: Any) -> dict[str, Any]:
        """A list of threads; an empty one where a permission is missing, which is no reason to be deaf."""
        try:
            answer = await self._rest.get(path, channel=self.channel_id, limit=_PAGE, **query)
        except DiscordApiError as error:
            if error.status != 403:
                raise
            return {}
        return answer if isinstance(answer, dict) else {}

    def _remember(self, channel_id: str, parent: str | None) -> None:
        self._parents.pop(channel_id, None)
        self._parents[channel_id] = parent
        if len(self._parents) > _PLACES_KEPT:
            del self._parents[next(iter(self._parents))]


def _threads(answer: Any) -> list[dict[str, Any]]:
    threads = answer.get("threads") if isinstance(answer, Mapping) else None
    if not isinstance(threads, list):
        return []
    return [one for one in threads if isinstance(one, dict) and isinstance(one.get("id"), str)]


def _archived_at(thread: Mapping[str, Any]) -> float:
    """Seconds since the epoch; for ever in the future when it does not say, so that it is looked at."""
    try:
        text = thread["thread_metadata"]["archive_timestamp"]
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except (KeyError, TypeError, ValueError, AttributeError):
        return float("inf")
