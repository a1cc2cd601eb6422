# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`init` for kind discord, typed in a real terminal; Discord is a server on the loopback."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.setup.conftest import ROSTER, Keyboard
from mosaic_connectors.envfile import read_env_file

TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4.GfAkE0.bot-token-of-the-fake-discord"


@pytest.fixture
def discord(keyboard: Keyboard) -> Iterator[dict[str, str]]:
    """Where a fake Discord is; the terminal's connector talks to it."""
    command = [sys.executable, "-m", "fakes.discord", "--port", "0", "--token", TOKEN]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        facts: dict[str, str] = json.loads(process.stdout.readline())
        keyboard.environment["MOSAIC_DISCORD_API_URL"] = facts["api_url"]
        yield facts
        process.terminate()


def messages(facts: dict[str, str]) -> list[str]:
    """What stands in the channel."""
    with urllib.request.urlopen(facts["api_url"].replace("/api/v10", "/fake/messages"), timeout=10) as answer:
        return [one["content"] for one in json.load(answer)]


def test_token_channel_operators_and_a_message(keyboard: Keyboard, discord: dict[str, str]) -> None:
    """A wrong token is told and asked for again; the channel is chosen with the arrow keys."""
    keyboard.start("init")
    keyboard.choose("Which channel?", 1)
    keyboard.answer("Bot token:", "not.the.token")
    keyboard.see("Discord refuses the bot's token")
    keyboard.answer("Bot token:", TOKEN, times=2)
    keyboard.see("The token belongs to the bot mosaic")
    keyboard.choose("#fleet (The guild)", 0)
    keyboard.see("The bot may talk in #fleet")
    keyboard.answer("Operators", "somebody")
    keyboard.see("A Discord user id is expected to be 15 to 21 digits, found 'somebody'")
    keyboard.answer("Operators", discord["operator"], times=2, clear=True)
    keyboard.see("A test message is in the channel")
    keyboard.answer("Write these?")
    shown = keyboard.ends(0)
    assert TOKEN not in shown
    assert keyboard.connector() == {"kind": "discord", "discord": {"channel_id": discord["channel_id"]}}
    assert keyboard.roster.read_text().startswith(ROSTER)
    assert keyboard.operators() == [discord["operator"]]
    assert read_env_file(keyboard.env_file) == {"DISCORD_BOT_TOKEN": TOKEN}
    assert stat.S_IMODE(keyboard.env_file.stat().st_mode) == 0o600
    assert "This line is set up" in messages(discord)[-1]
    assert keyboard.run("health").returncode == 0


def test_ctrl_c_at_any_question_leaves_everything_as_it_was(
    keyboard: Keyboard, discord: dict[str, str]
) -> None:
    before = keyboard.snapshot()
    given = ["--kind", "discord"]
    steps = {
        "Bot token:": [],
        "#fleet (The guild)": ["--channel-id", discord["channel_id"]],
        "Operators": ["--operator", discord["operator"]],
        "Write these?": [],
    }
    for question, answer in steps.items():
        keyboard.start("init", *given)
        keyboard.see(question)
        keyboard.press("C-c")
        assert "Nothing was written" in keyboard.ends(130), question
        assert keyboard.snapshot() == before, question
        keyboard.environment["DISCORD_BOT_TOKEN"] = TOKEN
        given += answer
