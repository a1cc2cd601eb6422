# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trying again: what may pass, how long to wait before, and until when.

Who repeats what is told in the library's README; here is what all of them share.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from .errors import Meaning, RemoteError

_Result = TypeVar("_Result")

_SHORTEST_TRY = 1.0

_SLOWEST = 131_072.0
"""Bytes per second that a line is taken to carry at least (1 Mbit/s)."""

UNTOLD_QUIET = 5.0
"""Seconds of quiet for a server that wants some and does not say how many."""

_DOUBLINGS = 20
"""Beyond so many every wait is at its cap; a power without a bound would be no float."""


def wait_after(failures: int, first: float, cap: float) -> float:
    """Seconds to wait after so many failures in a row: from `first`, doubling up to `cap`.

    Each is shortened by up to half by chance, which keeps a fleet that lost its server together from coming
    back in one wave.
    """
    longest: float = min(first * 2 ** min(max(failures - 1, 0), _DOUBLINGS), cap)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, guards nothing


class Backoff:
    """The waits of one loop, in seconds; see `wait_after`."""

    def __init__(self, first: float = 1.0, cap: float = 60.0) -> None:
        self.first = first
        self.cap = cap
        self._failures = 0

    def next(self) -> float:
        """The wait after one more failure."""
        self._failures += 1
        return wait_after(self._failures, self.first, self.cap)

    def reset(self) -> None:
        """Start again from `first`, after a success."""
        self._failures = 0


class Bounds(Protocol):
    """What a connector's settings say about trying again, all in seconds."""

    @property
    def send_bound(self) -> float:
        """For how long a task is tried."""

    @property
    def request_timeout(self) -> float:
        """How long one request may take."""

    @property
    def backoff_first(self) -> float:
        """Twice the first wait."""

    @property
    def backoff_cap(self) -> float:
        """The longest wait."""


class Deadline:
    """One for a whole task of several requests, each of which may be repeated."""

    def __init__(self, settings: Bounds, size: int = 0) -> None:
        """`size` is in bytes, of the files that go over the line beside a few words: they take their time."""
        self._deadline = time.monotonic() + settings.send_bound + transfer_seconds(size)
        self._request_timeout = settings.request_timeout + transfer_seconds(size)
        self._backoff = Backoff(settings.backoff_first / 2, settings.backoff_cap)

    async def repeat(self, request: Callable[[float], Awaitable[_Result]]) -> _Result:
        """Call `request` with its time limit in seconds until it succeeds.

        Raises its error when repeating cannot help, or when the deadline comes before the next
        try: of a rate limit the error says how long the server wanted to be left alone.
        """
        while True:
            remaining = self._deadline - time.monotonic()
            try:
                result = await request(max(_SHORTEST_TRY, min(self._request_timeout, remaining)))
            except RemoteError as error:
                if not may_pass(error):
                    raise
                asked = error.retry_after
                # A little more than asked, since the server's clock and ours do not tick together; and never
                # less than our own, since a server that asks for nothing would be hammered.
                wait = max(self._backoff.next(), 0.0 if asked is None else asked + 0.05)
                if time.monotonic() + wait > self._deadline:
                    raise
                await asyncio.sleep(wait)
            else:
                self._backoff.reset()
                return result


def transfer_seconds(size: int) -> float:
    """How long `size` bytes may take on a slow line."""
    return size / _SLOWEST


def quiet_asked(error: Exception) -> float | None:
    """Seconds of quiet that a far side wants which limits us, some also where it names none; else None.

    A caller who is told none would hold the refusal against the message.
    """
    if not isinstance(error, RemoteError) or error.meaning is not Meaning.QUIET:
        return None
    return error.retry_after or UNTOLD_QUIET


def may_pass(error: RemoteError) -> bool:
    """Whether the same request may succeed later: an outage, a limit, a server in trouble."""
    return error.meaning in (Meaning.OUTAGE, Meaning.QUIET)
