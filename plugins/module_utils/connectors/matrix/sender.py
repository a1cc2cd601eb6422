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
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..attachments import Attachment, load_attachment
from ..errors import (
    ConfigError,
    ConnectorError,
    MatrixApiError,
    NotMatrixError,
    RateLimitedError,
    RemoteError,
)
from ..retries import Patience
from ..sending import ChatSender
from ..types import OutboundMessage, SendResult
from .content import TRANSACTION_KEY, Content, file_content, in_thread, text_contents
from .http import MatrixHttp
from .images import image_dimensions
from .lookup import sent_before, thread_head
from .media import check_size, upload, upload_limit
from .receiver import is_fatal
from .room import segment
from .settings import MatrixSettings
from .threads import ThreadHeads


class Sender(ChatSender):
    """Sends into the room that `room` names; asked with True, it looks for the room anew."""

    def __init__(
        self,
        http: MatrixHttp,
        *,
        user_id: str,
        room: Callable[[bool], Awaitable[str]],
        heads: ThreadHeads,
        settings: MatrixSettings,
    ) -> None:
        super().__init__()
        self._http = http
        self._user_id = user_id
        self._room = room
        self._heads = heads
        self._settings = settings
        self._upload_limit: int | None = None
        self._asked_upload_limit = False

    async def _send(
        self, message: OutboundMessage, transaction_id: str, first_tried: float | None
    ) -> SendResult:
        _check_thread(message.thread_id)
        patience = Patience(self._settings)
        contents = await self._contents(message, patience)
        room_id = await patience.repeat(lambda _timeout: self._room(False))
        sent = await self._sent_already(room_id, first_tried, patience)
        parts = {
            # The first event bears the caller's own id, so that it can be found by it.
            transaction_id if number == 0 else f"{transaction_id}.{number}": content
            for number, content in enumerate(contents)
        }
        try:
            event_ids = await self._put_all(room_id, parts, sent, message.thread_id, patience)
        except MatrixApiError as error:
            if error.status != 403:
                raise
            # Removed and invited again, or the room was replaced: looking for it once more settles it.
            room_id = await patience.repeat(lambda _timeout: self._room(True))
            event_ids = await self._put_all(room_id, parts, sent, message.thread_id, patience)
        return SendResult(delivered=True, message_id=event_ids[0])

    async def _contents(self, message: OutboundMessage, patience: Patience) -> list[Content]:
        """The contents of the message's events; every file is read and measured before anything is uploaded."""
        bound = self._settings
        files = [
            await load_attachment(source, limit=bound.attachment_bytes, timeout=bound.request_timeout)
            for source in message.attachments
        ]
        if files:
            limit = await self._largest_upload(patience)
            for file in files:
                check_size(file, limit)
        text = message.text
        # Rendering a long text takes a while, in which the line ought to live.
        contents = await asyncio.to_thread(text_contents, text) if text.strip() else []
        return contents + [await self._upload(file, patience) for file in files]

    async def _put_all(
        self,
        room_id: str,
        parts: dict[str, Content],
        sent: dict[str, str],
        root: str | None,
        patience: Patience,
    ) -> list[str]:
        event_ids = []
        for transaction_id, content in parts.items():
            if transaction_id not in sent:
                sent[transaction_id] = await self._put(room_id, content, root, transaction_id, patience)
            event_ids.append(sent[transaction_id])
        return event_ids

    async def _put(
        self, room_id: str, content: Content, root: str | None, transaction_id: str, patience: Patience
    ) -> str:
        latest = await self._latest_in(room_id, root) if root is not None else None
        body = {**in_thread(content, root, latest), TRANSACTION_KEY: transaction_id}
        path = f"/_matrix/client/v3/rooms/{segment(room_id)}/send/m.room.message/{segment(transaction_id)}"
        began = time.time()
        in_doubt = False

        async def put(timeout: float) -> Mapping[str, Any]:
            nonlocal in_doubt
            if in_doubt:
                sent = await sent_before(self._http, self._settings, room_id, self._user_id, began)
                if transaction_id in sent:
                    return {"event_id": sent[transaction_id]}
            try:
                return await self._http.request("PUT", path, json=body, timeout=timeout)
            except RemoteError as error:
                # A server that limits has not taken it; any other may have, and the answer was lost.
                in_doubt = in_doubt or not isinstance(error, RateLimitedError)
                raise

        answer = await patience.repeat(put)
        event_id = answer.get("event_id")
        if not isinstance(event_id, str):
            raise NotMatrixError(f"{self._http.base_url} took a message and named no event_id.")
        if root is not None:
            self._heads.moved(root, event_id)
        return event_id

    async def _latest_in(self, room_id: str, root: str) -> str | None:
        known = self._heads.latest(root)
        if known is None:
            known = await thread_head(self._http, room_id, root)
        return known

    async def _largest_upload(self, patience: Patience) -> int | None:
        if not self._asked_upload_limit:
            self._upload_limit = await patience.repeat(lambda timeout: upload_limit(self._http, timeout))
            self._asked_upload_limit = True
        return self._upload_limit

    async def _upload(self, file: Attachment, patience: Patience) -> Content:
        uri = await patience.repeat(lambda timeout: upload(self._http, file, timeout))
        return file_content(uri, file.name, file.mimetype, len(file.data), image_dimensions(file.data))

    async def _sent_already(
        self, room_id: str, first_tried: float | None, patience: Patience
    ) -> dict[str, str]:
        if first_tried is None:
            return {}
        return await patience.repeat(
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


def _check_thread(thread_id: str | None) -> None:
    if thread_id is not None and not thread_id.startswith("$"):
        raise ConfigError(
            f"thread_id is expected to be the id of a Matrix event ($…), found {thread_id!r}. "
            "Use the thread_id of a received message, or leave it out."
        )
