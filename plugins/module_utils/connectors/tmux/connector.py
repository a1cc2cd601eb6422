# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The default connector: a console for the operator in the fleet's own tmux server.

It needs no configuration and no credentials: whoever may use the private tmux socket runs as the
orchestrator's user or as root, and could type into the orchestrator itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ..attachments import load_attachment
from ..base import OrchestratorConnector
from ..errors import ConfigError, ConnectorError, StateError, TmuxTargetError
from ..handover import Handover
from ..settings import Settings, load_settings
from ..state import state_directory, write_atomically
from ..store.writer import write
from ..subscription import Subscription
from ..types import (
    Check,
    ConnectorConfig,
    ConnectorHealth,
    InboundHandler,
    OutboundMessage,
    SendFailure,
    SendResult,
)
from .command import Tmux
from .diagnosis import diagnose
from .mailbox import FILE_NAME, Mailbox, utc_now
from .owner import attach_command

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2
"""How often the mailbox is looked into; one look is a read of a page that is in memory."""

KEEP_SECONDS = 2.0
"""How often the operator's session is looked after."""

HANDLER_SECONDS = 300.0
"""How long one call of the handler may take, and a file to be read."""

HANDLER_PAUSE_SECONDS = 30.0
"""The longest rest between two calls of a handler that does not take a message."""

FILE_BYTES = 100 * 1024 * 1024
"""The largest attached file that is kept for the operator."""

SCROLLBACK_LINES = 50_000

FILES_DIRECTORY = "operator-files"

FILES_KEPT_SECONDS = 30 * 86_400.0

FILES_BYTES = 2 * 1024 * 1024 * 1024
"""What the kept files may take together; the oldest go first."""

FILE_COST = 64 * 1024
"""What a file counts as at least: the smallest takes an inode."""


class TmuxConnector(OrchestratorConnector):
    """send, subscribe and health over a tmux session and a mailbox on disk."""

    kind = "tmux"
    vouches_for_senders = True

    def __init__(self, tmux: Tmux, session: str, mailbox_path: Path) -> None:
        self.tmux = tmux
        self.session = session
        self.mailbox_path = mailbox_path
        self._mailbox: Mailbox | None = None
        self._subscription: Subscription | None = None
        self._sending = asyncio.Lock()
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
        async with self._sending:  # a file takes time, in which no later message goes first
            return await self._put(message, transaction_id)

    async def _put(self, message: OutboundMessage, transaction_id: str) -> SendResult:
        health = await self.health()
        if not health.reachable:
            return SendResult(delivered=False, error=health.detail)
        try:
            kept = [
                await self._keep(one, f"{transaction_id}-{number}")
                for number, one in enumerate(message.attachments)
            ]
            mailbox = await self._open()
            message_id = await write(
                mailbox.put_shown, replace(message, attachments=tuple(kept)), transaction_id
            )
        except StateError as error:
            # The disk's fault and not the message's: it waits, and counts no attempt.
            return SendFailure(error=str(error), retry_after=HANDLER_PAUSE_SECONDS)
        except ConnectorError as error:
            return SendFailure(error=str(error), permanent=isinstance(error, ConfigError))
        except Exception as error:
            logger.exception("putting a message into the mailbox failed unexpectedly")
            return SendFailure(error=f"It failed unexpectedly ({type(error).__name__}): see the journal.")
        return SendResult(delivered=True, message_id=message_id)

    def subscribe(self, handler: InboundHandler) -> Subscription:
        """Keep the operator's session open and hand on what is typed there.

        Raises `ConfigError` when this connector is subscribed already.
        """
        if self._subscription is not None and not self._subscription.ended:
            raise ConfigError(
                "This connector has a subscriber already. Unsubscribe it first, or make another one."
            )
        handover = Handover(
            handler,
            attempts=None,  # what is typed waits in the mailbox, and order is kept that way
            timeout=HANDLER_SECONDS,
            backoff_first=KEEP_SECONDS,
            backoff_cap=HANDLER_PAUSE_SECONDS,
        )
        self._subscription = Subscription(
            lambda: self._listen(handover),
            handover,
            close=lambda: None,
            on_fatal=lambda error: logger.error("%s", error),
        )
        return self._subscription

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
        except Exception as error:
            logger.exception("looking at the operator's session failed unexpectedly")
            return self._down(f"The look failed unexpectedly ({type(error).__name__}): see the journal.")
        self._last_seen = utc_now()
        return ConnectorHealth(
            reachable=True,
            authenticated=True,
            last_seen=self._last_seen,
            detail=f"Talk to it with: {attach_command(self.tmux.socket_path, self.session)}",
        )

    def diagnose(self, operators: Sequence[str]) -> AsyncIterator[Check]:
        """Look at the line step by step; see `Diagnosed`."""
        return diagnose(self.tmux, self.session, operators)

    async def aclose(self) -> None:
        """Stop listening and close the mailbox; the operator's session stays."""
        if self._subscription is not None:
            await self._subscription()
        if self._mailbox is not None:
            await write(self._mailbox.close)
            self._mailbox = None

    async def _keep(self, attachment: str, folder: str) -> str:
        """A URL as it is; a file is copied to where the operator finds it when they come.

        Raises `AttachmentError`, and `StateError` when it cannot be written.
        """
        if "://" in attachment and not attachment.startswith("file:"):
            return attachment
        file = await load_attachment(attachment, limit=FILE_BYTES, timeout=HANDLER_SECONDS)
        name = "".join(character if character.isprintable() else "_" for character in file.name)
        directory = self.mailbox_path.parent / FILES_DIRECTORY
        await asyncio.to_thread(write_atomically, directory / folder / name, file.data)
        await asyncio.to_thread(_forget_old, directory)
        return str(directory / folder / name)

    def _down(self, detail: str) -> ConnectorHealth:
        return ConnectorHealth(reachable=False, authenticated=False, last_seen=self._last_seen, detail=detail)

    async def _open(self) -> Mailbox:
        if self._mailbox is None:
            opened = await write(Mailbox, self.mailbox_path)
            if self._mailbox is None:
                self._mailbox = opened
            else:
                opened.close()  # somebody else was faster
        return self._mailbox

    async def _listen(self, handover: Handover) -> None:
        keeping = asyncio.ensure_future(self._again_and_again(self._ensure_session, KEEP_SECONDS))
        try:
            await self._again_and_again(lambda: self._hand_on(handover), POLL_SECONDS)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _again_and_again(self, step: Callable[[], Awaitable[None]], pause: float) -> None:
        """Repeat a step for ever, whatever becomes of it; the same complaint is made once."""
        complaint = ""
        while True:
            try:
                await step()
                complaint = ""
            except ConnectorError as error:
                if str(error) != complaint:
                    complaint = str(error)
                    logger.warning("operator session: %s", error)
                await asyncio.sleep(KEEP_SECONDS)
            except Exception as error:
                if repr(error) != complaint:
                    complaint = repr(error)
                    logger.exception("the operator's session failed unexpectedly")
                await asyncio.sleep(KEEP_SECONDS)
            await asyncio.sleep(pause)

    async def _hand_on(self, handover: Handover) -> None:
        mailbox = await self._open()
        for message in mailbox.untaken():
            await handover.hand_over(message)
            await write(mailbox.mark_taken, message)

    async def _find_session(self) -> None:
        await self.tmux.run("has-session", "-t", f"={self.session}")

    async def _ensure_session(self) -> None:
        try:
            await self._find_session()
        except TmuxTargetError:
            await self._open()
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


def _forget_old(directory: Path) -> None:
    """Remove the files that are too old, and the oldest of those that are too many; the newest stays."""
    kept = []
    for folder in directory.iterdir():
        with contextlib.suppress(OSError):  # somebody else may be at it
            kept.append(
                (folder.stat().st_mtime, sum(file.stat().st_size for file in folder.iterdir()), folder)
            )
    taken = 0
    for number, (written, size, folder) in enumerate(sorted(kept, reverse=True)):
        taken += max(size, FILE_COST)
        if number and (written < time.time() - FILES_KEPT_SECONDS or taken > FILES_BYTES):
            shutil.rmtree(folder, ignore_errors=True)
