# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind slack set up by a script, against a Slack on the loopback."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fakes.setup_bench import Bench
from fakes.slack import FakeSlack
from mosaic_connectors.envfile import read_env_file
from mosaic_connectors.errors import ConfigError
from mosaic_connectors.roster import load_roster
from mosaic_connectors.settings import load_settings
from mosaic_connectors.setup.dialogue import UsageError
from mosaic_connectors.slack.errors import SlackTokenError


async def set_up(bench: Bench, fake: FakeSlack, monkeypatch: pytest.MonkeyPatch, **changed: Any) -> str:
    """Set up with all the right answers but those in `changed`."""
    monkeypatch.setenv("MOSAIC_SLACK_API_URL", fake.api_url)
    environ = {
        "SLACK_APP_TOKEN": fake.world.app_token,
        "SLACK_BOT_TOKEN": fake.world.bot_token,
        "SLACK_CHANNEL_ID": fake.world.channel_id,
        "MOSAIC_OPERATORS": "U0OPERATOR1",
        **changed,
    }
    # In a thread, since the fake lives on this loop.
    return await asyncio.to_thread(bench.set_up, "slack", environ=environ)


async def test_all_is_checked_and_written(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeSlack() as fake:
        said = await set_up(bench, fake, monkeypatch)
        assert "The app may talk in #fleet" in said
        assert "The operator U0OPERATOR1 is alice" in said
        assert "This line is set up" in fake.texts()[-1]
        config = load_roster(bench.roster).connector
        assert config is not None
        assert (config.kind, config.block().channel_id) == ("slack", fake.world.channel_id)
        tokens = {"SLACK_APP_TOKEN": fake.world.app_token, "SLACK_BOT_TOKEN": fake.world.bot_token}
        assert read_env_file(bench.env_file) == tokens
        assert load_settings().operators == ("U0OPERATOR1",)
        assert not any(token in said for token in tokens.values())
        assert fake.sockets.opened == 0


@pytest.mark.parametrize(
    ("changed", "error", "complaint"),
    [
        (
            {"SLACK_APP_TOKEN": "xoxb-1234567890-1234567890-fakefakefake"},
            SlackTokenError,
            "each other's place",
        ),
        ({"SLACK_CHANNEL_ID": "#fleet"}, ConfigError, "not its name, found '#fleet'"),
        ({"SLACK_CHANNEL_ID": "C0000000000"}, ConfigError, "channel_not_found"),
        ({"MOSAIC_OPERATORS": "@you:example.org"}, ConfigError, "the member id of a Slack user"),
        ({"MOSAIC_OPERATORS": "U0NOBODY000"}, ConfigError, "has no member U0NOBODY000"),
        ({"SLACK_BOT_TOKEN": "", "MOSAIC_OPERATORS": ""}, UsageError, "--slack-bot-token-file.*--operator"),
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
    async with FakeSlack() as fake:
        with pytest.raises(error, match=complaint):
            await set_up(bench, fake, monkeypatch, **changed)
        assert fake.texts() == []
    assert bench.snapshot() == before


@pytest.mark.parametrize(
    ("attribute", "value", "complaint"),
    [
        ("is_member", False, "not in the channel #fleet .not_in_channel"),
        ("is_archived", True, "#fleet is archived"),
        ("scopes", ["channels:read", "users:read"], "lacks the scope chat:write and channels:history"),
    ],
)
async def test_an_app_that_may_not_talk_is_told_before_anything_is_sent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, attribute: str, value: object, complaint: str
) -> None:
    async with FakeSlack() as fake:
        setattr(fake.world, attribute, value)
        with pytest.raises(ConfigError, match=complaint):
            await set_up(bench, fake, monkeypatch)
        assert fake.texts() == []
