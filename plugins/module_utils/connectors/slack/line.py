# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line to Slack: one socket after another, the next one opened before the last one ends, never hammered."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from ..errors import ConnectorError, MissingLibraryError
from ..retries import Backoff, wait_after
from .api import SlackApi
from .errors import NotSlackError, SlackTokenError, SocketRefusedError
from .settings import SlackSettings
from .socket import OnEnvelope, SlackSocket

_log = logging.getLogger(__name__)


class Line:
    """Keeps a socket open."""

    def __init__(
        self,
        app: SlackApi,
        settings: SlackSettings,
        *,
        on_envelope: OnEnvelope,
        on_hello: Callable[[bool], None],
        on_refused: Callable[[], None],
    ) -> None:
        """`app` has the app-level token.

        `on_hello` is called when a socket begins, with whether there was none before it, so that something may have
        been missed; `on_refused` when Slack gives none until a human changes something.
        """
        self._app = app
        self._settings = settings
        self._on_envelope = on_envelope
        self._on_hello = on_hello
        self._on_refused = on_refused
        self._sockets: dict[asyncio.Task[None], SlackSocket] = {}
        self.trouble: str | None = None
        """What is wrong at the moment."""

    @property
    def up(self) -> bool:
        """Whether a socket is open, so that what is written now arrives."""
        return any(socket.alive.is_set() and not task.done() for task, socket in self._sockets.items())

    def notes(self) -> list[str]:
        """The state of the line, for a human, in sentences."""
        if not self.up:
            return [f"No socket to Slack: {self.trouble or 'it is being opened.'}"]
        alive = [socket for socket in self._sockets.values() if socket.alive.is_set()]
        strangers = alive[-1].others - len(alive)
        told = ["The socket to Slack is open."]
        if strangers > 0:
            told.append(
                f"The app has {strangers} more open elsewhere, to which Slack gives a part of the messages: look for "
                "another process that uses the same app-level token."
            )
        return told

    async def run(self) -> None:
        """Hold the line until cancelled; raises `SlackTokenError`, which ends it for good."""
        backoff = Backoff(self._settings.backoff_first, self._settings.backoff_cap)
        try:
            while True:
                started = time.monotonic()
                error: ConnectorError | None = None
                try:
                    await self._once()
                except (SlackTokenError, MissingLibraryError):
                    raise
                except ConnectorError as failure:
                    error = failure
                except Exception:
                    # A defect of ours or a word nobody thought of must not leave the line deaf, nor silent.
                    _log.exception("the socket ended unexpectedly")
                    error = ConnectorError("it ended unexpectedly: the journal has the traceback.")
                if time.monotonic() - started >= self._settings.settled_after:
                    backoff.reset()
                    if error is None:
                        continue
                await self._pause(error, backoff.next())
        finally:
            tasks = list(self._sockets)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pause(self, error: ConnectorError | None, wait: float) -> None:
        refused = isinstance(error, SocketRefusedError)
        wait = max(wait, getattr(error, "retry_after", None) or 0.0)
        longest = self._settings.refused_wait
        wait = wait_after(1, longest, longest) if refused else min(wait, longest)
        self.trouble = str(error) if error is not None else None
        if error is not None:
            _log.warning("a socket is opened again in %.1f s: %s", wait, error)
        if refused:
            self._on_refused()
        await asyncio.sleep(wait)

    async def _once(self) -> None:
        """Open a socket, and return when it has to be replaced; raises why it ended."""
        url = await self._address()
        had_one = self.up
        # Another one at the beginning and still at the greeting: then nothing was missed between.
        socket = SlackSocket(
            self._settings, self._on_envelope, lambda: self._on_hello(not (had_one and self.up))
        )
        task = asyncio.create_task(socket.run(url), name="slack-socket")
        self._sockets[task] = socket
        try:
            if await self._comes(task, socket.alive):
                self.trouble = None
                if await self._comes(task, socket.leaving):
                    _log.info("Slack asks for the socket to be replaced")
                    self._let_linger(task)
                    return
            task.result()
        finally:
            if task.done() or not socket.leaving.is_set():
                task.cancel()
                self._sockets.pop(task, None)
                await asyncio.gather(task, return_exceptions=True)

    async def _comes(self, task: asyncio.Task[None], event: asyncio.Event) -> bool:
        """Wait for an event of a socket; False when the socket ended first."""
        waiter = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({task, waiter}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiter.cancel()
        return event.is_set() and not task.done()

    def _let_linger(self, task: asyncio.Task[None]) -> None:
        """Leave a socket open for what still comes by it, until Slack ends it, or for so long."""

        def ended(done: asyncio.Task[None]) -> None:
            limit.cancel()
            self._sockets.pop(done, None)
            if not done.cancelled() and done.exception() is not None:
                _log.info("a socket that was replaced has ended: %s", done.exception())

        limit = asyncio.get_running_loop().call_later(self._settings.linger, task.cancel)
        task.add_done_callback(ended)

    async def _address(self) -> str:
        answer = await self._app.call("apps.connections.open")
        url = answer.token("url") or ""
        secure = self._app.base_url.startswith("https:")
        if not url.startswith("wss://" if secure else ("ws://", "wss://")):
            raise NotSlackError("Slack is expected to name its socket's wss:// address, and does not.")
        return url
