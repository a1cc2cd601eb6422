# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receipts on Matrix: reactions, read receipts and typing notices.

Source: Matrix client-server API v1.11, "Event annotations and reactions", "Receipts", "Typing notifications".
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from ..border import in_path
from ..types import InboundMessage, Mark
from .errors import MatrixApiError
from .http import MatrixHttp

_SIGNS = {Mark.STORED: "👀", Mark.TAKEN: "✅", Mark.UNVERIFIED: "❓", Mark.LOST: "❌"}


class MatrixReceipts:
    """Those of one room; a token that is refused here ends nothing."""

    abilities = frozenset({"mark", "read", "typing"})

    def __init__(
        self,
        http: MatrixHttp,
        user_id: str,
        room: Callable[[], Awaitable[str]],
        is_encrypted: Callable[[str], Awaitable[bool]],
    ) -> None:
        """`is_encrypted` tells of a room's id whether nothing is to be shown there."""
        self._http = http
        self._user_id = user_id
        self._room = room
        self._is_encrypted = is_encrypted

    async def mark(self, message: InboundMessage, mark: Mark) -> None:
        """React to a message; see `ReceiptGiver`."""
        event_id = message.message_id or ""
        # The same mark has the same id, so that it is one reaction however often it is sent.
        txn = hashlib.sha256(f"{event_id}/{mark.value}".encode()).hexdigest()[:32]
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": _SIGNS[mark]}
        try:
            await self._request("PUT", f"send/m.reaction/mark-{txn}", {"m.relates_to": relation})
        except MatrixApiError as error:
            if error.errcode != "M_DUPLICATE_ANNOTATION":
                raise

    async def read(self, message: InboundMessage) -> None:
        """Move our read receipt to a message; see `ReceiptGiver`."""
        await self._request("POST", f"receipt/m.read/{in_path(message.message_id or '')}", {})

    async def typing(self, thread_id: str | None, seconds: float) -> None:
        """Say that we write, or do no longer; see `ReceiptGiver`."""
        del thread_id  # the room has one notice of each user
        body: dict[str, object] = (
            {"typing": True, "timeout": int(seconds * 1000)} if seconds > 0 else {"typing": False}
        )
        await self._request("PUT", f"typing/{in_path(self._user_id)}", body)

    async def _request(self, method: str, rest: str, body: dict[str, object]) -> None:
        room_id = await self._room()
        if await self._is_encrypted(room_id):
            return  # nothing there was read, and but for one sentence nothing is said there
        path = f"/_matrix/client/v3/rooms/{in_path(room_id)}/{rest}"
        await self._http.request(method, path, json=body, make_sure=False)
