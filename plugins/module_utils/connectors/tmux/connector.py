# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The default connector: a console for the operator in the fleet's own tmux server.

It needs no configuration and no credentials: whoever may use the private tmux socket runs as the
orchestrator's user or as root, and could type into the orchestrator itself.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import shutil
import sys
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..base import OrchestratorConnector
from ..errors import ConnectorError, StateError, TmuxError, TmuxTargetError
from ..settings import Settings, load_settings
from ..state import state_directory
from ..types import (
    Check,
    ConnectorConfig,
    ConnectorHealth,
    InboundHandler,
    InboundMessage,
    OutboundMessage,
    SendFailure,
    SendResult,
    Unsubscribe,
)
from .command import Tmux
from .diagnosis import diagnose
from .mailbox import FILE_NAME, Mailbox, utc_now

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2
"""How often the mailbox is looked into; one look is a read of a page that is in memory."""

KEEP_SECONDS = 2.0
"""How often the operator's session is looked after."""

SCROLLBACK_LINES = 50_000

FILES_DIRECTORY = "operator-files"

FILES_KEPT_SECONDS = 30 * 86_400.0


class TmuxConnector(OrchestratorConnector):
    """send, subscribe and health over a tmux session and a mailbox on disk."""

    kind = "tmux"
    vouches_for_senders = True

    def __init__(self, tmux: Tmux, session: str, mailbox_path: Path) -> None:
        self.tmux = tmux
        self.session = session
        self.mailbox_path = mailbox_path
        self._mailbox: Mailbox | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_seen: str | None = None

    @classmethod
    def from_config(cls, config: ConnectorConfig, settings: Settings | None = None) -> TmuxConnector:
        """Make the connector from the settings; the roster's block holds nothing for it."""
        del config
        settings = settings or load_settings()
        directory = state_directory() or Path.home() / ".local/state/mosaic-connector"
        return cls(Tmux(settings.tmux_socket), settings.operator_session, directory / FILE_NAME)

    async def send(self, message: OutboundMessage) -> SendResult:
        """Put a message into the mailbox of a console that is there; it keeps what nobody has seen."""
        return await self.send_once(message, uuid.uuid4().hex)

    async def send_once(
        self, message: OutboundMessage, transaction_id: str, *, first_tried: float | None = None
    ) -> SendResult:
        """Put a message into the mailbox unless it is there already; see `IdempotentSender`."""
        del first_tried  # the mailbox remembers for as long as it keeps the message
        if not message.text.strip() and not message.attachments:
            return SendFailure(error="A message is expected to have text or an attachment.", permanent=True)
        health = await self.health()
        if not health.reachable:
            return SendResult(delivered=False, error=health.detail)
        try:
            kept = tuple(self._keep(one, transaction_id) for one in message.attachments)
            message_id = self._open().put_shown(replace(message, attachments=kept), transaction_id)
        except OSError as error:
            return SendFailure(
                error=f"An attachment cannot be kept for the operator: {error}.", permanent=True
            )
        except StateError as error:
            return SendResult(delivered=False, error=str(error))
        return SendResult(delivered=True, message_id=message_id)

    def subscribe(self, handler: InboundHandler) -> Unsubscribe:
        """Keep the operator's session open and hand on what is typed there."""
        tasks = {asyncio.ensure_future(self._receive(handler)), asyncio.ensure_future(self._keep_session())}
        self._tasks |= tasks

        async def unsubscribe() -> None:
            await self._cancel(tasks)

        return unsubscribe

    async def health(self) -> ConnectorHealth:
        """Tell apart: tmux missing, no server, no session."""
        try:
            await self._find_session()
        except TmuxTargetError:
            return self._down(
                f"The tmux server runs and has no session {self.session!r}. "
                "The bridge opens it: systemctl status mosaic-connector."
            )
        except ConnectorError as error:
            return self._down(str(error))
        self._last_seen = utc_now()
        return ConnectorHealth(
            reachable=True,
            authenticated=True,
            last_seen=self._last_seen,
            detail=f"Talk to it with: tmux -S {self.tmux.socket_path} attach -t {self.session}",
        )

    def diagnose(self, operators: Sequence[str]) -> AsyncIterator[Check]:
        """Look at the line step by step; see `Diagnosed`."""
        return diagnose(self.tmux, self.session, operators)

    async def aclose(self) -> None:
        """Stop listening and close the mailbox; the operator's session stays."""
        await self._cancel(set(self._tasks))
        if self._mailbox is not None:
            self._mailbox.close()
            self._mailbox = None

    def _keep(self, attachment: str, transaction_id: str) -> str:
        """A URL as it is; a file is copied to where the operator finds it when they come. Raises `OSError`."""
        if "://" in attachment:
            return attachment
        source, directory = Path(attachment), self.mailbox_path.parent / FILES_DIRECTORY
        kept = directory / transaction_id / source.name
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(source, kept)
        for old in directory.iterdir():
            if old.stat().st_mtime < time.time() - FILES_KEPT_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
        return str(kept)

    def _down(self, detail: str) -> ConnectorHealth:
        return ConnectorHealth(reachable=False, authenticated=False, last_seen=self._last_seen, detail=detail)

    def _open(self) -> Mailbox:
        if self._mailbox is None:
            self._mailbox = Mailbox(self.mailbox_path)
        return self._mailbox

    async def _receive(self, handler: InboundHandler) -> None:
        while True:
            try:
                for message in self._open().untaken():
                    await self._handle(handler, message)
            except StateError as error:
                logger.error("%s", error)  # noqa: TRY400 (the sentence says it all)
                await asyncio.sleep(KEEP_SECONDS)
            await asyncio.sleep(POLL_SECONDS)

    async def _handle(self, handler: InboundHandler, message: InboundMessage) -> None:
        """Hand one message on, again and again until the handler took it: order is kept that way."""
        while True:
            try:
                outcome = handler(message)
                if inspect.isawaitable(outcome):
                    await outcome
            except Exception:
                logger.exception("handler failed message_id=%s", message.message_id)
                await asyncio.sleep(KEEP_SECONDS)
            else:
                self._open().mark_taken(message)
                return

    async def _keep_session(self) -> None:
        complaint = ""
        while True:
            try:
                await self._ensure_session()
                complaint = ""
            except TmuxError as error:
                if str(error) != complaint:
                    complaint = str(error)
                    logger.warning("operator session: %s", error)
            await asyncio.sleep(KEEP_SECONDS)

    async def _find_session(self) -> None:
        await self.tmux.run("has-session", "-t", f"={self.session}")

    async def _ensure_session(self) -> None:
        try:
            await self._find_session()
        except TmuxTargetError:
            self._open()
            await self.tmux.run(*self._new_session())
            logger.info("operator session opened session=%s", self.session)

    def _new_session(self) -> list[str]:
        console = [sys.executable, "-m", f"{__package__}.console"]
        places = ["--mailbox", str(self.mailbox_path), "--tmux-socket", self.tmux.socket_path]
        return [
            # Read when a pane is made, hence global: the server is the fleet's own.
            *("set-option", "-g", "history-limit", str(SCROLLBACK_LINES), ";"),
            *("new-session", "-d", "-s", self.session, "-n", self.session, "-x", "160", "-y", "48"),
            *(*console, *places, "--session", self.session),
        ]

    async def _cancel(self, tasks: set[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks -= tasks
