# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Threads to answer in: one that exists, or one that is started from a message of our channel.

A thread started from a message has that message's id (Discord API v10, "Start Thread from
Message"), so that one id stands for both and a repeated start finds the first one's thread.
"""

from __future__ import annotations

from ..border import Foreign
from ..errors import ConfigError
from ..retries import Deadline
from .errors import DiscordApiError
from .rest import DiscordRest
from .snowflake import number_of

_THREADS_KEPT = 1000
_NAME_CHARACTERS = 80
_ALREADY_STARTED = 160004
_UNKNOWN_MESSAGE = 10008


class Threads:
    """Turns a `thread_id` of the contract into a channel to post in."""

    def __init__(self, rest: DiscordRest, channel_id: str) -> None:
        self._rest = rest
        self._channel_id = channel_id
        self._known: dict[str, None] = {}

    async def place_of(self, thread_id: str | None, deadline: Deadline) -> str:
        """The channel that a message for this thread is posted in.

        Raises `ConfigError` for an id that is neither a thread nor a message of our channel, since
        what is meant for the operator goes nowhere else, and whatever a request raises.
        """
        if thread_id is None or thread_id == self._channel_id or thread_id in self._known:
            return thread_id or self._channel_id
        if number_of(thread_id) is None:
            raise ConfigError(
                f"thread_id is expected to be the id of a Discord thread or message, found {thread_id!r}. "
                "Use the thread_id or the message_id of a received message, or leave it out."
            )
        thread = await self._find(thread_id, deadline)
        if thread is None:
            await self._start(thread_id, deadline)
        elif thread.identifier("parent_id") != self._channel_id:
            raise self._not_ours(thread_id)
        self._known[thread_id] = None
        if len(self._known) > _THREADS_KEPT:
            del self._known[next(iter(self._known))]
        return thread_id

    def forget(self, thread_id: str) -> None:
        """Look again the next time: the thread was not there."""
        self._known.pop(thread_id, None)

    async def _find(self, thread_id: str, deadline: Deadline) -> Foreign | None:
        try:
            return await deadline.repeat(
                lambda timeout: self._rest.get_object(
                    "/channels/{channel}", channel=thread_id, timeout=timeout
                )
            )
        except DiscordApiError as error:
            if error.status not in (403, 404):
                raise
            return None

    async def _start(self, message_id: str, deadline: Deadline) -> None:
        channel = self._channel_id
        path = "/channels/{channel}/messages/{message}"
        try:
            message = await deadline.repeat(
                lambda timeout: self._rest.get_object(
                    path, timeout=timeout, channel=channel, message=message_id
                )
            )
            name = _name_for(message)
            await deadline.repeat(
                lambda timeout: self._rest.request(
                    "POST",
                    f"{path}/threads",
                    json={"name": name},
                    timeout=timeout,
                    channel=channel,
                    message=message_id,
                )
            )
        except DiscordApiError as error:
            if error.code == _UNKNOWN_MESSAGE:
                raise self._not_ours(message_id) from error
            if error.code != _ALREADY_STARTED:
                raise

    def _not_ours(self, thread_id: str) -> ConfigError:
        return ConfigError(
            f"thread_id {thread_id} is expected to be a thread or a message of the channel {self._channel_id}, "
            "and is not. Use the thread_id or the message_id of a received message, or leave it out."
        )


def _name_for(message: Foreign) -> str:
    return message.words("content", limit=_NAME_CHARACTERS) or "Thread"
