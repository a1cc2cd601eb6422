# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is repeated, how often, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from mosaic_connectors.discord.errors import DiscordLimitError, DiscordTokenError, NotDiscordError
from mosaic_connectors.errors import RemoteError, TlsError, UnreachableError
from mosaic_connectors.matrix.errors import MatrixApiError, NotMatrixError, RateLimitedError
from mosaic_connectors.retries import Deadline, may_pass, wait_after


@dataclass
class Bounds:
    send_bound: float = 0.5
    request_timeout: float = 3.0
    backoff_first: float = 0.2
    backoff_cap: float = 0.2


async def test_a_server_that_asks_for_no_quiet_is_not_hammered() -> None:
    tries = 0

    async def limited(_timeout: float) -> None:
        nonlocal tries
        tries += 1
        raise RateLimitedError("limited", status=429, errcode="M_LIMIT_EXCEEDED", retry_after=0.0)

    with pytest.raises(RateLimitedError):
        await Deadline(Bounds()).repeat(limited)
    assert tries <= 10


async def test_files_have_the_time_that_a_slow_line_takes_for_them() -> None:
    """Fifty MiB do not go over a megabit a second within half a minute."""
    given: list[float] = []

    async def request(timeout: float) -> None:
        given.append(timeout)

    await Deadline(Bounds(), 50 * 1024 * 1024).repeat(request)
    assert given[0] > 300


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (UnreachableError("x"), True),
        (TlsError("x"), False),
        (NotMatrixError("x"), True),
        (NotMatrixError("x", status=404), False),
        (NotDiscordError("x", status=403), False),
        (NotMatrixError("x", status=429), True),
        (MatrixApiError("x", status=502, errcode="M_UNKNOWN"), True),
        (MatrixApiError("x", status=413, errcode="M_TOO_LARGE"), False),
        (RateLimitedError("x", status=429, errcode="M_LIMIT_EXCEEDED"), True),
        (DiscordLimitError("x", status=429), True),
        (DiscordTokenError("x", status=401), False),
        (RemoteError("somebody else's"), False),
    ],
)
def test_a_refusal_passes_by_its_status_whoever_spoke_it(error: RemoteError, passes: bool) -> None:
    assert may_pass(error) is passes


@pytest.mark.parametrize(
    ("failures", "longest"), [(0, 1.0), (1, 1.0), (2, 2.0), (6, 32.0), (7, 60.0), (5_000, 60.0)]
)
def test_waits_double_up_to_their_cap_and_a_fleet_is_spread(failures: int, longest: float) -> None:
    waits = {wait_after(failures, 1.0, 60.0) for _try in range(50)}
    assert longest / 2 <= min(waits) < max(waits) <= longest
