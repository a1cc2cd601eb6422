# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind discord set up by a script, against a Discord on the loopback."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fakes.discord import FakeDiscord
from fakes.discord_world import ALL, SEND_MESSAGES
from fakes.setup_bench import Bench
from mosaic_connectors.discord.errors import DiscordTokenError
from mosaic_connectors.envfile import read_env_file
from mosaic_connectors.errors import ConfigError
from mosaic_connectors.roster import load_roster
from mosaic_connectors.settings import load_settings
from mosaic_connectors.setup.dialogue import UsageError


async def set_up(bench: Bench, fake: FakeDiscord, monkeypatch: pytest.MonkeyPatch, **changed: Any) -> str:
    """Set up with all the right answers but those in `changed`."""
    monkeypatch.setenv("MOSAIC_DISCORD_API_URL", fake.api_url)
    environ = {
        "DISCORD_BOT_TOKEN": fake.world.token,
        "DISCORD_CHANNEL_ID": fake.channel_id,
        "MOSAIC_OPERATORS": fake.operator["id"],
        **changed,
    }
    # In a thread, since the fake lives on this loop.
    return await asyncio.to_thread(bench.set_up, "discord", environ=environ)


async def test_all_is_checked_and_written(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeDiscord() as fake:
        said = await set_up(bench, fake, monkeypatch)
        assert "The bot may talk in #fleet" in said
        assert f"The operator {fake.operator['id']} is operator" in said
        assert "This line is set up" in fake.texts()[-1]
        config = load_roster(bench.roster).connector
        assert config is not None
        assert config.discord is not None
        assert (config.kind, config.discord.channel_id) == ("discord", fake.channel_id)
        assert read_env_file(bench.env_file) == {"DISCORD_BOT_TOKEN": fake.world.token}
        assert load_settings().operators == (fake.operator["id"],)
        assert fake.world.token not in said


@pytest.mark.parametrize(
    ("changed", "error", "complaint"),
    [
        ({"DISCORD_BOT_TOKEN": "revoked.bot.token"}, DiscordTokenError, "refuses the bot's token"),
        ({"DISCORD_BOT_TOKEN": "two words"}, ConfigError, "no white space"),
        ({"DISCORD_CHANNEL_ID": "fleet"}, ConfigError, "15 to 21 digits, found 'fleet'"),
        ({"DISCORD_CHANNEL_ID": "123456789012345678"}, ConfigError, "has a channel 123456789012345678"),
        ({"MOSAIC_OPERATORS": "@you:example.org"}, ConfigError, "A Discord user id is expected"),
        ({"MOSAIC_OPERATORS": " , "}, ConfigError, "An operator is expected"),
        ({"DISCORD_BOT_TOKEN": "", "MOSAIC_OPERATORS": ""}, UsageError, "--bot-token-file.*--operator"),
    ],
)
async def test_what_is_wrong_is_told_and_writes_nothing(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, str],
    error: type[Exception],
    complaint: str,
) -> None:
    before = bench.snapshot()
    async with FakeDiscord() as fake:
        with pytest.raises(error, match=complaint):
            await set_up(bench, fake, monkeypatch, **changed)
        assert fake.texts() == []
    assert bench.snapshot() == before


async def test_a_bot_that_may_not_talk_is_told_before_anything_is_sent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FakeDiscord() as fake:
        fake.world.permissions = ALL & ~SEND_MESSAGES
        with pytest.raises(ConfigError, match="no permission Send Messages in #fleet"):
            await set_up(bench, fake, monkeypatch)
