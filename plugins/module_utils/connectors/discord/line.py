# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line to the gateway: one connection after another, resumed where that is possible, never hammered."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from ..border import Foreign
from ..errors import ConnectorError
from ..retries import Backoff, wait_after
from ..secrets import Secret
from .errors import DiscordLimitError, DiscordTokenError, NotDiscordError
from .gateway import GatewayConnection, OnEvent, Session, is_refusal
from .rest import DiscordRest
from .settings import DiscordSettings

_log = logging.getLogger(__name__)

_RESUMES_TRIED = 3

_DAY = 86_400.0
"""Seconds in which the starts of sessions are counted."""


class Line:
    """Keeps a session with the gateway."""

    def __init__(
        self,
        rest: DiscordRest,
        token: Secret,
        settings: DiscordSettings,
        *,
        on_event: OnEvent,
        on_refused: Callable[[], None],
    ) -> None:
        """`on_refused` is called when Discord gives no session until a human changes something."""
        self._rest = rest
        self._token = token
        self._settings = settings
        self._on_event = on_event
        self._on_refused = on_refused
        self._connection: GatewayConnection | None = None
        self._failed_resumes = 0
        self._last_identify = float("-inf")
        self.trouble: str | None = None
        """What is wrong at the moment."""

    @property
    def up(self) -> bool:
        """Whether a session stands, so that what is written now arrives."""
        return self._connection is not None and self._connection.alive.is_set()

    def describe(self) -> str:
        """The state of the session, for a human."""
        if self.up:
            return "The gateway session stands."
        return f"No gateway session: {self.trouble or 'it is being opened.'}"

    async def run(self) -> None:
        """Hold the line until cancelled; raises `DiscordTokenError`, which ends it for good."""
        backoff = Backoff(self._settings.backoff_first, self._settings.backoff_cap)
        session: Session | None = None
        while True:
            started = time.monotonic()
            error: ConnectorError | None = None
            try:
                await self._once(session)
            except DiscordTokenError as refusal:
                error = await self._second_opinion(refusal)
            except ConnectorError as failure:
                error = failure
            except Exception:
                # A defect of ours or a word nobody thought of must not leave the line deaf, nor silent.
                _log.exception("the gateway connection ended unexpectedly")
                error = ConnectorError("it ended unexpectedly: the journal has the traceback.")
            session = self._session_after(session)
            self._connection = None
            if time.monotonic() - started >= self._settings.settled_after:
                backoff.reset()
            wait = self._wait_after(error, backoff)
            self.trouble = str(error) if error is not None else None
            if error is not None:
                _log.warning("the gateway is tried again in %.1f s: %s", wait, error)
                if is_refusal(error):
                    self._on_refused()
            await asyncio.sleep(wait)

    async def _second_opinion(self, refusal: DiscordTokenError) -> ConnectorError:
        """What the API says of a token that the gateway refused; raises when it is dead."""
        try:
            await self._rest.get_object("/users/@me")
        except DiscordTokenError:
            raise
        except ConnectorError as error:
            return error
        return refusal

    async def _once(self, session: Session | None) -> None:
        """Live through one connection."""
        url = session.url if session is not None else await self._address()
        if self._rest.base_url.startswith("https:") and not url.startswith("wss:"):
            raise NotDiscordError(f"Discord's gateway is expected at a wss:// address, found {url!r}.")
        if session is None:
            self._last_identify = time.monotonic()
        self._connection = GatewayConnection(self._token, self._settings, self._take_event, session)
        await self._connection.run(url)

    async def _address(self) -> str:
        """Where a new session begins, if it may; raises `DiscordLimitError` when starts run short."""
        gap = self._last_identify + self._settings.identify_gap - time.monotonic()
        if gap > 0:
            await asyncio.sleep(gap)
        answer = await self._rest.get_object("/gateway/bot")
        url = answer.token("url")
        if url is None:
            raise NotDiscordError("Discord is expected to name its gateway's url, and does not.")
        starts = answer.object("session_start_limit")
        remaining = starts.number("remaining")
        if remaining is not None and remaining <= self._settings.identify_reserve:
            wait = starts.seconds("reset_after", unit=0.001, longest=_DAY) or 0.0
            raise DiscordLimitError(
                f"The bot has begun so many sessions that only {remaining} are left for the next "
                f"{wait / 60:.0f} minutes; they are not used up, since Discord would then reset the token. "
                "Look for another process that uses the same token.",
                status=429,
                retry_after=wait,
            )
        return url

    def _session_after(self, session: Session | None) -> Session | None:
        """The session worth resuming after a connection that ended."""
        connection = self._connection
        if connection is None:
            return session  # the gateway was not even asked
        if connection.alive.is_set():
            self._failed_resumes = 0
        elif connection.session is not None:
            # The place to resume at may be gone for good: then a new session has to do.
            self._failed_resumes += 1
            if self._failed_resumes >= _RESUMES_TRIED:
                self._failed_resumes = 0
                return None
        return connection.session

    def _wait_after(self, error: ConnectorError | None, backoff: Backoff) -> float:
        wait = backoff.next()
        if error is not None and is_refusal(error):
            return wait_after(1, self._settings.refused_wait, self._settings.refused_wait)
        if isinstance(error, DiscordLimitError) and error.retry_after is not None:
            # What Discord asks for, but never longer than a human would wait for a sign.
            return min(max(error.retry_after, wait), self._settings.refused_wait)
        return wait

    def _take_event(self, kind: str, data: Foreign) -> None:
        if kind in ("READY", "RESUMED"):
            self.trouble = None
            self._failed_resumes = 0
            _log.info("the gateway session %s", "stands" if kind == "READY" else "was resumed")
        self._on_event(kind, data)
