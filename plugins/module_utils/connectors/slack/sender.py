# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending: one message becomes one post or several, and no retry ever makes one twice.

Slack has no id that a sender may choose and that it enforces (`client_msg_id` is its own clients'). So every post has
an id in its metadata, and wherever one may have arrived without our hearing of it, the history is looked through for
that id before the post is repeated.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

from ..attachments import Attachment, load_attachment
from ..border import Foreign
from ..buttons import ButtonMessage
from ..errors import ConfigError, ConnectorError, Meaning, RemoteError
from ..retries import Deadline, quiet_asked
from ..sending import ChatSender
from ..types import OutboundMessage, SendFailure, SendResult
from .api import SlackApi
from .errors import NotSlackError, SlackApiError, SlackTokenError
from .history import Numbered, latest_first, replies
from .mrkdwn import mrkdwn
from .posts import Post, nonce_in, nonce_of, posts_of
from .settings import SlackSettings
from .stamps import number_of, stamp_at
from .uploads import Uploads

_SENT_KEPT = 1000
_THREADS_KEPT = 1000
_CLOCK_SKEW = 300.0
"""What our clock may be wrong by, in seconds."""

_HOPELESS = ("msg_too_long", "no_text", "invalid_arguments", "invalid_metadata_format", "metadata_too_large")
"""Refusals of this very message, which would be the same later."""

_UNCHANGEABLE = ("message_not_found", "cant_update_message", "edit_window_closed", "as_user_not_supported")
"""Refusals of an edit: what ended is told of by a message of its own."""

_DROPPED = ("file_not_found", "file_deleted")
"""Refusals of files that were brought too long ago."""


class Sender(ChatSender):
    """Sends into our channel and its threads."""

    def __init__(self, api: SlackApi, uploads: Uploads, channel_id: str, settings: SlackSettings) -> None:
        super().__init__()
        self._api = api
        self._uploads = uploads
        self._channel_id = channel_id
        self._settings = settings
        self._sent: dict[str, str] = {}
        self._threads: dict[str, str] = {}
        self._looked: set[str | None] = set()

    async def _send(
        self, message: OutboundMessage, transaction_id: str, first_tried: float | None
    ) -> SendResult:
        limit, timeout = self._settings.upload_bytes, self._settings.request_timeout
        files = [await load_attachment(one, limit=limit, timeout=timeout) for one in message.attachments]
        deadline = Deadline(self._settings, sum(len(file.data) for file in files))
        # Cutting a long text takes a while, in which the line ought to live.
        posts = await asyncio.to_thread(posts_of, message.text, transaction_id)
        if isinstance(message, ButtonMessage):
            posts[-1] = replace(posts[-1], buttons=message.buttons)
        thread = await self._thread(message.thread_id, deadline)
        wanted = [post.nonce for post in posts]
        await self._recall(wanted, thread, first_tried, deadline)
        stamps: list[str] = []
        for post in posts:
            if post.nonce not in self._sent:
                self._note(post.nonce, await self._post(post, thread, deadline))
            stamps.append(self._sent[post.nonce])
        if files:
            names = [nonce_of(transaction_id, len(posts) + number) for number in range(len(files))]
            stamps.append(await self._files(names, files, thread, first_tried, deadline))
        named = stamps[len(posts) - 1 if isinstance(message, ButtonMessage) else 0]
        return SendResult(delivered=True, message_id=named or None)

    async def edit(self, stamp: str, text: str) -> SendResult:
        """Have a message of ours read so, without buttons; raises only what ends the line for good."""
        body = {"channel": self._channel_id, "ts": stamp, "text": mrkdwn(text), "blocks": [], "parse": "none"}
        deadline = Deadline(self._settings)
        try:
            await deadline.repeat(lambda timeout: self._api.call("chat.update", timeout=timeout, **body))
        except ConnectorError as error:
            if self._is_fatal(error):
                raise
            gone = isinstance(error, SlackApiError) and error.code in _UNCHANGEABLE
            return SendFailure(
                error=str(error), permanent=gone or self._is_refusal(error), retry_after=quiet_asked(error)
            )
        return SendResult(delivered=True, message_id=stamp)

    async def _post(self, post: Post, thread: str | None, deadline: Deadline) -> str:
        body = post.body(self._channel_id, thread)
        doubt = _Doubt()

        async def once(timeout: float) -> str:
            if doubt.since is not None:
                await self._look(thread, doubt.since)
                if post.nonce in self._sent:
                    return self._sent[post.nonce]
            with doubt:
                answer = await self._api.call("chat.postMessage", timeout=timeout, **body)
            stamp = answer.identifier("ts")
            if stamp is None:
                raise NotSlackError("Slack took a message and named no ts.", status=400)
            return stamp

        return await deadline.repeat(once)

    async def _files(
        self,
        names: list[str],
        files: list[Attachment],
        thread: str | None,
        first_tried: float | None,
        deadline: Deadline,
    ) -> str:
        """Bring files to Slack and share them; returns the `ts` of their message where it is known."""
        earlier = await self._uploads.known(names)
        # All that were brought by an earlier try may have been shared by it, too.
        tried = (first_tried or time.time()) - _CLOCK_SKEW if len(earlier) == len(names) else None
        titles = [file.name for file in files]
        ids = await self._uploads.bring(names, files, deadline)
        try:
            return await self._share(ids, titles, thread, tried, deadline)
        except SlackApiError as error:
            if not earlier or error.code not in _DROPPED:
                raise
        await self._uploads.forget(names)
        ids = await self._uploads.bring(names, files, deadline)
        return await self._share(ids, titles, thread, None, deadline)

    async def _share(
        self,
        ids: list[str],
        titles: list[str],
        thread: str | None,
        tried: float | None,
        deadline: Deadline,
    ) -> str:
        """Show files that were brought in the channel, unless they are since `tried`, in seconds since the epoch."""
        files = [{"id": one, "title": title} for one, title in zip(ids, titles, strict=True)]
        place = {"channel_id": self._channel_id, **({} if thread is None else {"thread_ts": thread})}
        doubt = _Doubt(tried)

        async def once(timeout: float) -> str:
            if doubt.since is not None:
                # The message is made by a job of Slack's, after the answer.
                await asyncio.sleep(self._settings.share_settles)
                async for _number, message in self._since(thread, doubt.since):
                    if {one.identifier("id") for one in message.objects("files")} >= set(ids):
                        return message.identifier("ts") or ""
            with doubt:
                await self._api.call("files.completeUploadExternal", timeout=timeout, files=files, **place)
            return ""

        return await deadline.repeat(once)

    async def _thread(self, thread_id: str | None, deadline: Deadline) -> str | None:
        """The `ts` of the thread that a `thread_id` of the contract means: its own, or that of a message in it.

        Raises `ConfigError` for one that is neither, since what is meant for the operator goes nowhere else.
        """
        if thread_id is None or thread_id in self._threads:
            return thread_id and self._threads[thread_id]
        if number_of(thread_id) is None:
            raise ConfigError(
                f"thread_id is expected to be the ts of a Slack message, such as 1700000000.123456, found {thread_id!r}. "
                "Use the thread_id or the message_id of a received message, or leave it out."
            )
        try:
            answer = await deadline.repeat(
                lambda timeout: self._api.read(
                    "conversations.replies", timeout=timeout, channel=self._channel_id, ts=thread_id, limit=1
                )
            )
        except SlackApiError as error:
            if error.code not in ("thread_not_found", "message_not_found"):
                raise
            raise ConfigError(
                f"thread_id {thread_id} is expected to be a message of the channel {self._channel_id}, and is not. "
                "Use the thread_id or the message_id of a received message, or leave it out."
            ) from error
        first = next(iter(answer.objects("messages")), Foreign())
        root = first.identifier("thread_ts") or thread_id
        self._threads[thread_id] = root
        if len(self._threads) > _THREADS_KEPT:
            del self._threads[next(iter(self._threads))]
        return root

    async def _recall(
        self, wanted: list[str], thread: str | None, first_tried: float | None, deadline: Deadline
    ) -> None:
        """Find the posts that an earlier try left behind: of this process, or of the one before it."""
        missing = [nonce for nonce in wanted if nonce not in self._sent]
        if not missing or (first_tried is None and thread in self._looked):
            return
        # Without a time, the latest page is looked at, once: the process before may have been killed over this one.
        since = time.time() - _CLOCK_SKEW if first_tried is None else first_tried - _CLOCK_SKEW

        async def look(_timeout: float) -> None:
            await self._look(thread, since)

        try:
            await deadline.repeat(look)
        except SlackTokenError:
            raise
        except SlackApiError:
            # An app that may not read the history may write all the same, the first time.
            if first_tried is not None:
                raise
        self._looked.add(thread)

    async def _look(self, thread: str | None, since: float) -> None:
        """Note every post of ours since a time."""
        async for _number, message in self._since(thread, since):
            nonce = nonce_in(message)
            if nonce is not None and nonce not in self._sent:
                self._note(nonce, message.identifier("ts") or "")

    async def _since(self, thread: str | None, since: float) -> AsyncIterator[Numbered]:
        """The messages in our channel, or in a thread of it, since a time of our clock."""
        after, seen = stamp_at(since), 0
        pages = (
            latest_first(self._api, self._channel_id, metadata=True)
            if thread is None
            else replies(self._api, self._channel_id, thread, after, metadata=True)
        )
        async for page in pages:
            for number, message in page:
                if number > after:
                    yield number, message
            seen += len(page)
            past = thread is None and any(number <= after for number, _one in page)
            if past or seen >= self._settings.lookup_messages:
                return

    def _note(self, nonce: str, stamp: str) -> None:
        self._sent[nonce] = stamp
        if len(self._sent) > _SENT_KEPT:
            del self._sent[next(iter(self._sent))]

    @staticmethod
    def _is_fatal(error: ConnectorError) -> bool:
        return isinstance(error, SlackTokenError)

    @staticmethod
    def _is_refusal(error: ConnectorError) -> bool:
        return isinstance(error, SlackApiError) and (error.status == 413 or error.code in _HOPELESS)


class _Doubt:
    """Whether a request that failed may have been carried out all the same: `since` is when it was first made."""

    def __init__(self, since: float | None = None) -> None:
        self.since = since

    def __enter__(self) -> None:
        self._began = time.time() - _CLOCK_SKEW

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        # A refusal and a limit say that nothing was done; anything else leaves it open.
        if isinstance(error, RemoteError) and error.meaning is Meaning.OUTAGE and self.since is None:
            self.since = self._began
