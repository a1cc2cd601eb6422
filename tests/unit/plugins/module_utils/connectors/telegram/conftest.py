# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fake Telegram for every test that asks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fakes.telegram import FakeTelegram


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    """A Telegram with one group, in which the bot is an administrator."""
    async with FakeTelegram() as server:
        yield server
