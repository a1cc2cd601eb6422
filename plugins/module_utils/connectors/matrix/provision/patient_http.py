# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP client that waits when the homeserver asks for quiet, up to a bound for its whole life."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from ...border import Foreign
from ...retries import UNTOLD_QUIET, Backoff
from ..errors import RateLimitedError
from ..http import MatrixHttp

PATIENCE = 60.0
"""Seconds of waiting for rate limits in all, unless the caller says otherwise."""

_Answer = TypeVar("_Answer")

_FIRST_WAIT = 0.1


class PatientHttp(MatrixHttp):
    """A `MatrixHttp` that repeats a rate-limited request when the server's wait is over.

    Repeating is safe because a request answered 429 was not carried out. `patience` is in seconds,
    for all waits together.
    """

    def __init__(self, homeserver_url: str, *, patience: float = PATIENCE, **options: Any) -> None:
        super().__init__(homeserver_url, **options)
        self._patience = patience
        self._left = patience
        self._backoff = Backoff(_FIRST_WAIT, UNTOLD_QUIET)

    async def request(self, method: str, path: str, **options: Any) -> Foreign:
        """`MatrixHttp.request`; raises `RateLimitedError` only when the wait exceeds the patience left."""
        return await self._patiently(partial(super().request, method, path, **options))

    async def request_list(self, path: str) -> tuple[Foreign, ...]:
        """`MatrixHttp.request_list`, as patient as `request`."""
        return await self._patiently(partial(super().request_list, path))

    async def _patiently(self, ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
        while True:
            try:
                answer = await ask()
            except RateLimitedError as error:
                await self._wait(error)
            else:
                self._backoff.reset()
                return answer

    async def _wait(self, error: RateLimitedError) -> None:
        # Never less than our own wait: a server that asks for none would be hammered.
        asked = UNTOLD_QUIET if error.retry_after is None else error.retry_after
        wait = max(asked, self._backoff.next())
        if wait > self._left:
            raise RateLimitedError(
                f"{self.base_url} limits how often this may be asked and wants {_duration(wait)} of quiet, "
                f"more than is waited for ({self._patience:.0f} seconds in all). "
                "Run it again after that, or raise the homeserver's rate limits.",
                status=error.status,
                errcode=error.errcode,
                said=error.said,
                body=error.body,
                retry_after=error.retry_after,
            ) from error
        self._left -= wait
        await asyncio.sleep(wait)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"
