# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending: one message becomes one post or several, and no retry ever makes one twice.

Every post has a nonce derived from the message's own id, which Discord enforces for a few minutes;
for a retry that comes later, our own posts in the history are looked through first.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from ..attachments import load_attachment
from ..border import Foreign
from ..buttons import ButtonMessage
from ..errors import ConfigError, ConnectorError
from ..retries import Deadline, quiet_asked
from ..sending import ChatSender
from ..types import OutboundMessage, SendFailure, SendResult
from .channels import Channels
from .errors import DiscordApiError, DiscordTokenError, NotDiscordError
from .history import read_history
from .messages import author_of
from .posts import Post, posts_of
from .rest import DiscordRest
from .settings import DiscordSettings
from .snowflake import id_at
from .threads import Threads

_MIB = 1024 * 1024
_UPLOAD_LIMITS = {2: 50 * _MIB, 3: 100 * _MIB}
"""By the boosts of a server (its `premium_tier`); everywhere else it is the default."""

_UPLOAD_DEFAULT = 10 * _MIB
_SENT_KEPT = 1000
_CLOCK_SKEW = 300.0
"""What our clock may be wrong by, in seconds, where Discord has not told the time."""

_CLOCK_DOUBT = 10.0
"""... and where it has: a clock may be set between two looks."""

_UNKNOWN_CHANNEL = 10003


class Sender(ChatSender):
    """Sends into our channel and its threads."""

    def __init__(self, rest: DiscordRest, channels: Channels, settings: DiscordSettings) -> None:
        super().__init__()
        self._rest = rest
        self._channels = channels
        self._threads = Threads(rest, channels.channel_id)
        self._settings = settings
        self._sent: dict[str, str] = {}
        self._upload_limit: int | None = None

    async def _send(
        self, message: OutboundMessage, transaction_id: str, first_tried: float | None
    ) -> SendResult:
        deadline = Deadline(self._settings)
        files = []
        for source in message.attachments:
            limit = await self._limit(deadline)
            files.append(await load_attachment(source, limit=limit, timeout=self._settings.request_timeout))
        # Cutting a long text takes a while, in which the line ought to live.
        posts = await asyncio.to_thread(posts_of, message.text, files, transaction_id)
        if isinstance(message, ButtonMessage):
            posts[-1] = replace(posts[-1], buttons=message.buttons)
        place = await self._threads.place_of(message.thread_id, deadline)
        await self._recall(posts, place, first_tried, deadline)
        for post in posts:
            if post.nonce not in self._sent:
                self._note(post, await self._post(post, place, deadline))
        named = posts[-1 if isinstance(message, ButtonMessage) else 0]
        return SendResult(delivered=True, message_id=self._sent[named.nonce])

    async def edit(self, message_id: str, thread_id: str | None, text: str) -> SendResult:
        """Have a message of ours read so, without buttons; raises only what ends the line for good."""
        deadline = Deadline(self._settings)
        body = {"content": text, "components": [], "allowed_mentions": {"parse": []}}
        path = "/channels/{channel}/messages/{message}"
        try:
            place = await self._threads.place_of(thread_id, deadline)
            await deadline.repeat(
                lambda timeout: self._rest.request(
                    "PATCH", path, json=body, timeout=timeout, channel=place, message=message_id
                )
            )
        except ConnectorError as error:
            if self._is_fatal(error):
                raise
            # What is not there any more is told of by a message of its own.
            gone = isinstance(error, ConfigError) or (
                isinstance(error, DiscordApiError) and error.status == 404
            )
            return SendFailure(
                error=str(error), permanent=gone or self._is_refusal(error), retry_after=quiet_asked(error)
            )
        return SendResult(delivered=True, message_id=message_id)

    async def _post(self, post: Post, place: str, deadline: Deadline) -> str:
        files = [(file.name, file.data, file.mimetype) for file in post.files]
        try:
            answer = await deadline.repeat(
                lambda timeout: self._rest.request(
                    "POST",
                    "/channels/{channel}/messages",
                    json=post.body(),
                    files=files,
                    timeout=timeout,
                    channel=place,
                )
            )
        except DiscordApiError as error:
            if error.code == _UNKNOWN_CHANNEL:
                self._threads.forget(place)
            raise
        message_id = answer.identifier("id")
        if message_id is None:
            raise NotDiscordError("Discord took a message and named no id.")
        return message_id

    async def _limit(self, deadline: Deadline) -> int:
        """The largest file the server (guild) takes."""
        if self._upload_limit is None:
            guild = await deadline.repeat(lambda _timeout: self._guild())
            tier = guild.number("premium_tier") or 0
            self._upload_limit = _UPLOAD_LIMITS.get(tier, _UPLOAD_DEFAULT)
        return self._upload_limit

    async def _guild(self) -> Foreign:
        return await self._rest.get_object("/guilds/{guild}", guild=await self._channels.guild_id())

    async def _recall(
        self, posts: Sequence[Post], place: str, first_tried: float | None, deadline: Deadline
    ) -> None:
        """Find the posts that an earlier try left behind, when Discord may have forgotten their nonces."""
        if first_tried is None or time.time() - first_tried < self._settings.nonce_memory:
            return
        missing = [post for post in posts if post.nonce not in self._sent]
        if not missing:
            return
        ours = await deadline.repeat(lambda _timeout: self._our_messages(place, first_tried))
        for post in missing:
            found = next((one for one in ours if post.is_like(one)), None)
            if found is not None:
                ours.remove(found)
                self._note(post, found.identifier("id") or "")

    async def _our_messages(self, place: str, since: float) -> list[Foreign]:
        """Our own messages in a channel since a time, oldest first, without those known to be others."""
        own = (await self._rest.get_object("/users/@me")).identifier("id")
        known = set(self._sent.values())
        found: list[Foreign] = []
        seen = 0
        async for _number, message in read_history(self._rest, [place], self._earliest_id(since)):
            seen += 1
            if author_of(message) == own and message.identifier("id") not in known:
                found.append(message)
            if seen >= self._settings.lookup_messages:
                break
        return found

    def _earliest_id(self, moment: float) -> int:
        """The lowest id that a post made at `moment` of our clock can have.

        As low as need be and no lower: an equal text that another message brought before would pass for it.
        """
        ahead = self._rest.clock_ahead
        return id_at(moment - _CLOCK_SKEW if ahead is None else moment + ahead - _CLOCK_DOUBT)

    def _note(self, post: Post, message_id: str) -> None:
        self._sent[post.nonce] = message_id
        if len(self._sent) > _SENT_KEPT:
            del self._sent[next(iter(self._sent))]

    @staticmethod
    def _is_fatal(error: ConnectorError) -> bool:
        return isinstance(error, DiscordTokenError)

    @staticmethod
    def _is_refusal(error: ConnectorError) -> bool:
        return isinstance(error, DiscordApiError) and error.status in (400, 413)
