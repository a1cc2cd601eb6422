# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Matrix connector: one account in one room, over the client-server API alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..chat import ChatConnector, fetcher_for
from ..config import require_complete
from ..errors import ConfigError
from ..secrets import Secret, secret_from_environment
from ..state import state_directory
from ..store.answers import Answers
from ..subscription import Subscription
from ..types import (
    AskedQuestion,
    Check,
    ConnectorConfig,
    ConnectorHealth,
    InboundHandler,
    SendFailure,
    SendResult,
)
from .delivery import Delivery
from .diagnosis import diagnose
from .encryption import EncryptedRooms
from .entry import enter_room
from .http import MatrixHttp
from .kind import MATRIX_ACCESS_TOKEN
from .media import MediaStore
from .place import MatrixPlace
from .probe import Probe
from .questions import Choices, asking, edited, settling
from .receipts import MatrixReceipts
from .receiver import Receiver
from .sender import Sender
from .settings import MatrixSettings
from .threads import ThreadHeads

if TYPE_CHECKING:
    import httpx


class MatrixConnector(ChatConnector):
    """Talks to the operator in one Matrix room; any homeserver will do.

    It is also `Diagnosed` and `Answerable`, and gives `Receipts`.
    """

    kind = "matrix"
    _receiver: Receiver | None

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
            token_doubt=self._settings.token_doubt,
            transport=transport,
        )
        self._probe = Probe(self._http, user_id, self._settings.health_timeout)
        self._heads = ThreadHeads()
        self._uploads = Answers(state_dir)
        self._encrypted = EncryptedRooms(self._http, self._uploads)
        super().__init__(
            Sender(
                self._http,
                user_id=user_id,
                room=self._room,
                heads=self._heads,
                uploads=self._uploads,
                encrypted=self._encrypted,
                settings=self._settings,
            )
        )
        self._choices = Choices(self._http, self._room, self._settings)
        self.receipts = MatrixReceipts(self._http, user_id, self._room, self._encrypted.is_encrypted)
        self._entered: str | None = None

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

    def subscribe(self, handler: InboundHandler) -> Subscription:
        """Receive until the returned subscription is called; awaiting that call waits for the end.

        Raises `ConfigError` when this connector is subscribed already, `StateError` when another
        process is.
        """
        self._refuse_second()
        place = MatrixPlace(self._state_dir, self._user_id, self._configured_room)
        place.open()
        files = fetcher_for(handler, self._state_dir, self._settings)
        delivery = Delivery(
            handler,
            self._http,
            user_id=self._user_id,
            place=place,
            heads=self._heads,
            fetch=MediaStore(self._http, files, self._settings).fetch,
            saw_encryption=self._encrypted.look_again,
            settings=self._settings,
        )
        receiver = Receiver(
            self._http,
            room=self._configured_room,
            user_id=self._user_id,
            place=place,
            delivery=delivery,
            settings=self._settings,
        )
        return self._listen(receiver, delivery.handover, place.close)

    async def ask(
        self, question: AskedQuestion, transaction_id: str, *, first_tried: float | None = None
    ) -> SendResult:
        """Ask, with a reaction for each choice below the message; see `Answerable`."""
        result = await self.send_once(asking(question), transaction_id, first_tried=first_tried)
        if result.delivered and result.message_id is not None:
            await self._choices.offer(question, result.message_id, transaction_id)
        return result

    async def settle(
        self, question: AskedQuestion, message_id: str, outcome: str, transaction_id: str
    ) -> SendResult:
        """Edit the message that asked; see `Answerable`."""
        if await self._choices.is_gone(message_id):
            # A server takes an edit of what was deleted, and nobody is shown it.
            return SendFailure(error=f"{message_id}, which asked, was deleted", permanent=True)
        return await self.send_once(settling(question, message_id, outcome), transaction_id)

    async def edit(
        self, message_id: str, thread_id: str | None, text: str, transaction_id: str
    ) -> SendResult:
        """Have a message of ours read so; see `Editable`."""
        del thread_id  # an edit stands where its message does
        return await self.send_once(edited(message_id, text), transaction_id)

    async def _look(self) -> ConnectorHealth:
        room_id = (self._receiver.room_id if self._receiver else None) or self._entered
        if room_id is None and self._configured_room.startswith("!"):
            room_id = self._configured_room
        finding = await self._probe.look(room_id)
        if finding.is_outside and self._receiver is not None and self._receiver.room_id == room_id:
            # Not every server says in its stream that it has put us out.
            self._receiver.look_for_room()
        return finding.health

    def diagnose(self, operators: Sequence[str]) -> AsyncIterator[Check]:
        """Look at the line step by step; see `Diagnosed`."""
        return diagnose(self._http, self._user_id, self._configured_room, operators)

    def _forget_look(self) -> None:
        self._probe.forget()

    async def _close(self) -> None:
        await self._uploads.aclose()
        await self._http.aclose()

    async def _room(self, again: bool = False) -> str:
        if not again and self._receiver is not None and self._receiver.room_id is not None:
            return self._receiver.room_id
        if again or self._entered is None:
            entry = await enter_room(self._http, self._configured_room, self._user_id)
            if entry.joined_now and self._receiver is not None:
                self._receiver.joined_now = True
            self._entered = entry.room_id
        return self._entered
