# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One websocket of socket mode: its greeting, its envelopes, its acknowledgements, its end.

Source: Slack, "Using Socket Mode" (hello, disconnect, envelopes and their acknowledgement).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..border import BorderError, Foreign, read_json, words
from ..ending import within
from ..errors import ConnectorError, MissingLibraryError, UnreachableError
from ..http_client import USER_AGENT, tls_context
from ..proxies import proxy_for
from ..thirdparty import require
from .errors import NotSlackError, SocketRefusedError
from .kind import EXTRA
from .settings import SlackSettings
from .waiting import Acknowledge

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

OnEnvelope = Callable[[Foreign, Acknowledge], None]

_LINK_DISABLED = "link_disabled"

SOCKET_MODE_OFF = (
    "Socket mode is off, so Slack gives no events. Switch it on in the app's settings (Socket Mode); it is noticed "
    "within a few minutes."
)


class SlackSocket:
    """One connection, from its opening to its end."""

    def __init__(
        self, settings: SlackSettings, on_envelope: OnEnvelope, on_hello: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._on_envelope = on_envelope
        self._on_hello = on_hello
        self._acknowledgements: asyncio.Queue[str] = asyncio.Queue()
        self.alive = asyncio.Event()
        """Set once Slack has greeted: events come."""
        self.leaving = asyncio.Event()
        """Set once Slack wants this one to be replaced; until it ends, events come here all the same."""
        self.others = 0
        """How many sockets of the app there were, this one included, when Slack greeted."""

    async def run(self, url: str) -> None:
        """Live through one connection to `url`; returns when Slack ended it after it had asked to be left.

        Raises `UnreachableError` when it broke, `SocketRefusedError` when socket mode is off, `NotSlackError`
        for nonsense. `url` has a ticket in it, and is shown nowhere.
        """
        client, exceptions = (
            require("websockets.asyncio.client", extra=EXTRA),
            require("websockets").exceptions,
        )
        options: dict[str, Any] = {}
        if url.startswith("wss:"):
            options["ssl"] = tls_context(ca_path=self._settings.ca_path)
        try:
            proxy = proxy_for(url)
            async with client.connect(
                url,
                max_size=self._settings.frame_bytes,
                open_timeout=self._settings.hello_timeout,
                close_timeout=2.0,
                ping_interval=self._settings.ping_every,
                ping_timeout=self._settings.ping_every,
                compression=None,
                user_agent_header=USER_AGENT,
                # The environment's proxies are read by us, as for every other request.
                proxy=None if proxy is None else proxy.url,
                logger=_quiet_logger(),
                **options,
            ) as socket:
                await self._talk(socket)
        except ConnectorError:
            raise
        except exceptions.ConnectionClosed as error:
            if not self.leaving.is_set():
                raise UnreachableError("The socket to Slack broke.") from error
        except ImportError as error:
            raise MissingLibraryError("python-socks", extra=None, cause=str(error)) from error
        except (OSError, ValueError, asyncio.TimeoutError, exceptions.WebSocketException) as error:
            said = words(str(error).replace(url, "***")) or type(error).__name__
            raise UnreachableError(
                f"Slack's socket at {urlsplit(url).hostname} cannot be reached or does not answer: {said}. "
                "Check the network and the proxies between."
            ) from error

    async def _talk(self, socket: ClientConnection) -> None:
        writer = asyncio.create_task(self._acknowledge(socket), name="slack-acknowledge")
        try:
            first = await within(self._receive(socket), self._settings.hello_timeout)
            self._take(first)
            if self.leaving.is_set():
                raise UnreachableError(
                    "Slack turned a new socket away: the app has as many open as it may have."
                )
            if not self.alive.is_set():
                raise NotSlackError(
                    "The first words of Slack's socket are expected to be a hello, and are not."
                )
            while True:
                self._take(await self._receive(socket))
        finally:
            writer.cancel()
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await writer

    def _take(self, envelope: Foreign) -> None:
        """Act on one frame; nothing here waits."""
        kind = envelope.identifier("type")
        if kind == "hello":
            self.others = envelope.number("num_connections") or 0
            if not self.alive.is_set():
                # Before the next frame, which may be here already, and is later than what was missed.
                self._on_hello()
            self.alive.set()
        elif kind == "disconnect":
            reason = envelope.words("reason", limit=60)
            if reason == _LINK_DISABLED:
                raise SocketRefusedError(SOCKET_MODE_OFF)
            self.leaving.set()
        envelope_id = envelope.identifier("envelope_id")
        if envelope_id is not None:
            self._on_envelope(envelope, lambda: self._acknowledgements.put_nowait(envelope_id))

    async def _acknowledge(self, socket: ClientConnection) -> None:
        """Send acknowledgements in their order; of a socket that is gone they are lost, and Slack repeats itself."""
        while True:
            envelope_id = await self._acknowledgements.get()
            with contextlib.suppress(Exception):
                frame = json.dumps({"envelope_id": envelope_id})
                await within(socket.send(frame), self._settings.request_timeout)

    async def _receive(self, socket: ClientConnection) -> Foreign:
        frame = await socket.recv()
        try:
            return Foreign(read_json(frame))
        except BorderError as error:
            raise NotSlackError(
                "Slack's socket sent something that is no JSON of a bearable size."
            ) from error


def _quiet_logger() -> logging.Logger:
    """A logger for the websocket that never shows frames, nor the address with its ticket."""
    logger = logging.getLogger(f"{__name__}.frames")
    logger.setLevel(logging.WARNING)
    return logger
