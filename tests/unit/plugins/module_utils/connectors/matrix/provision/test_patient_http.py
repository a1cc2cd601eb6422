# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rate limits are waited for, within one bound for the whole life of a client."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from mosaic_connectors.matrix.errors import RateLimitedError
from mosaic_connectors.matrix.provision.patient_http import PatientHttp


def limited(milliseconds: int | None) -> httpx.Response:
    body: dict[str, Any] = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests"}
    if milliseconds is not None:
        body["retry_after_ms"] = milliseconds
    return httpx.Response(429, json=body)


def client(*answers: httpx.Response, patience: float) -> PatientHttp:
    left = list(answers)
    transport = httpx.MockTransport(lambda _request: left.pop(0))
    return PatientHttp("https://hs.test", patience=patience, transport=transport)


async def test_the_wait_the_server_names_is_kept() -> None:
    async with client(limited(80), limited(0), httpx.Response(200, json={}), patience=1) as http:
        began = time.monotonic()
        await http.request("GET", "/x")
        assert time.monotonic() - began >= 0.13


async def test_a_list_is_waited_for_as_well() -> None:
    async with client(limited(10), httpx.Response(200, json=[{"a": 1}, 2]), patience=1) as http:
        assert [one.number("a") for one in await http.request_list("/x")] == [1]


@pytest.mark.parametrize(
    ("milliseconds", "words"), [(330_000, "6 minutes"), (90_000, "90 seconds"), (None, "5 seconds")]
)
async def test_a_wait_beyond_the_patience_fails_at_once_and_says_how_long(
    milliseconds: int | None, words: str
) -> None:
    async with client(limited(milliseconds), patience=2) as http:
        began = time.monotonic()
        with pytest.raises(RateLimitedError, match=f"wants {words} of quiet"):
            await http.request("POST", "/x")
        assert time.monotonic() - began < 4


async def test_the_patience_is_for_all_waits_together() -> None:
    async with client(*[limited(60)] * 5, patience=0.15) as http:
        with pytest.raises(RateLimitedError, match="more than is waited for"):
            await http.request("GET", "/x")
