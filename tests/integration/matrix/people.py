# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who takes part in a conversation: an operator who speaks plain HTTP, and the connector's account."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from integration.synapse import Account, Synapse
from mosaic_connectors import InboundMessage
from mosaic_connectors.matrix.connector import MatrixConnector
from mosaic_connectors.matrix.settings import MatrixSettings
from mosaic_connectors.secrets import Secret


@dataclass
class Operator:
    """A human in a room, independent of the library under test."""

    server: Synapse
    account: Account
    room_id: str

    def say(self, body: str, *, thread: str | None = None, **content: Any) -> str:
        """Post a text message; returns its event id."""
        relation = {"m.relates_to": {"rel_type": "m.thread", "event_id": thread}} if thread else {}
        return self.post({"msgtype": "m.text", "body": body, **relation, **content})

    def post(self, content: dict[str, Any], kind: str = "m.room.message") -> str:
        """Post any event; returns its id."""
        path = f"{self._room()}/send/{kind}/{uuid4().hex}"
        event_id: str = self.server.call("PUT", path, content, token=self.account.access_token)["event_id"]
        return event_id

    def event(self, event_id: str | None) -> dict[str, Any]:
        """An event as the server keeps it."""
        return self.server.call(
            "GET", f"{self._room()}/event/{quote(event_id or '')}", token=self.account.access_token
        )

    def change(self, what: str, user_id: str) -> None:
        """`kick`, `ban`, `unban` or `invite` somebody."""
        self.server.call(
            "POST", f"{self._room()}/{what}", {"user_id": user_id}, token=self.account.access_token
        )

    def set_state(self, kind: str, content: dict[str, Any]) -> None:
        """Set a piece of the room's state."""
        self.server.call("PUT", f"{self._room()}/state/{kind}/", content, token=self.account.access_token)

    def timeline(self) -> list[dict[str, Any]]:
        """The room's newest hundred events, oldest first."""
        page = self.server.call(
            "GET", f"{self._room()}/messages?dir=b&limit=100", token=self.account.access_token
        )
        return list(reversed(page["chunk"]))

    def _room(self) -> str:
        return f"/_matrix/client/v3/rooms/{quote(self.room_id)}"


class Inbox:
    """A handler that keeps what it receives."""

    def __init__(self) -> None:
        self.messages: list[InboundMessage] = []
        self._changed = asyncio.Event()

    async def __call__(self, message: InboundMessage) -> None:
        self.messages.append(await message.whole())
        self._changed.set()

    async def wait_for(self, count: int, timeout: float = 20.0) -> None:
        """Return when at least `count` messages came."""

        async def enough() -> None:
            while len(self.messages) < count:
                self._changed.clear()
                await self._changed.wait()

        await asyncio.wait_for(enough(), timeout)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]


def new_pair(server: Synapse, **room: Any) -> tuple[Operator, Account]:
    """An operator and the connector's account, both new and in a new private room."""
    name = uuid4().hex[:8]
    human, bot = server.register(f"op_{name}"), server.register(f"bot_{name}")
    return Operator(server, human, server.create_room(human, bot, **room)), bot


def connector_for(
    server: Synapse,
    bot: Account,
    room_id: str,
    state_dir: Path | None,
    *,
    token: str | None = None,
    url: str | None = None,
    **settings: Any,
) -> MatrixConnector:
    """A connector on a real server, with waits fit for a test."""
    return MatrixConnector(
        homeserver_url=url or server.url,
        user_id=bot.user_id,
        room_id=room_id,
        access_token=Secret(token or bot.access_token),
        settings=MatrixSettings(
            **{"backoff_first": 0.1, "backoff_cap": 2.0, "sync_timeout": 5.0, **settings}
        ),
        state_dir=state_dir,
    )
