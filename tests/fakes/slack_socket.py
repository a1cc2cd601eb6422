# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The socket side of the fake Slack: hello, envelopes, acknowledgements, repetitions, disconnects, and faults on order."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web
from fakes.slack_world import Document, World


class Link:
    """One websocket."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self.transport = request.transport
        self.leaving = False
        """Whether it was told to go: it gets no new events."""


class Sockets:
    """Accepts connections and hands events to one of them, again and again until one acknowledges."""

    def __init__(self, world: World) -> None:
        world.publish = self.publish
        self._world = world
        self.links: list[Link] = []
        self.tickets: set[str] = set()
        self.opened = 0
        self.strangers = 0
        """Sockets that another process of the same app has open."""
        self.deaf = False
        """Whether the app is subscribed to no events."""
        self.socket_mode = True
        self.turn_away = 0
        """How many new sockets are told to go before anything else, and are left open."""
        self.ack_within = 3.0
        """Seconds until an envelope is sent again."""
        self.repetitions = 3
        self.acknowledged: list[str] = []
        """The `ts` of the messages whose envelopes were acknowledged, in that order."""
        self.sent: list[Document] = []
        """Every envelope that went out."""
        self.at_hello: Callable[[], object] | None = None
        """What happens in the moment of a greeting, so that it comes with it."""
        self.lose_acknowledgements = 0
        """How many acknowledgements come too late to count."""
        self._pending: dict[str, tuple[str, asyncio.Event]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def ticket(self) -> str:
        """The path of an address that can be used once."""
        ticket = uuid.uuid4().hex
        self.tickets.add(ticket)
        return f"/link/?ticket={ticket}&app_id=A0123456789"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection's life."""
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=400, text="invalid ticket")
        self.tickets.remove(ticket)
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        self.opened += 1
        link = Link(socket, request)
        if not self.socket_mode:
            await self._send(
                link, {"type": "disconnect", "reason": "link_disabled", "debug_info": {"host": "fake"}}
            )
            await socket.close()
            return socket
        self.links.append(link)
        if self.turn_away > 0:
            self.turn_away -= 1
            await self._send(link, {"type": "disconnect", "reason": "too_many_websockets", "debug_info": {}})
        try:
            count = len(self.links) + self.strangers
            await self._send(
                link,
                {
                    "type": "hello",
                    "num_connections": count,
                    "debug_info": {"host": "applink-1", "approximate_connection_time": 18060},
                    "connection_info": {"app_id": "A0123456789"},
                },
            )
            if self.at_hello is not None:
                self.at_hello()
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._take(json.loads(frame.data))
        finally:
            self.links.remove(link)
        return socket

    def _take(self, answer: Document) -> None:
        if self.lose_acknowledgements > 0:
            self.lose_acknowledgements -= 1
            return
        if answer["envelope_id"] in self._pending:
            stamp, taken = self._pending.pop(answer["envelope_id"])
            self.acknowledged.append(stamp)
            taken.set()

    def publish(self, event: Document) -> None:
        """Something happened; where no socket is open, nobody ever hears of it."""
        if not self.deaf and self.links:
            task = asyncio.ensure_future(self._deliver(event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def press(self, message: Document, mark: str, *, user: str) -> str:
        """A button below a message is pressed; where no socket is open, who pressed it is told that it failed."""
        stamp = self._world.stamp()
        channel = {"id": self._world.channel_id, "name": "fleet"}
        payload = {
            **{
                "type": "block_actions",
                "team": {"id": "T0123456789"},
                "user": {"id": user},
                "channel": channel,
            },
            **{"container": {"type": "message", "message_ts": message["ts"], "channel_id": channel["id"]}},
            **{"message": dict(message), "trigger_id": "1.2.3", "response_url": "https://example.invalid/"},
            **{"actions": [{"type": "button", "action_id": mark, "value": mark, "action_ts": stamp}]},
        }
        if self.links:
            task = asyncio.ensure_future(self._interact(payload, stamp))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return stamp

    async def _interact(self, payload: Document, stamp: str) -> None:
        """What is pressed is told once, and no second time."""
        envelope = {"type": "interactive", "envelope_id": str(uuid.uuid4()), "payload": payload}
        self._pending[envelope["envelope_id"]] = (stamp, asyncio.Event())
        await self._send(self.links[-1], {**envelope, "accepts_response_payload": False})

    async def _deliver(self, event: Document) -> None:
        payload = {
            **{"token": "fake", "team_id": "T0123456789", "api_app_id": "A0123456789", "event": event},
            **{"type": "event_callback", "event_id": f"Ev{uuid.uuid4().hex[:9].upper()}", "event_time": 0},
        }
        for attempt in range(self.repetitions + 1):
            envelope = {
                **{"type": "events_api", "envelope_id": str(uuid.uuid4()), "payload": payload},
                **{"accepts_response_payload": False, "retry_attempt": attempt},
                "retry_reason": "timeout" if attempt else "",
            }
            taken = asyncio.Event()
            self._pending[envelope["envelope_id"]] = (event["ts"], taken)
            open_ones = [link for link in self.links if not link.leaving] or self.links
            if open_ones:
                self.sent.append(envelope)
                await self._send(open_ones[-1], envelope)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(taken.wait(), self.ack_within)
                return

    async def warn(self) -> None:
        """Have every socket replaced, as Slack does some times a day: first it says so, and sends no more by it."""
        for link in list(self.links):
            await self._send(
                link, {"type": "disconnect", "reason": "warning", "debug_info": {"host": "fake"}}
            )
            link.leaving = True

    async def end_warned(self) -> None:
        """... and in the end it closes those that it has warned."""
        for link in [one for one in self.links if one.leaving]:
            await self._send(link, {"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})
            await link.socket.close()

    async def say(self, frame: str) -> None:
        """Send a frame as it is by every socket."""
        for link in list(self.links):
            await link.socket.send_str(frame)

    def cut(self) -> None:
        """Break every socket without a word."""
        for link in list(self.links):
            if link.transport is not None:
                link.transport.abort()

    async def stop(self) -> None:
        """Break everything and repeat nothing any more."""
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @staticmethod
    async def _send(link: Link, document: Any) -> None:
        try:
            await link.socket.send_str(json.dumps(document))
        except (ConnectionError, RuntimeError):
            return
