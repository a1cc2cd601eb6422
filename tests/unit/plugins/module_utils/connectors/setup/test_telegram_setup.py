# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind telegram set up by a script, from its description alone, against a Telegram on the loopback."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fakes.setup_bench import Bench
from fakes.telegram import TOKEN, FakeTelegram
from mosaic_connectors.envfile import read_env_file
from mosaic_connectors.errors import ConnectorError
from mosaic_connectors.roster import load_roster
from mosaic_connectors.settings import load_settings


async def set_up(bench: Bench, fake: FakeTelegram, monkeypatch: pytest.MonkeyPatch, **changed: Any) -> str:
    """Set up with all the right answers but those in `changed`."""
    monkeypatch.setenv("MOSAIC_TELEGRAM_API_URL", fake.api_url)
    environ = {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_CHAT_ID": fake.chat_id,
        "MOSAIC_OPERATORS": str(fake.world.operator),
        **changed,
    }
    # In a thread, since the fake lives on this loop.
    return await asyncio.to_thread(bench.set_up, "telegram", environ=environ)


async def test_all_is_checked_and_written_and_nothing_fetched(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FakeTelegram() as fake:
        fake.post("for the bridge")
        said = await set_up(bench, fake, monkeypatch)
        assert "This line is set up" in fake.texts()[-1]
        assert not fake.of("getUpdates")
        config = load_roster(bench.roster).connector
        assert config is not None
        assert (config.kind, config.block().chat_id) == ("telegram", fake.chat_id)
        assert read_env_file(bench.env_file) == {"TELEGRAM_BOT_TOKEN": TOKEN}
        assert load_settings().operators == (str(fake.world.operator),)
        assert TOKEN not in said


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"TELEGRAM_BOT_TOKEN": "1234567890:" + "x" * 35}, "refuses the bot's token"),
        ({"TELEGRAM_BOT_TOKEN": "nonsense"}, "a number, a colon"),
        ({"TELEGRAM_CHAT_ID": "@fleet"}, "number of a Telegram chat, in quotes"),
        ({"TELEGRAM_CHAT_ID": "-100999999"}, "it is not in the chat -100999999"),
        ({"MOSAIC_OPERATORS": "@you"}, "number of a Telegram user"),
    ],
)
async def test_what_is_wrong_is_told_and_writes_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], complaint: str
) -> None:
    before = bench.snapshot()
    async with FakeTelegram() as fake:
        with pytest.raises(ConnectorError, match=complaint):
            await set_up(bench, fake, monkeypatch, **changed)
        assert fake.texts() == []
    assert bench.snapshot() == before
