# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Discord's rate limits: what its answers tell about them, and how long to wait because of it.

Source: Discord API v10, "Rate Limits". A route belongs to a bucket that Discord names; the bucket
counts separately for every channel and guild. The global limit counts everything.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..border import Foreign
from ..retries import UNTOLD_QUIET, Backoff

_BUCKETS_KEPT = 256
_UNTOLD_FIRST = 10.0
_UNTOLD_LONGEST = 900.0


@dataclass
class _Bucket:
    limit: int
    """Requests per window; 0 when it is not known."""
    remaining: int
    resets_at: float


class RateLimits:
    """What is known of the limits; `clock` tells monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._names: dict[str, str] = {}
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._quiet_until = 0.0
        self._untold = Backoff(_UNTOLD_FIRST, _UNTOLD_LONGEST)

    def take(self, route: str, place: str) -> float:
        """Claim one request of `route` (method and path template) about `place` (a channel or guild).

        Returns 0 when it may go out now, else how many seconds to wait before asking again.
        """
        now = self._clock()
        if now < self._quiet_until:
            return self._quiet_until - now
        bucket = self._buckets.get(self._key(route, place))
        if bucket is None:
            return 0.0
        if now >= bucket.resets_at and not bucket.limit:
            del self._buckets[self._key(route, place)]
            return 0.0
        if now >= bucket.resets_at:
            # The window that begins now is described by the next answer, if one comes.
            bucket.remaining, bucket.resets_at = bucket.limit, now + UNTOLD_QUIET
        if bucket.remaining <= 0:
            return bucket.resets_at - now
        bucket.remaining -= 1
        return 0.0

    def learn(self, route: str, place: str, headers: Foreign | Mapping[str, str]) -> None:
        """Take in the rate-limit headers of an answer; one that holds nonsense tells nothing."""
        headers = Foreign(headers)
        limit, remaining = headers.digits("x-ratelimit-limit"), headers.digits("x-ratelimit-remaining")
        reset_after = headers.seconds("x-ratelimit-reset-after")
        if limit is None or remaining is None or reset_after is None:
            return
        name = headers.identifier("x-ratelimit-bucket")
        if name is not None:
            self._names[route] = name
        key = self._key(route, place)
        known = self._buckets.pop(key, None)
        now = self._clock()
        if known is not None and now < known.resets_at:
            # Ours counts the requests that are under way, the server's those of others: the lower one holds.
            remaining = min(remaining, known.remaining)
        self._buckets[key] = _Bucket(limit, remaining, now + reset_after)
        if len(self._buckets) > _BUCKETS_KEPT:
            del self._buckets[next(iter(self._buckets))]

    def succeeded(self) -> None:
        """Discord has answered as it should."""
        self._untold.reset()

    def untold(self) -> float:
        """Seconds of quiet for a refusal that names none: growing, since one that goes on is a ban."""
        return self._untold.next()

    def exceeded(self, route: str, place: str, retry_after: float, *, everywhere: bool) -> None:
        """Take in a 429: nothing for `retry_after` seconds, on this route or everywhere."""
        until = self._clock() + retry_after
        if everywhere:
            self._quiet_until = max(self._quiet_until, until)
        else:
            key = self._key(route, place)
            known = self._buckets.get(key)
            self._buckets[key] = _Bucket(known.limit if known is not None else 0, 0, until)

    def _key(self, route: str, place: str) -> tuple[str, str]:
        return self._names.get(route, route), place
