# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One session with Discord's gateway: connect, greet, identify or resume, keep the heart beating.

Source: Discord API v10, "Gateway", "Gateway Events", "Gateway Close Event Codes".
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from ..border import BorderError, Foreign, read_json, words
from ..ending import within
from ..errors import MissingLibraryError, UnreachableError
from ..http_client import tls_context
from ..proxies import proxy_for
from ..secrets import Secret
from ..thirdparty import require
from .errors import DiscordTokenError, GatewayRefusedError, NotDiscordError
from .kind import DISCORD_BOT_TOKEN
from .rest import USER_AGENT
from .settings import DiscordSettings

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

INTENTS = 1 << 0 | 1 << 9 | 1 << 12 | 1 << 15
"""Guilds (for threads), guild messages, direct messages (whose senders are told where to talk), and their content, which is a privileged intent."""

DISALLOWED_INTENTS = 4014
_TOKEN_REFUSED = 4004
_CANNOT_RESUME = (1000, 1001, 4003, _TOKEN_REFUSED, 4007, 4009)
"""Close codes after which the session is over."""

_FASTEST_BEAT = 0.01
"""Seconds between two heartbeats at least: a gateway that asks for more would have us do nothing else."""

_EVENT, _HEARTBEAT, _IDENTIFY, _RESUME, _RECONNECT, _INVALID, _HELLO, _ACKNOWLEDGED = 0, 1, 2, 6, 7, 9, 10, 11

OnEvent = Callable[[str, Foreign], None]


@dataclass
class Session:
    """What a resume needs; `sequence` moves with every event."""

    id: str
    url: str
    sequence: int


class GatewayConnection:
    """One websocket to the gateway, from its opening to its end."""

    def __init__(
        self, token: Secret, settings: DiscordSettings, on_event: OnEvent, session: Session | None
    ) -> None:
        """`session` is the one to resume, or None to begin a new one."""
        self._token = token
        self._settings = settings
        self._on_event = on_event
        self.session = session
        """The session to resume when this connection has ended; None when a new one is due."""
        self.sequence = session.sequence if session else None
        self.alive = asyncio.Event()
        """Set once the session has begun or was resumed."""
        self._acknowledged = True

    async def run(self, url: str) -> None:
        """Live through one connection to `url`; returns when Discord asks for another one.

        Raises `UnreachableError` when it broke, `GatewayRefusedError` when Discord ended it,
        `DiscordTokenError` when it refused the token, `NotDiscordError` for nonsense.
        """
        client, exceptions = require("websockets.asyncio.client", extra="discord"), require("websockets")
        limit = self._settings.response_bytes
        options: dict[str, Any] = {"ssl": tls_context(ca_path=self._settings.ca_path)} if _secure(url) else {}
        try:
            async with client.connect(
                _with_query(url),
                max_size=limit,
                open_timeout=self._settings.hello_timeout,
                close_timeout=2.0,
                # The gateway has heartbeats of its own.
                ping_interval=None,
                compression=None,
                user_agent_header=USER_AGENT,
                # The environment's proxies are read by us, as for every other request.
                proxy=_proxy_url(url),
                logger=_quiet_logger(),
                **options,
            ) as socket:
                await self._talk(socket)
        except exceptions.exceptions.ConnectionClosed as error:
            raise self._explain(error) from error
        except ImportError as error:
            raise MissingLibraryError("python-socks", extra=None, cause=str(error)) from error
        except (OSError, ValueError, asyncio.TimeoutError, exceptions.exceptions.WebSocketException) as error:
            raise UnreachableError(
                f"Discord's gateway {urlsplit(url).hostname} cannot be reached or does not answer: "
                f"{words(str(error), [self._token]) or type(error).__name__}. "
                "Check the network and the proxies between."
            ) from error

    async def _talk(self, socket: ClientConnection) -> None:
        hello = await within(self._receive(socket), self._settings.hello_timeout)
        interval = hello.object("d").seconds("heartbeat_interval", unit=0.001)
        if hello.number("op") != _HELLO or not interval:
            raise NotDiscordError("The gateway's first words are expected to be a hello, and are not.")
        heart = asyncio.create_task(
            self._beat(socket, max(interval, _FASTEST_BEAT)), name="discord-heartbeat"
        )
        try:
            await self._send(socket, self._greeting())
            deadline = asyncio.get_running_loop().time() + self._settings.hello_timeout
            while True:
                payload = await within(self._receive(socket), self._left(deadline))
                if not await self._take(socket, payload):
                    return
        finally:
            heart.cancel()
            with contextlib.suppress(Exception):
                # Any code but 1000 and 1001 leaves the session to be resumed.
                await socket.close(4000)

    def _left(self, deadline: float) -> float | None:
        """How long the next word may take: until the session stands, and then as the heartbeats tell."""
        if self.alive.is_set():
            return None
        return max(deadline - asyncio.get_running_loop().time(), 0.0)

    def _greeting(self) -> dict[str, Any]:
        token = self._token.reveal()
        if self.session is not None:
            data = {"token": token, "session_id": self.session.id, "seq": self.session.sequence}
            return {"op": _RESUME, "d": data}
        properties = {"os": sys.platform, "browser": "mosaic-connectors", "device": "mosaic-connectors"}
        return {"op": _IDENTIFY, "d": {"token": token, "intents": INTENTS, "properties": properties}}

    async def _take(self, socket: ClientConnection, payload: Foreign) -> bool:
        """Act on one payload; False when the connection is to be left."""
        op, may_resume = payload.number("op"), payload.is_true("d")
        if op == _EVENT:
            self._take_event(payload)
        elif op == _HEARTBEAT:
            await self._send(socket, {"op": _HEARTBEAT, "d": self.sequence})
        elif op == _ACKNOWLEDGED:
            self._acknowledged = True
        elif op == _RECONNECT:
            return False
        elif op == _INVALID:
            if not may_resume:
                self.session = None
            raise GatewayRefusedError(
                "Discord's gateway does not know the session any more; a new one begins."
                if not may_resume
                else "Discord's gateway asks for the session to be resumed."
            )
        return True

    def _take_event(self, payload: Foreign) -> None:
        kind, data, sequence = payload.identifier("t"), payload.object("d"), payload.number("s")
        if sequence is not None:
            self.sequence = sequence
            if self.session is not None:
                self.session.sequence = sequence
        if kind == "READY":
            session_id, url = data.token("session_id"), data.token("resume_gateway_url")
            if session_id is None or url is None:
                raise NotDiscordError("The gateway's READY is expected to name a session, and does not.")
            self.session = Session(session_id, url, self.sequence or 0)
        if kind in ("READY", "RESUMED"):
            self.alive.set()
        if kind is not None:
            self._on_event(kind, data)

    async def _beat(self, socket: ClientConnection, interval: float) -> None:
        """Send heartbeats; a connection that leaves one unanswered is dead, however open it looks."""
        # The first one at a random moment, so that a fleet that came back together spreads out.
        wait = interval * random.random()  # noqa: S311
        while True:
            await asyncio.sleep(wait)
            if not self._acknowledged:
                await socket.close(4000, "heartbeat unanswered")
                return
            self._acknowledged = False
            with contextlib.suppress(Exception):
                await self._send(socket, {"op": _HEARTBEAT, "d": self.sequence})
            wait = interval

    async def _send(self, socket: ClientConnection, payload: Mapping[str, Any]) -> None:
        await within(socket.send(json.dumps(payload)), self._settings.request_timeout)

    async def _receive(self, socket: ClientConnection) -> Foreign:
        frame = await socket.recv()
        try:
            return Foreign(read_json(frame))
        except BorderError as error:
            raise NotDiscordError("The gateway sent something that is no JSON of a bearable size.") from error

    def _explain(self, error: Any) -> Exception:
        """What the end of the connection means; forgets a session that cannot be resumed."""
        # What answers a close of our own says nothing about the session.
        received = error.rcvd if error.rcvd_then_sent else None
        code: int | None = received.code if received is not None else None
        if code in _CANNOT_RESUME:
            self.session = None
        if code == _TOKEN_REFUSED:
            return DiscordTokenError(
                "Discord's gateway refuses the bot's token (4004). Make a new one in the developer portal "
                f"and put it into {DISCORD_BOT_TOKEN}.",
                status=401,
            )
        if code == DISALLOWED_INTENTS:
            return GatewayRefusedError(INTENT_MISSING, code=code)
        if code is None:
            why = "left a heartbeat unanswered" if error.sent is not None else "broke"
            return UnreachableError(f"The connection to Discord's gateway {why}.")
        if 4010 <= code <= 4013:
            self.session = None
        reason = words(received.reason, [self._token]) if received is not None else ""
        said = f": {reason}" if reason else ""
        return GatewayRefusedError(
            f"Discord's gateway closed the connection with code {code}{said}.", code=code
        )


INTENT_MISSING = (
    "The bot's Message Content intent is off, so Discord gives it no messages to read. Switch it on in the "
    "developer portal (Bot, Privileged Gateway Intents); it is noticed within a few minutes."
)


def is_refusal(error: Exception) -> bool:
    """Whether Discord will go on refusing until a human changes something."""
    return isinstance(error, GatewayRefusedError) and error.code is not None and 4010 <= error.code <= 4014


def _quiet_logger() -> logging.Logger:
    """A logger for the websocket that never shows frames: the token is in one of them."""
    logger = logging.getLogger(f"{__name__}.socket")
    logger.setLevel(logging.WARNING)
    return logger


def _secure(url: str) -> bool:
    return url.startswith("wss:")


def _with_query(url: str) -> str:
    return f"{url.rstrip('/')}/?{urlencode({'v': 10, 'encoding': 'json'})}"


def _proxy_url(url: str) -> str | None:
    found = proxy_for(url)
    return None if found is None else found.url
