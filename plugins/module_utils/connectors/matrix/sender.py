# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending: one message becomes one event or several, and no retry ever makes one twice.

Every event has a transaction id derived from the message's own, so that repeating a message, also
after a crash of whoever sends it, repeats its events and doubles none (Matrix client-server API
v1.11, "Transaction identifiers"). A server may forget such an id all the same: Synapse after a day,
and at its restart when the token belongs to no device; Conduit when it is killed between the event
and the note of its id. So what may have been taken is looked for in the room before it is repeated.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable

from ..attachments import Attachment, load_attachment
from ..border import identifier, in_path
from ..errors import ConfigError, ConnectorError, RemoteError
from ..retries import Deadline
from ..sending import ChatSender
from ..store.answers import Answers
from ..types import OutboundMessage, SendResult
from .answers import is_fatal
from .content import TRANSACTION_KEY, Content, ContentMessage, file_content, in_thread, text_contents
from .encryption import EncryptedRooms
from .errors import EncryptedRoomError, MatrixApiError, NotMatrixError, RateLimitedError
from .events import ENCRYPTED_NOTICE
from .http import MatrixHttp
from .images import image_dimensions
from .lookup import sent_before, thread_head
from .media import check_size, upload, upload_limit
from .recovery import is_lost
from .settings import MatrixSettings
from .threads import ThreadHeads

_log = logging.getLogger(__name__)

_SHORT = 256
"""Characters that are rendered within 5 ms, whatever they are."""


class Sender(ChatSender):
    """Sends into the room that `room` names; asked with True, it looks for the room anew."""

    def __init__(
        self,
        http: MatrixHttp,
        *,
        user_id: str,
        room: Callable[[bool], Awaitable[str]],
        heads: ThreadHeads,
        uploads: Answers,
        encrypted: EncryptedRooms,
        settings: MatrixSettings,
    ) -> None:
        super().__init__()
        self._http = http
        self._user_id = user_id
        self._room = room
        self._heads = heads
        self._uploads = uploads
        self._encrypted = encrypted
        self._settings = settings
        self._upload_limit: int | None = None
        self._asked_upload_limit = False

    async def _send(
        self, message: OutboundMessage, transaction_id: str, first_tried: float | None
    ) -> SendResult:
        _check_thread(message.thread_id)
        files = await self._files(message)
        deadline = Deadline(self._settings, sum(len(file.data) for file in files))
        await self._check_sizes(files, deadline)
        texts = await _texts(message.text) if message.text.strip() else []
        if isinstance(message, ContentMessage) and texts:
            texts[-1] = {**texts[-1], **message.further}
        names = _transaction_ids(transaction_id, len(texts) + len(files))
        room_id = await deadline.repeat(lambda _timeout: self._room(False))
        # Looked for before a file is uploaded, so that no repetition leaves another copy on the server.
        sent = await self._sent_already(room_id, first_tried, deadline)
        if not sent.keys() >= set(names) and await self._is_encrypted(room_id, deadline):
            return await self._refuse_encrypted(room_id, message, deadline)
        parts = dict(zip(names, texts, strict=False))
        for name, file in zip(names[len(texts) :], files, strict=True):
            parts[name] = {} if name in sent else await self._upload(name, file, deadline)
        try:
            event_ids = await self._put_all(room_id, parts, sent, message.thread_id, deadline)
        except MatrixApiError as error:
            if error.status != 403:
                raise
            # Removed and invited again, or the room was replaced: looking for it once more settles it.
            room_id = await deadline.repeat(lambda _timeout: self._room(True))
            self._encrypted.look_again()
            if await self._is_encrypted(room_id, deadline):
                return await self._refuse_encrypted(room_id, message, deadline)
            event_ids = await self._put_all(room_id, parts, sent, message.thread_id, deadline)
        if files:
            await self._uploads.forget(names)
        return SendResult(delivered=True, message_id=event_ids[0])

    async def _files(self, message: OutboundMessage) -> list[Attachment]:
        """The message's files, every one read before anything is uploaded."""
        bound = self._settings
        return [
            await load_attachment(source, limit=bound.attachment_bytes, timeout=bound.request_timeout)
            for source in message.attachments
        ]

    async def _check_sizes(self, files: list[Attachment], deadline: Deadline) -> None:
        if files:
            limit = await self._largest_upload(deadline)
            for file in files:
                check_size(file, limit)

    async def _put_all(
        self,
        room_id: str,
        parts: dict[str, Content],
        sent: dict[str, str],
        root: str | None,
        deadline: Deadline,
    ) -> list[str]:
        for transaction_id, content in parts.items():
            if transaction_id in sent:
                continue
            try:
                sent[transaction_id] = await self._put(room_id, content, root, transaction_id, deadline)
            except MatrixApiError as error:
                if root is None or error.status != 400 or not await self._is_unknown(room_id, root, deadline):
                    raise
                # The thread is one of the room that this one replaced: the words arrive without it.
                _log.warning("%s is not in %s: sent outside of its thread", root, room_id)
                root = None
                sent[transaction_id] = await self._put(room_id, content, root, transaction_id, deadline)
        return [sent[transaction_id] for transaction_id in parts]

    async def _is_encrypted(self, room_id: str, deadline: Deadline) -> bool:
        return await deadline.repeat(lambda timeout: self._encrypted.is_encrypted(room_id, timeout))

    async def _refuse_encrypted(
        self, room_id: str, message: OutboundMessage, deadline: Deadline
    ) -> SendResult:
        """Tell an encrypted room once that it is of no use, and send nothing else there; raises `EncryptedRoomError`."""
        event_id: str | None = None
        if not await self._encrypted.was_told(room_id):
            _log.warning("%s is encrypted: nothing but a notice is sent there", room_id)
            # The same in every run: repeated within the server's memory it makes no second one.
            transaction_id = f"mosaic-encrypted-{hashlib.sha256(room_id.encode()).hexdigest()[:16]}"
            [content] = text_contents(ENCRYPTED_NOTICE)
            event_id = await self._put(room_id, content, None, transaction_id, deadline)
            await self._encrypted.told(room_id, event_id)
        if message.text == ENCRYPTED_NOTICE:
            return SendResult(delivered=True, message_id=event_id)
        raise EncryptedRoomError(
            f"The room {room_id} is encrypted, which this connector does not do: no words are sent there. What waits goes "
            "into a room without encryption."
        )

    async def _is_unknown(self, room_id: str, event_id: str, deadline: Deadline) -> bool:
        """Whether the room has no such event."""
        return await deadline.repeat(lambda _timeout: is_lost(self._http, room_id, event_id))

    async def _put(
        self, room_id: str, content: Content, root: str | None, transaction_id: str, deadline: Deadline
    ) -> str:
        latest = await self._latest_in(room_id, root) if root is not None else None
        body = {**in_thread(content, root, latest), TRANSACTION_KEY: transaction_id}
        path = f"/_matrix/client/v3/rooms/{in_path(room_id)}/send/m.room.message/{in_path(transaction_id)}"
        began = time.time()
        in_doubt = False

        async def put(timeout: float) -> str | None:
            nonlocal in_doubt
            if in_doubt:
                sent = await sent_before(self._http, self._settings, room_id, self._user_id, began)
                if transaction_id in sent:
                    return sent[transaction_id]
            try:
                answer = await self._http.request("PUT", path, json=body, timeout=timeout)
            except RemoteError as error:
                # A server that limits has not taken it; any other may have, and the answer was lost.
                in_doubt = in_doubt or not isinstance(error, RateLimitedError)
                raise
            return answer.identifier("event_id")

        event_id = await deadline.repeat(put)
        if event_id is None:
            raise NotMatrixError(f"{self._http.base_url} took a message and named no event_id.")
        if root is not None:
            self._heads.moved(root, event_id)
        return event_id

    async def _latest_in(self, room_id: str, root: str) -> str | None:
        known = self._heads.latest(root)
        if known is None:
            known = await thread_head(self._http, room_id, root)
        return known

    async def _largest_upload(self, deadline: Deadline) -> int | None:
        if not self._asked_upload_limit:
            self._upload_limit = await deadline.repeat(lambda timeout: upload_limit(self._http, timeout))
            self._asked_upload_limit = True
        return self._upload_limit

    async def _upload(self, name: str, file: Attachment, deadline: Deadline) -> Content:
        """Upload the file of one event, unless an earlier try did, in this run or before a restart."""
        uri = await self._uploads.of(name)
        if uri is None:
            uri = await deadline.repeat(lambda timeout: upload(self._http, file, timeout))
            await self._uploads.keep(name, uri)
        return file_content(uri, file.name, file.mimetype, len(file.data), image_dimensions(file.data))

    async def _sent_already(
        self, room_id: str, first_tried: float | None, deadline: Deadline
    ) -> dict[str, str]:
        if first_tried is None:
            return {}
        return await deadline.repeat(
            lambda _timeout: sent_before(self._http, self._settings, room_id, self._user_id, first_tried)
        )

    @staticmethod
    def _is_fatal(error: ConnectorError) -> bool:
        return is_fatal(error)

    @staticmethod
    def _is_refusal(error: ConnectorError) -> bool:
        return (
            isinstance(error, MatrixApiError) and error.status in (400, 413) and error.errcode != "M_UNKNOWN"
        )


async def _texts(text: str) -> list[Content]:
    # Rendering a long text takes a while, in which the line ought to live; a short one less than a thread's coming and going.
    return text_contents(text) if len(text) <= _SHORT else await asyncio.to_thread(text_contents, text)


def _transaction_ids(transaction_id: str, count: int) -> list[str]:
    """One for each event: the first bears the caller's own id, so that it can be found by it."""
    if not count:
        raise ConfigError("A message is expected to have words or a file, and nothing is left of it.")
    return [transaction_id, *(f"{transaction_id}.{number}" for number in range(1, count))]


def _check_thread(thread_id: str | None) -> None:
    if thread_id is not None and (not thread_id.startswith("$") or identifier(thread_id) is None):
        raise ConfigError(
            f"thread_id is expected to be the id of a Matrix event ($…), found {thread_id!r}. "
            "Use the thread_id of a received message, or leave it out."
        )
