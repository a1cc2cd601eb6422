# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rate limits as Discord tells them, on a clock that the test turns."""

from __future__ import annotations

import pytest
from mosaic_connectors.discord.limits import RateLimits

ROUTE = "POST /channels/{channel}/messages"


class Clock:
    """Monotonic seconds, by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def headers(remaining: int, reset_after: float, bucket: str = "b", limit: int = 5) -> dict[str, str]:
    """What an answer tells."""
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset-after": str(reset_after),
        "x-ratelimit-bucket": bucket,
    }


def test_an_unknown_route_may_go() -> None:
    """Until an answer tells more."""
    assert RateLimits(Clock()).take(ROUTE, "1") == 0


def test_an_exhausted_bucket_waits_for_its_reset_and_is_full_again() -> None:
    """And counts the requests of the new window before their answers come."""
    clock = Clock()
    limits = RateLimits(clock)
    limits.learn(ROUTE, "1", headers(0, 2.5))
    assert limits.take(ROUTE, "1") == 2.5
    clock.now += 2.5
    assert [limits.take(ROUTE, "1") for _attempt in range(5)] == [0] * 5
    assert limits.take(ROUTE, "1") > 0


def test_each_channel_has_its_own_count() -> None:
    """One being full says nothing of another."""
    limits = RateLimits(Clock())
    limits.learn(ROUTE, "1", headers(0, 2.5))
    assert limits.take(ROUTE, "2") == 0


def test_routes_of_one_bucket_share_its_count() -> None:
    """Discord names the bucket; two routes may be in the same."""
    limits = RateLimits(Clock())
    limits.learn("GET /a", "1", headers(5, 2.0))
    limits.learn(ROUTE, "1", headers(0, 2.0))
    assert limits.take("GET /a", "1") == 2.0


def test_requests_under_way_are_counted() -> None:
    """An answer that counts fewer than are out does not give back what they hold."""
    limits = RateLimits(Clock())
    limits.learn(ROUTE, "1", headers(2, 2.0))
    assert limits.take(ROUTE, "1") == 0
    assert limits.take(ROUTE, "1") == 0
    limits.learn(ROUTE, "1", headers(1, 2.0))
    assert limits.take(ROUTE, "1") == 2.0


def test_a_global_limit_stops_everything_and_ends() -> None:
    """Whatever the route."""
    clock = Clock()
    limits = RateLimits(clock)
    limits.exceeded(ROUTE, "1", 1.5, everywhere=True)
    assert limits.take("GET /other", "") == 1.5
    clock.now += 1.5
    assert limits.take("GET /other", "") == 0


def test_a_limit_without_figures_is_forgotten_when_it_is_over() -> None:
    """A 429 on a route that tells nothing else."""
    clock = Clock()
    limits = RateLimits(clock)
    limits.exceeded(ROUTE, "1", 1.0, everywhere=False)
    assert limits.take(ROUTE, "1") == 1.0
    clock.now += 1.0
    assert [limits.take(ROUTE, "1") for _attempt in range(9)] == [0] * 9


def test_what_is_remembered_is_bounded() -> None:
    """A bot in many channels does not grow without end."""
    limits = RateLimits(Clock())
    for number in range(1000):
        limits.learn(ROUTE, str(number), headers(0, 60))
    assert limits.take(ROUTE, "0") == 0
    assert limits.take(ROUTE, "999") == 60


@pytest.mark.parametrize("nonsense", ["inf", "nan", "-1", "x", "1" * 400])
@pytest.mark.fault("Discord: a limit for infinity, NaN or years", "not believed")
def test_a_time_that_makes_no_sense_is_not_believed(nonsense: str) -> None:
    """Every send of its bucket would be refused until the process ends."""
    limits = RateLimits(Clock())
    limits.learn(ROUTE, "1", {**headers(0, 1), "x-ratelimit-reset-after": nonsense})
    assert limits.take(ROUTE, "1") == 0


def test_a_time_beyond_an_hour_is_an_hour() -> None:
    limits = RateLimits(Clock())
    limits.learn(ROUTE, "1", headers(0, 1e9))
    assert limits.take(ROUTE, "1") == 3600


def test_refusals_that_name_no_time_are_waited_out_longer_each_time() -> None:
    """And from the beginning again after a success."""
    limits = RateLimits(Clock())
    waits = [limits.untold() for _refusal in range(8)]
    assert waits[-1] > 8 * waits[0]
    assert max(waits) <= 900
    limits.succeeded()
    assert limits.untold() <= 10
