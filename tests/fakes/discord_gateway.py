# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway side of the fake Discord: hello, identify, heartbeats, resume, and faults on order."""

from __future__ import annotations

import asyncio
import json
import uuid
import zlib
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from fakes.discord_world import Document, World

INTENT_GUILDS = 1 << 0
INTENT_GUILD_MESSAGES = 1 << 9
INTENT_DIRECT_MESSAGES = 1 << 12
INTENT_MESSAGE_CONTENT = 1 << 15


@dataclass
class Session:
    """One gateway session, with everything sent in it, so that it can be resumed."""

    intents: int
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    events: list[Document] = field(default_factory=list)
    connection: Connection | None = None


class Connection:
    """One websocket."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self.transport = request.transport
        self.host = request.host
        self._zlib = zlib.compressobj() if "zlib" in request.query.get("compress", "") else None

    async def send(self, payload: Document) -> None:
        """Send one payload, zlib-stream compressed when the client asked for it."""
        text = json.dumps(payload)
        if self._zlib is None:
            await self.socket.send_str(text)
        else:
            data = self._zlib.compress(text.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
            await self.socket.send_bytes(data)


class Gateway:
    """Accepts connections and publishes what happens in the world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.heartbeat_interval = 41.25
        """Seconds."""
        self.resume_url: str | None = None
        """Where READY says to resume, when it is not here."""
        self.sessions: dict[str, Session] = {}
        self.connections: list[Connection] = []
        self.connects = 0
        self.identifies: list[Document] = []
        self.resumes: list[Document] = []
        self.heartbeats = 0
        self.acknowledge = True
        """Whether heartbeats are answered."""
        self.deaf = False
        """Whether events are lost instead of being sent (and are not part of any session)."""
        self.close_at_once: int | None = None
        """A close code every new connection meets before hello."""
        self.close_identify: int | None = None
        self.invalid_identifies = 0
        """How many identifies are answered by Invalid Session."""
        self._sendings: list[asyncio.Future[None]] = []
        world.publish = self.publish

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection's life."""
        socket = web.WebSocketResponse(autoping=True, heartbeat=None)
        await socket.prepare(request)
        self.connects += 1
        if self.close_at_once is not None:
            await socket.close(code=self.close_at_once)
            return socket
        connection = Connection(socket, request)
        self.connections.append(connection)
        await connection.send({"op": 10, "d": {"heartbeat_interval": int(self.heartbeat_interval * 1000)}})
        over = False
        try:
            message = await socket.receive()
            while message.type is WSMsgType.TEXT:
                await self._received(connection, json.loads(message.data))
                message = await socket.receive()
            # A client that closes so does not want its session any more.
            over = message.type is WSMsgType.CLOSE and message.data in (1000, 1001)
        finally:
            self.connections.remove(connection)
            for session in self.sessions.values():
                if session.connection is connection:
                    session.connection = None
                    if over:
                        session.id = ""
            self.sessions = {one.id: one for one in self.sessions.values() if one.id}
        return socket

    async def _received(self, connection: Connection, payload: Document) -> None:
        op, data = payload.get("op"), payload.get("d")
        if op == 1:
            self.heartbeats += 1
            if self.acknowledge:
                await connection.send({"op": 11})
        elif op == 2 and isinstance(data, dict):
            self.identifies.append(data)
            await self._identify(connection, data)
        elif op == 6 and isinstance(data, dict):
            self.resumes.append(data)
            await self._resume(connection, data)
        else:
            await connection.socket.close(code=4001)

    async def _identify(self, connection: Connection, data: Document) -> None:
        if self.close_identify is not None:
            await connection.socket.close(code=self.close_identify)
        elif data["token"] != self.world.token:
            await connection.socket.close(code=4004)
        elif data["intents"] & INTENT_MESSAGE_CONTENT and not self.world.message_content:
            await connection.socket.close(code=4014, message=b"Disallowed intent(s).")
        elif self.invalid_identifies > 0:
            self.invalid_identifies -= 1
            await connection.send({"op": 9, "d": False})
        else:
            await self._begin(connection, data["intents"])

    async def _begin(self, connection: Connection, intents: int) -> None:
        session = Session(intents, connection=connection)
        self.sessions[session.id] = session
        world = self.world
        guilds = [{"id": world.guild_id, "unavailable": True}] if world.in_guild else []
        ready = {
            "v": 10,
            "user": world.bot,
            "guilds": guilds,
            "session_id": session.id,
            "resume_gateway_url": self.resume_url or f"ws://{connection.host}/gateway/",
            "application": {"id": world.bot["id"], "flags": 0},
        }
        await self._send(session, "READY", ready)
        if world.in_guild and intents & INTENT_GUILDS:
            await self._send(session, "GUILD_CREATE", self._guild_create())

    def _guild_create(self) -> Document:
        channels = list(self.world.channels.values())
        threads = [
            one for one in channels if "thread_metadata" in one and not one["thread_metadata"]["archived"]
        ]
        return {
            **self.world.guild(),
            "joined_at": "2026-01-01T00:00:00+00:00",
            "large": False,
            "unavailable": False,
            "member_count": 2,
            "voice_states": [],
            "members": [
                {
                    "user": self.world.bot,
                    "roles": [],
                    "joined_at": "2026-01-01T00:00:00+00:00",
                    "deaf": False,
                    "mute": False,
                    "flags": 0,
                }
            ],
            "channels": [one for one in channels if "thread_metadata" not in one],
            "threads": threads,
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    async def _resume(self, connection: Connection, data: Document) -> None:
        session = self.sessions.get(data["session_id"])
        if data["token"] != self.world.token:
            await connection.socket.close(code=4004)
        elif session is None:
            await connection.send({"op": 9, "d": False})
        elif data["seq"] > len(session.events):
            await connection.socket.close(code=4007)
        else:
            session.connection = connection
            for event in session.events[data["seq"] :]:
                await connection.send(event)
            await self._send(session, "RESUMED", {})

    async def _send(self, session: Session, kind: str, data: Any) -> None:
        event = {"op": 0, "t": kind, "s": len(session.events) + 1, "d": data}
        session.events.append(event)
        if session.connection is not None and not session.connection.socket.closed:
            await session.connection.send(event)

    def publish(self, kind: str, data: Document) -> None:
        """Send an event to every session that wants it; keep it for those that are away."""
        if self.deaf:
            return
        wanted = INTENT_GUILD_MESSAGES if kind.startswith("MESSAGE") else INTENT_GUILDS
        if kind == "MESSAGE_CREATE" and "guild_id" not in data:
            wanted = INTENT_DIRECT_MESSAGES
        for session in self.sessions.values():
            if session.intents & wanted:
                shown = (
                    self.world.visible_content(data, session.intents) if kind == "MESSAGE_CREATE" else data
                )
                # Frozen now: the world may change it before it is sent.
                self._sendings.append(
                    asyncio.ensure_future(self._send(session, kind, json.loads(json.dumps(shown))))
                )

    # --- faults ---

    async def send_op(self, op: int, data: Any = None) -> None:
        """Send a bare opcode to everybody: 7 reconnect, 9 invalid session, 1 heartbeat request."""
        if op == 9 and data is False:
            self.sessions = {}
        for connection in list(self.connections):
            await connection.send({"op": op, "d": data})

    async def send_raw(self, frame: str) -> None:
        """Send a frame as it is to everybody."""
        for connection in list(self.connections):
            await connection.socket.send_str(frame)

    async def close(self, code: int) -> None:
        """Close every connection with a code."""
        for connection in list(self.connections):
            await connection.socket.close(code=code)

    def cut(self) -> None:
        """Break every connection without a word."""
        for connection in list(self.connections):
            if connection.transport is not None:
                connection.transport.abort()

    def forget_sessions(self) -> None:
        """No session can be resumed any more."""
        self.sessions = {}
