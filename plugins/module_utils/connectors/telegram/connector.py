# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Telegram connector: one bot in one chat and its topics."""

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
from ..store.answers import Answers
from ..subscription import Subscription
from ..types import (
    AskedQuestion,
    Check,
    ConnectorConfig,
    ConnectorHealth,
    InboundHandler,
    ObstructedHealth,
    SendResult,
)
from .api import BotApi
from .chat import Chat
from .diagnosis import diagnose
from .files import Fetcher
from .kind import TELEGRAM_BOT_TOKEN
from .place import TelegramPlace
from .probe import Probe
from .receipts import TelegramReceipts
from .receiver import Receiver
from .sender import Sender, fits
from .settings import TelegramSettings

if TYPE_CHECKING:
    import httpx


class TelegramConnector(ChatConnector):
    """Talks to the operator in one Telegram chat and its topics.

    It is also `Diagnosed` and `Answerable`, and gives `Receipts`. As an `IdempotentSender` it repeats what was not
    answered, and so cannot keep that promise where an answer was lost: Telegram has no id to send by.
    """

    kind = "telegram"
    _receiver: Receiver | None

    def __init__(
        self,
        *,
        chat_id: str,
        token: Secret,
        settings: TelegramSettings | None = None,
        state_dir: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare the connector; nothing is sent.

        Without `state_dir` nothing is remembered across restarts. `transport` lets a test answer at the wire.
        Raises `ConfigError`, `SecretError` for a token that can be none.
        """
        self._settings = settings or TelegramSettings()
        self._state_dir = state_dir
        self._api = BotApi(token, self._settings, transport=transport)
        self._chat = Chat(self._api, chat_id)
        self._answers = Answers(state_dir)
        self._editor = Sender(self._chat, self._answers, self._settings)
        super().__init__(self._editor)
        self._probe = Probe(self._api, self._chat)
        self.receipts = TelegramReceipts(self._api, self._chat)

    @classmethod
    def from_config(
        cls,
        config: ConnectorConfig,
        *,
        settings: TelegramSettings | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> TelegramConnector:
        """Build the connector a roster asks for; the token comes from TELEGRAM_BOT_TOKEN.

        Where state is kept, which API is asked and which authority is trusted comes from the environment too
        (`MOSAIC_STATE_DIR`, `MOSAIC_TELEGRAM_API_URL`, `MOSAIC_CA_PATH`). Raises `ConfigError`, `SecretError` among them.
        """
        require_complete(config)
        block = config.block(cls.kind)
        if block is None:
            raise ConfigError(
                f"A Telegram connector needs connector.telegram; this roster's kind is {config.kind!r}."
            )
        return cls(
            chat_id=block.chat_id,
            token=secret_from_environment(TELEGRAM_BOT_TOKEN),
            settings=settings or TelegramSettings.from_environment(),
            state_dir=state_directory(),
            transport=transport,
        )

    def subscribe(self, handler: InboundHandler) -> Subscription:
        """Receive until the returned subscription is called; awaiting that call waits for the end.

        Raises `ConfigError` when this connector is subscribed already, `StateError` when another process is.
        """
        self._refuse_second()
        place = TelegramPlace(self._state_dir, self._api.bot_id, self._chat.configured)
        place.open()
        settings = self._settings
        handover = handover_to(handler, settings)
        receiver = Receiver(
            self._api,
            chat=self._chat,
            place=place,
            handover=handover,
            fetcher=Fetcher(self._api, fetcher_for(handler, self._state_dir, settings)),
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
        del transaction_id  # what reads so already is no failure
        text = settled_within(question, outcome, fits)
        return await self._guarded(lambda: self._editor.edit(message_id, text))

    async def edit(
        self, message_id: str, thread_id: str | None, text: str, transaction_id: str
    ) -> SendResult:
        """Have a message of ours read so; see `Editable`."""
        del thread_id, transaction_id  # what reads so already is no failure
        return await self._guarded(lambda: self._editor.edit(message_id, text))

    async def _look(self) -> ConnectorHealth:
        health = await self._probe.look(self._settings.health_timeout)
        if self._api.refused is not None:
            self._end(self._api.refused)
        obstacle = self._receiver.obstacle if self._receiver is not None and self._is_subscribed() else None
        if obstacle is not None and health.authenticated and not isinstance(health, ObstructedHealth):
            return ObstructedHealth(True, True, detail=obstacle)
        return health

    def diagnose(self, operators: Sequence[str]) -> AsyncIterator[Check]:
        """Look at the line step by step; see `Diagnosed`."""
        return diagnose(self.health, self._chat, operators)

    def _forget_look(self) -> None:
        """Every look asks for everything."""

    async def _close(self) -> None:
        await self._answers.aclose()
        await self._api.aclose()
