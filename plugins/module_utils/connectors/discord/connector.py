# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Discord connector: one bot in one channel and its threads."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from ..base import OrchestratorConnector
from ..config import require_complete
from ..errors import ConfigError, ConnectorError
from ..handover import Handover
from ..secrets import DISCORD_BOT_TOKEN, Secret, secret_from_environment
from ..state import Journal, state_directory
from ..subscription import Subscription
from ..thirdparty import require
from ..times import iso_time
from ..types import (
    Check,
    ConnectorConfig,
    ConnectorHealth,
    InboundHandler,
    OutboundMessage,
    SendFailure,
    SendResult,
)
from .channels import Channels
from .cursor import Cursor, journal_path
from .diagnosis import diagnose
from .probe import Probe
from .receiver import Receiver
from .rest import DiscordRest
from .sender import Sender
from .settings import DiscordSettings

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger(__name__)


class DiscordConnector(OrchestratorConnector):
    """Talks to the operator in one Discord channel and its threads.

    It is also an `IdempotentSender`, a `WatchedLine` and `Diagnosed`.
    """

    kind = "discord"

    def __init__(
        self,
        *,
        channel_id: str,
        token: Secret,
        settings: DiscordSettings | None = None,
        state_dir: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare the connector; nothing is sent.

        Without `state_dir` nothing is remembered across restarts. `transport` lets a test answer
        REST requests at the wire. Raises `ConfigError`.
        """
        self._settings = settings or DiscordSettings()
        self._channel_id = channel_id
        self._token = token
        self._state_dir = state_dir
        self._rest = DiscordRest(token, self._settings, transport=transport)
        self._channels = Channels(self._rest, channel_id, self._settings)
        self._sender = Sender(self._rest, self._channels, self._settings)
        self._probe = Probe(self._rest, channel_id)
        self._subscription: Subscription | None = None
        self._receiver: Receiver | None = None
        self._handover: Handover | None = None
        self._last_seen = 0.0
        self._fatal: ConnectorError | None = None
        self._stopped = asyncio.Event()

    @classmethod
    def from_config(
        cls,
        config: ConnectorConfig,
        *,
        settings: DiscordSettings | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> DiscordConnector:
        """Build the connector a roster asks for; the token comes from DISCORD_BOT_TOKEN.

        Where state is kept, which API is asked and which authority is trusted comes from the
        environment too (`MOSAIC_STATE_DIR`, `MOSAIC_DISCORD_API_URL`, `MOSAIC_CA_PATH`). Raises
        `ConfigError`, `SecretError` among them.
        """
        require_complete(config)
        discord = config.discord
        if discord is None:
            raise ConfigError(
                f"A Discord connector needs connector.discord; this roster's kind is {config.kind!r}."
            )
        return cls(
            channel_id=discord.channel_id,
            token=secret_from_environment(DISCORD_BOT_TOKEN),
            settings=settings or DiscordSettings.from_environment(),
            state_dir=state_directory(),
            transport=transport,
        )

    async def send(self, message: OutboundMessage) -> SendResult:
        """Send a message; repeats within itself for a while, and never doubles."""
        return await self.send_once(message, uuid4().hex)

    async def send_once(
        self, message: OutboundMessage, transaction_id: str, *, first_tried: float | None = None
    ) -> SendResult:
        """Send under an id that the caller stored before the first try; see `IdempotentSender`."""
        if self._fatal is not None:
            return SendFailure(error=str(self._fatal))
        try:
            result = await self._sender.send(message, transaction_id, first_tried)
        except ConnectorError as error:
            self._end(error)
            return SendFailure(error=str(error))
        if result.delivered:
            self._last_seen = time.time()
        return result

    def subscribe(self, handler: InboundHandler) -> Subscription:
        """Receive until the returned subscription is called; awaiting that call waits for the end.

        Raises `ConfigError` when this connector is subscribed already, `StateError` when another
        process is, `MissingLibraryError` when the websocket library is not installed.
        """
        if self._subscription is not None and not self._subscription.ended:
            raise ConfigError(
                "This connector has a subscriber already. Unsubscribe it first, or make another one."
            )
        require("websockets", extra="discord")
        cursor = Cursor(Journal(journal_path(self._state_dir, self._channel_id)))
        cursor.open()
        settings = self._settings
        self._handover = Handover(
            handler,
            attempts=settings.handler_attempts,
            timeout=settings.handler_timeout,
            backoff_first=settings.backoff_first,
            backoff_cap=settings.backoff_cap,
        )
        self._receiver = Receiver(
            self._rest,
            self._token,
            channels=self._channels,
            cursor=cursor,
            handover=self._handover,
            settings=settings,
        )
        self._subscription = Subscription(
            self._receiver.run, self._handover, close=cursor.close, on_fatal=self._end
        )
        return self._subscription

    async def wait_ready(self) -> None:
        """Return as soon as the subscription listens."""
        if self._receiver is None:
            raise ConfigError("Nothing is subscribed, so nothing can become ready. Call subscribe() first.")
        await self._receiver.ready.wait()

    async def wait_stopped(self) -> ConnectorError:
        """Return the error that ended the line for good, such as a revoked token; else never return."""
        await self._stopped.wait()
        return self._fatal or ConnectorError("The line has stopped for good.")

    async def health(self) -> ConnectorHealth:
        """Look at Discord, the token, the channel and the session; never raises for an outage."""
        if self._fatal is not None:
            return ConnectorHealth(True, False, self._seen(), f"Stopped for good: {self._fatal}")
        reachable, authenticated, detail = await self._probe.look(self._settings.health_timeout)
        if self._rest.refused is not None:
            self._end(self._rest.refused)
        elif authenticated:
            self._last_seen = time.time()
        notes = [note for note in self._notes() if note not in detail]
        return ConnectorHealth(reachable, authenticated, self._seen(), " ".join([detail, *notes]))

    def diagnose(self, operators: Sequence[str]) -> AsyncIterator[Check]:
        """Look at the line step by step; see `Diagnosed`."""
        return diagnose(self.health, self._rest, self._channel_id, operators)

    async def aclose(self) -> None:
        """End the subscription and close the connections."""
        if self._subscription is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._subscription()
        await self._rest.aclose()

    def _notes(self) -> list[str]:
        """What a running subscription has to say."""
        receiver, handover = self._receiver, self._handover
        if receiver is None or handover is None or self._subscription is None or self._subscription.ended:
            return []
        given_up = f"{handover.given_up} messages were given up, since the handler failed on them."
        notes = [receiver.line.describe(), receiver.trouble, receiver.gap]
        return [note for note in (*notes, given_up if handover.given_up else None) if note]

    def _seen(self) -> str | None:
        latest = max(self._last_seen, self._receiver.last_contact if self._receiver else 0.0)
        return iso_time(latest) if latest else None

    def _end(self, error: ConnectorError) -> None:
        """Stop everything: the token is gone, and asking on would only hammer."""
        if self._fatal is None:
            _log.error("the Discord line has stopped for good: %s", error)
            self._fatal = error
            self._stopped.set()
        if self._subscription is not None:
            self._subscription()
