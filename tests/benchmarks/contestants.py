# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The libraries that speak Matrix, each as its users write it: one account in one room that sends and listens.

What they import is imported when one of them is chosen, so that none pays for another.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

Heard = Callable[[str], None]
"""What is done with the text of a message."""


@dataclass(frozen=True)
class Seat:
    """Who one is, where, and the folder that is kept between two lives."""

    url: str
    user_id: str
    device_id: str
    token: str
    room_id: str
    folder: str


class Contestant(ABC):
    """One client of a homeserver."""

    modules: str = ""
    """What its users import, for measuring that."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    @abstractmethod
    async def open(self) -> None:
        """Make what is needed for sending."""

    @abstractmethod
    async def send(self, text: str) -> None:
        """Send one text; raises when the server did not take it."""

    async def listen(self, heard: Heard) -> None:
        """Begin to receive, from where it left off in a former life; returns when it is listening."""
        raise NotImplementedError

    @abstractmethod
    async def close(self) -> None:
        """Leave in an orderly way, the place kept."""


class Ours(Contestant):
    """mosaic.fleet's connector."""

    modules = "from mosaic_connectors.matrix.connector import MatrixConnector"

    def transport(self) -> Any:
        """What its requests go through; None for what it takes by itself."""
        return None

    async def open(self) -> None:
        from mosaic_connectors.matrix.connector import MatrixConnector
        from mosaic_connectors.secrets import Secret

        self._connector = MatrixConnector(
            homeserver_url=self.seat.url,
            user_id=self.seat.user_id,
            room_id=self.seat.room_id,
            access_token=Secret(self.seat.token),
            state_dir=Path(self.seat.folder),
            transport=self.transport(),
        )

    async def send(self, text: str) -> None:
        from mosaic_connectors import OutboundMessage

        result = await self._connector.send(OutboundMessage(text=text))
        if not result.delivered:
            raise RuntimeError(str(result.error))

    async def listen(self, heard: Heard) -> None:
        self._connector.subscribe(lambda message: heard(message.text))
        await self._connector.wait_ready()

    async def close(self) -> None:
        await self._connector.aclose()


class OursOverAiohttp(Ours):
    """The same over aiohttp, by the package httpx-aiohttp, which has httpx's interface for a transport."""

    modules = f"{Ours.modules}; import httpx_aiohttp"

    def transport(self) -> Any:
        import aiohttp
        from httpx_aiohttp import AiohttpTransport

        return AiohttpTransport(client=aiohttp.ClientSession)


class RawHttpx(Contestant):
    """The two requests by hand, with nothing around them."""

    modules = "import httpx"

    def client(self) -> Any:
        """An httpx.AsyncClient."""
        import httpx

        return httpx.AsyncClient(
            base_url=self.seat.url, headers={"Authorization": f"Bearer {self.seat.token}"}, timeout=60
        )

    async def open(self) -> None:
        self._client = self.client()
        self._task: asyncio.Task[None] | None = None

    async def send(self, text: str) -> None:
        path = f"/_matrix/client/v3/rooms/{quote(self.seat.room_id)}/send/m.room.message/{uuid4().hex}"
        answer = await self._client.put(path, json={"msgtype": "m.text", "body": text})
        answer.raise_for_status()

    async def listen(self, heard: Heard) -> None:
        first = asyncio.Event()
        self._task = asyncio.create_task(self._sync(heard, first))
        await first.wait()

    async def _sync(self, heard: Heard, first: asyncio.Event) -> None:
        place = Path(self.seat.folder) / "since"
        since = place.read_text() if place.exists() else None
        while True:
            asked = {"timeout": 20000, "since": since} if since else {"timeout": 0}
            document = json.loads((await self._client.get("/_matrix/client/v3/sync", params=asked)).content)
            room = document.get("rooms", {}).get("join", {}).get(self.seat.room_id, {})
            if since:
                for event in room.get("timeline", {}).get("events", []):
                    if event["type"] == "m.room.message" and event["sender"] != self.seat.user_id:
                        heard(event["content"]["body"])
            since = document["next_batch"]
            place.write_text(since)
            first.set()

    async def close(self) -> None:
        if self._task is not None:
            await _cancelled(self._task)
        await self._client.aclose()


class HttpxOverAiohttp(RawHttpx):
    """The two requests by hand, by httpx over aiohttp."""

    modules = "import httpx_aiohttp"

    def client(self) -> Any:
        from httpx_aiohttp import HttpxAiohttpClient

        return HttpxAiohttpClient(
            base_url=self.seat.url, headers={"Authorization": f"Bearer {self.seat.token}"}, timeout=60
        )


class Nio(Contestant):
    """matrix-nio: a stored sync token, a callback, sync_forever, and a hundred events at a time."""

    modules = "from nio import AsyncClient"

    async def open(self) -> None:
        from nio import AsyncClient

        self._client = AsyncClient(self.seat.url, self.seat.user_id)
        self._client.access_token = self.seat.token
        self._task: asyncio.Task[None] | None = None

    async def send(self, text: str) -> None:
        from nio import RoomSendResponse

        content = {"msgtype": "m.text", "body": text}
        answer = await self._client.room_send(self.seat.room_id, "m.room.message", content)
        if not isinstance(answer, RoomSendResponse):
            raise RuntimeError(str(answer))  # noqa: TRY004  # it is what the server said

    async def listen(self, heard: Heard) -> None:
        from nio import RoomMessageText, SyncResponse

        place, first = Path(self.seat.folder) / "since", asyncio.Event()

        async def on_message(room: Any, event: Any) -> None:
            if room.room_id == self.seat.room_id and event.sender != self.seat.user_id:
                heard(event.body)

        async def on_sync(response: Any) -> None:
            place.write_text(response.next_batch)
            first.set()

        bound = {"room": {"timeline": {"limit": 100}}}
        if not place.exists():
            await on_sync(await self._client.sync(timeout=0, sync_filter=bound))
        self._client.add_response_callback(on_sync, SyncResponse)
        self._client.add_event_callback(on_message, RoomMessageText)
        self._client.next_batch = place.read_text()
        self._task = asyncio.create_task(
            self._client.sync_forever(timeout=20000, sync_filter=bound, since=self._client.next_batch)
        )
        await first.wait()

    async def close(self) -> None:
        if self._task is not None:
            await _cancelled(self._task)
        await self._client.close()


class Mautrix(Contestant):
    """mautrix: a stored sync token, a handler, start with a filter of a hundred events."""

    modules = "from mautrix.client import Client"

    async def open(self) -> None:
        from mautrix.client import Client
        from mautrix.client.state_store import MemorySyncStore

        place = Path(self.seat.folder) / "since"
        self._store = MemorySyncStore(place.read_text() if place.exists() else None)
        self._client = Client(
            mxid=self.seat.user_id,
            device_id=self.seat.device_id,
            base_url=self.seat.url,
            token=self.seat.token,
            sync_store=self._store,
        )

    async def send(self, text: str) -> None:
        await self._client.send_text(self.seat.room_id, text)

    async def listen(self, heard: Heard) -> None:
        from mautrix.client import InternalEventType
        from mautrix.types import EventType, Filter, RoomEventFilter, RoomFilter

        first = asyncio.Event()

        async def on_message(event: Any) -> None:
            if event.room_id == self.seat.room_id and event.sender != self.seat.user_id:
                heard(event.content.body)

        async def on_sync(_told: Any) -> None:
            first.set()

        self._client.ignore_initial_sync = True
        self._client.add_event_handler(EventType.ROOM_MESSAGE, on_message, wait_sync=True)
        self._client.add_event_handler(InternalEventType.SYNC_SUCCESSFUL, on_sync)
        self._client.start(Filter(room=RoomFilter(timeline=RoomEventFilter(limit=100))))
        await first.wait()

    async def close(self) -> None:
        self._client.stop()
        place = await self._store.get_next_batch()
        (Path(self.seat.folder) / "since").write_text(place or "")
        await self._client.api.session.close()


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


CONTESTANTS: dict[str, type[Contestant]] = {
    "mosaic.fleet": Ours,
    "mosaic.fleet over aiohttp": OursOverAiohttp,
    "raw httpx": RawHttpx,
    "raw httpx over aiohttp": HttpxOverAiohttp,
    "matrix-nio": Nio,
    "mautrix": Mautrix,
}
