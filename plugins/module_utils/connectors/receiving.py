# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the receivers of chat services have in common: one step after another, through whatever passes."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable
from typing import Protocol

from .errors import ConnectorError
from .retries import Backoff, quiet_asked


class Pauses(Protocol):
    """What a connector's settings say about going on after a failure, in seconds."""

    @property
    def backoff_first(self) -> float:
        """The first wait."""

    @property
    def backoff_cap(self) -> float:
        """The longest wait."""


class PersistentReceiver(ABC):
    """Takes steps until it is cancelled; a kind says what one is, and which failure is for good."""

    def __init__(self, settings: Pauses) -> None:
        self._backoff = Backoff(settings.backoff_first, settings.backoff_cap)
        self._log = logging.getLogger(type(self).__module__)
        self.ready = asyncio.Event()
        """Set while what is written from now on will be received."""
        self.trouble: str | None = None
        """What is wrong at the moment."""

    @abstractmethod
    async def _step(self) -> bool:
        """One step; False when the next one ought to wait a little."""

    @abstractmethod
    def _is_fatal(self, error: ConnectorError) -> bool:
        """Whether an error ends the line for good."""

    def _is_over(self) -> bool:
        """Whether no further step is wanted."""
        return False

    def _went_well(self) -> None:
        self._backoff.reset()
        self.trouble = None

    def _pause_after(self, error: ConnectorError) -> float:
        """Seconds to wait after an error: what the far side asks for, but never longer than a human would wait for a sign."""
        wait = self._backoff.next()
        return min(max(wait, quiet_asked(error) or 0.0), self._backoff.cap)

    async def _keep_on(self) -> None:
        """Take steps; raises only what ends the line for good."""
        while not self._is_over():
            try:
                if await self._step():
                    self._went_well()
                    continue
                wait = self._backoff.next()
            except ConnectorError as error:
                if self._is_fatal(error):
                    raise
                wait = self._pause_after(error)
                self.trouble = str(error)
                self._log.warning("receiving pauses for %.1f s: %s", wait, error)
            except Exception:
                # A defect of ours or an answer nobody thought of must not leave the line deaf, nor silent.
                wait = self._backoff.next()
                self.trouble = (
                    "Receiving failed unexpectedly and is tried again: the journal has the traceback."
                )
                self._log.exception("receiving pauses for %.1f s after an unexpected error", wait)
            await asyncio.sleep(wait)


async def together(*parts: Awaitable[None]) -> None:
    """Run the parts of one line until the first of them ends, and raise what it raised; the others end with it."""
    tasks = {asyncio.ensure_future(part) for part in parts}
    try:
        done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
