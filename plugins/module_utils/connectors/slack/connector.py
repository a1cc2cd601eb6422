# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Slack connector: one app in one channel and its threads."""

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
from ..thirdparty import require
from ..types import AskedQuestion, Check, ConnectorConfig, ConnectorHealth, InboundHandler, SendResult
from .api import SlackApi
from .completion import Completion
from .diagnosis import diagnose
from .downloads import Downloads
from .kind import EXTRA, KIND, SLACK_APP_TOKEN, SLACK_BOT_TOKEN
from .place import SlackPlace
from .posts import fits
from .probe import Probe
from .receipts import SlackReceipts
from .receiver import Receiver
from .sender import Sender
from .settings import SlackSettings
from .uploads import Uploads

if TYPE_CHECKING:
    import httpx


class SlackConnector(ChatConnector):
    """Talks to the operator in one Slack channel and its threads.

    It is also `Diagnosed` and `Answerable`, and gives `Receipts`.
    """

    kind = KIND.name

    def __init__(
        self,
        *,
        channel_id: str,
        app_token: Secret,
        bot_token: Secret,
        settings: SlackSettings | None = None,
        state_dir: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare the connector; nothing is sent.

        Without `state_dir` nothing is remembered across restarts, and no file is stored. `transport` lets a test
        answer requests at the wire. Raises `ConfigError`.
        """
        self._settings = settings or SlackSettings()
        self._channel_id = channel_id
        self._bot_token = bot_token
        self._state_dir = state_dir
        self._transport = transport
        self._bot = SlackApi(bot_token, SLACK_BOT_TOKEN, self._settings, transport=transport)
        self._app = SlackApi(app_token, SLACK_APP_TOKEN, self._settings, transport=transport)
        self._answers = Answers(state_dir)
        uploads = Uploads(self._bot, self._answers, self._settings, transport=transport)
        self._editor = Sender(self._bot, uploads, channel_id, self._settings)
        super().__init__(self._editor)
        self._probe = Probe(self._bot, self._app, channel_id, self._has_socket)
        self.receipts = SlackReceipts(self._bot, channel_id)

    @classmethod
    def from_config(
        cls,
        config: ConnectorConfig,
        *,
        settings: SlackSettings | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> SlackConnector:
        """Build the connector a roster asks for; its tokens come from SLACK_APP_TOKEN and SLACK_BOT_TOKEN.

        Where state is kept, which API is asked and which authority is trusted comes from the environment too
        (`MOSAIC_STATE_DIR`, `MOSAIC_SLACK_API_URL`, `MOSAIC_CA_PATH`). Raises `ConfigError`, `SecretError` among
        them, and `MissingLibraryError` when the websocket library is not installed: better now than when it listens.
        """
        require_complete(config)
        block = config.block(KIND.name)
        if block is None:
            raise ConfigError(
                f"A Slack connector needs connector.slack; this roster's kind is {config.kind!r}."
            )
        require("websockets", extra=EXTRA)
        return cls(
            channel_id=block.channel_id,
            app_token=secret_from_environment(SLACK_APP_TOKEN),
            bot_token=secret_from_environment(SLACK_BOT_TOKEN),
            settings=settings or SlackSettings.from_environment(),
            state_dir=state_directory(),
            transport=transport,
        )

    def subscribe(self, handler: InboundHandler) -> Subscription:
        """Receive until the returned subscription is called; awaiting that call waits for the end.

        Raises `ConfigError` when this connector is subscribed already, `StateError` when another process is,
        `MissingLibraryError` when the websocket library is not installed.
        """
        self._refuse_second()
        require("websockets", extra=EXTRA)
        place = SlackPlace(self._state_dir, self._channel_id)
        place.open()
        settings = self._settings
        handover = handover_to(handler, settings)
        files = fetcher_for(handler, self._state_dir, settings)
        downloads = Downloads(self._bot_token, files, settings, transport=self._transport)
        receiver = Receiver(
            self._bot,
            self._app,
            self._channel_id,
            place=place,
            completion=Completion(self._bot, downloads, settings.files_timeout),
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
        return await self._guarded(lambda: self._editor.edit(message_id, text))

    async def edit(
        self, message_id: str, thread_id: str | None, text: str, transaction_id: str
    ) -> SendResult:
        """Have a message of ours read so; see `Editable`."""
        del thread_id, transaction_id  # an edit that is made twice is made once
        return await self._guarded(lambda: self._editor.edit(message_id, text))

    async def _look(self) -> ConnectorHealth:
        health = await self._probe.look(self._settings.health_timeout)
        refused = self._bot.refused or self._app.refused
        if refused is not None:
            self._end(refused)
        return health

    def diagnose(self, operators: Sequence[str]) -> AsyncIterator[Check]:
        """Look at the line step by step; see `Diagnosed`."""
        return diagnose(self.health, self._bot, self._channel_id, operators)

    def _has_socket(self) -> bool:
        receiver = self._receiver
        return self._is_subscribed() and isinstance(receiver, Receiver) and receiver.line.up

    def _forget_look(self) -> None:
        self._probe.forget()

    async def _close(self) -> None:
        await self._answers.aclose()
        await self._bot.aclose()
        await self._app.aclose()
