# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Matrix connector: one account in one room, over the client-server API alone."""

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
from ..secrets import MATRIX_ACCESS_TOKEN, Secret, secret_from_environment
from ..state import Journal, state_directory
from ..subscription import Subscription
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
from .cursor import Cursor, journal_path
from .delivery import Delivery
from .diagnosis import diagnose
from .health import check_line
from .http import MatrixHttp
from .media import MediaStore
from .receiver import Receiver
from .room import enter_room
from .sender import Sender
from .settings import MatrixSettings
from .threads import ThreadHeads

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger(__name__)


class MatrixConnector(OrchestratorConnector):
    """Talks to the operator in one Matrix room; any homeserver will do.

    It is also an `IdempotentSender`, a `WatchedLine` and `Diagnosed`.
    """

    kind = "matrix"

    def __init__(
        self,
        *,
        homeserver_url: str,
        user_id: str,
        room_id: str,
        access_token: Secret,
        settings: MatrixSettings | None = None,
        state_dir: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare the connector; nothing is sent.

        `room_id` may be an alias; without `state_dir` nothing is remembered across restarts.
        `transport` lets a test answer at the wire. Raises `ConfigError`.
        """
        self._settings = settings or MatrixSettings()
        self._user_id = user_id
        self._configured_room = room_id
        self._state_dir = state_dir
        self._http = MatrixHttp(
            homeserver_url,
            access_token=access_token,
            timeout=self._settings.request_timeout,
            validate_certs=self._settings.validate_certs,
            ca_path=self._settings.ca_path,
            transport=transport,
        )
        self._heads = ThreadHeads()
        self._sender = Sender(
            self._http, user_id=user_id, room=self._room, heads=self._heads, settings=self._settings
        )
        self._subscription: Subscription | None = None
        self._receiver: Receiver | None = None
        self._entered: str | None = None
        self._last_seen = 0.0
        self._fatal: ConnectorError | None = None
        self._stopped = asyncio.Event()

    @classmethod
    def from_config(
        cls,
        config: ConnectorConfig,
        *,
        settings: MatrixSettings | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> MatrixConnector:
        """Build the connector a roster asks for; the token comes from MATRIX_ACCESS_TOKEN.

        Where state is kept and which authority is trusted comes from the environment too
        (`MOSAIC_STATE_DIR`, `MOSAIC_CA_PATH`). Raises `ConfigError`, `SecretError` among them.
        """
        require_complete(config)
        matrix = config.matrix
        if matrix is None:
            raise ConfigError(
                f"A Matrix connector needs connector.matrix; this roster's kind is {config.kind!r}."
            )
        return cls(
            homeserver_url=matrix.homeserver_url,
            user_id=matrix.user_id,
            room_id=matrix.room_id,
            access_token=secret_from_environment(MATRIX_ACCESS_TOKEN),
            settings=settings or MatrixSettings.from_environment(),
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
        process is.
        """
        if self._subscription is not None and not self._subscription.ended:
            raise ConfigError(
                "This connector has a subscriber already. Unsubscribe it first, or make another one."
            )
        cursor = Cursor(Journal(journal_path(self._state_dir, self._user_id, self._configured_room)))
        cursor.open()
        media_dir = self._state_dir / "media" if self._state_dir else None
        delivery = Delivery(
            handler,
            user_id=self._user_id,
            cursor=cursor,
            heads=self._heads,
            fetch=MediaStore(self._http, media_dir, self._settings).fetch,
            settings=self._settings,
        )
        self._receiver = Receiver(
            self._http,
            room=self._configured_room,
            user_id=self._user_id,
            cursor=cursor,
            delivery=delivery,
            settings=self._settings,
        )
        self._subscription = Subscription(
            self._receiver.run, delivery.handover, close=cursor.close, on_fatal=self._end
        )
        return self._subscription

    async def wait_ready(self) -> None:
        """Return as soon as the subscription listens; raises what ended the line for good before."""
        if self._receiver is None:
            raise ConfigError("Nothing is subscribed, so nothing can become ready. Call subscribe() first.")
        ready = asyncio.ensure_future(self._receiver.ready.wait())
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
            stopped.cancel()
        if self._fatal is not None:
            raise self._fatal

    async def wait_stopped(self) -> ConnectorError:
        """Return the error that ended the line for good, such as a revoked token; else never return."""
        await self._stopped.wait()
        return self._fatal or ConnectorError("The line has stopped for good.")

    async def health(self) -> ConnectorHealth:
        """Look at the server, the token and the room; never raises for an outage."""
        receiver = self._receiver
        if self._fatal is not None:
            return ConnectorHealth(True, False, self._seen(receiver), f"Stopped for good: {self._fatal}")
        room_id = (receiver.room_id if receiver else None) or self._entered
        if room_id is None and self._configured_room.startswith("!"):
            room_id = self._configured_room
        reachable, authenticated, detail = await check_line(
            self._http, self._user_id, room_id, self._settings.health_timeout
        )
        if authenticated:
            self._last_seen = time.time()
        notes = receiver.notes() if receiver else []
        return ConnectorHealth(
            reachable,
            authenticated,
            self._seen(receiver),
            " ".join([detail, *(note for note in notes if note != detail)]),
        )

    def diagnose(self, operators: Sequence[str]) -> AsyncIterator[Check]:
        """Look at the line step by step; see `Diagnosed`."""
        return diagnose(self._http, self._user_id, self._configured_room, operators)

    async def aclose(self) -> None:
        """End the subscription and close the connections."""
        if self._subscription is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._subscription()
        await self._http.aclose()

    async def _room(self, again: bool = False) -> str:
        if not again and self._receiver is not None and self._receiver.room_id is not None:
            return self._receiver.room_id
        if again or self._entered is None:
            self._entered = (await enter_room(self._http, self._configured_room, self._user_id)).room_id
        return self._entered

    def _seen(self, receiver: Receiver | None) -> str | None:
        latest = max(self._last_seen, receiver.last_contact if receiver else 0.0)
        return iso_time(latest) if latest else None

    def _end(self, error: ConnectorError) -> None:
        """Stop everything: the account or its token is gone, and asking on would only hammer."""
        if self._fatal is None:
            _log.error("the Matrix line has stopped for good: %s", error)
            self._fatal = error
            self._stopped.set()
        if self._subscription is not None:
            self._subscription()
