# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fake Discord for every test that asks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

pytest.importorskip("aiohttp", reason="the fake Discord needs aiohttp")
pytest.importorskip("websockets", reason="the connector needs its extra")

from fakes.discord import FakeDiscord


@pytest.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    """A Discord with one guild and one channel."""
    async with FakeDiscord() as server:
        yield server
