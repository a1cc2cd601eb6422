# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Discord connector: one bot in one channel and its threads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..buttons import settled_within, with_buttons
from ..chat import ChatConnector, fetcher_for, handover_to
from ..config import require_complete
from ..errors import ConfigError
from ..secrets import Secret, secret_from_environment
from ..state import state_directory
from ..subscription import Subscription
from ..thirdparty import require
from ..types import AskedQuestion, Check, ConnectorConfig, ConnectorHealth, InboundHandler, SendResult
from .channels import Channels
from .completion import Completion
from .diagnosis import diagnose
from .downloads import Downloads
from .kind import DISCORD_BOT_TOKEN
from .place import DiscordPlace
from .posts import fits
from .probe import Probe
from .receipts import DiscordReceipts
from .receiver import Receiver
from .rest import DiscordRest
from .sender import Sender
from .settings import DiscordSettings

if TYPE_CHECKING:
    import httpx


class DiscordConnector(ChatConnector):
    """Talks to the operator in one Discord channel and its threads.

    It is also `Diagnosed` and `Answerable`, and gives `Receipts`.
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
        self._transport = transport
        self._rest = DiscordRest(token, self._settings, transport=transport)
        self._channels = Channels(self._rest, channel_id, self._settings)
        self._editor = Sender(self._rest, self._channels, self._settings)
        super().__init__(self._editor)
        self._probe = Probe(self._rest, channel_id)
        self.receipts = DiscordReceipts(self._rest, channel_id)

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

    def subscribe(self, handler: InboundHandler) -> Subscription:
        """Receive until the returned subscription is called; awaiting that call waits for the end.

        Raises `ConfigError` when this connector is subscribed already, `StateError` when another
        process is, `MissingLibraryError` when the websocket library is not installed.
        """
        self._refuse_second()
        require("websockets", extra="discord")
        place = DiscordPlace(self._state_dir, self._channel_id)
        place.open()
        settings = self._settings
        handover = handover_to(handler, settings)
        files = fetcher_for(handler, self._state_dir, settings)
        downloads = Downloads(files, settings, transport=self._transport)
        receiver = Receiver(
            self._rest,
            self._token,
            channels=self._channels,
            place=place,
            completion=Completion(downloads, self._channel_id, settings.files_timeout),
            handover=handover,
            settings=settings,
        )
        return self._listen(receiver, handover, place.close)

    async def ask(
        self, question: AskedQuestion, transaction_id: str, *, first_tried: float | None = None
    ) -> SendResult:
        """Ask, with a button for each choice; see `Answerable`."""
        return await self.send_once(with_buttons(question), transaction_id, first_tried=first_tried)

    async def settle(
        self, question: AskedQuestion, message_id: str, outcome: str, transaction_id: str
    ) -> SendResult:
        """Edit the message that asked, which takes its buttons away; see `Answerable`."""
        del transaction_id  # an edit that is made twice is made once
        text = settled_within(question, outcome, fits)
        thread = question.message.thread_id
        return await self._guarded(lambda: self._editor.edit(message_id, thread, text))

    async def edit(
        self, message_id: str, thread_id: str | None, text: str, transaction_id: str
    ) -> SendResult:
        """Have a message of ours read so; see `Editable`."""
        del transaction_id  # an edit that is made twice is made once
        return await self._guarded(lambda: self._editor.edit(message_id, thread_id, text))

    async def _look(self) -> ConnectorHealth:
        health = await self._probe.look(self._settings.health_timeout)
        if self._rest.refused is not None:
            self._end(self._rest.refused)
        return health

    def diagnose(self, operators: Sequence[str]) -> AsyncIterator[Check]:
        """Look at the line step by step; see `Diagnosed`."""
        return diagnose(self.health, self._rest, self._channel_id, operators)

    def _forget_look(self) -> None:
        self._probe.forget()

    async def _close(self) -> None:
        await self._rest.aclose()
