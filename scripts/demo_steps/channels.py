# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channels the demo talks over, each as its operator sees it: what is said there, and what is heard."""

from __future__ import annotations

import os
from typing import Any, Protocol

import httpx

from .hosts import StepError, hosts, on_host
from .operator import Operator

DISCORD = "demo-discord"
TMUX = ("tmux", "-S", "/run/mosaic-orchestrator/tmux.sock")


class Channel(Protocol):
    """One orchestrator's channel."""

    host: str
    """Where the orchestrator runs."""
    place: str
    """What the channel is called."""
    operator: str
    """Who speaks in it; empty where only a human can."""

    def say(self, text: str) -> None:
        """Say something as the operator."""

    def speaker_of(self, text: str) -> str | None:
        """Who else has said just this, or None so far; it may wait for news."""


class MatrixRoom:
    """The room of demo-matrix."""

    host = "demo-matrix"

    def __init__(self, operator: Operator) -> None:
        self._matrix = operator
        self.place = operator.join("#demo-matrix:fleet.example")
        self.operator = operator.user_id
        list(operator.news(self.place))

    def say(self, text: str) -> None:
        """Post it."""
        self._matrix.say(self.place, text)

    def speaker_of(self, text: str) -> str | None:
        """Look at what is new."""
        events = [one for one in self._matrix.news(self.place) if one["sender"] != self.operator]
        return next((one["sender"] for one in events if one.get("content", {}).get("body") == text), None)


class StandInChannel:
    """The channel of the stand-in for Discord that runs on demo-discord."""

    host = DISCORD
    place = "the channel of a stand-in for Discord"

    def __init__(self) -> None:
        self._http = httpx.Client(base_url=f"http://{hosts()[DISCORD]['mosaic_published']}", timeout=30)
        self.operator = "its operator"

    def say(self, text: str) -> None:
        """Write it, on the stand-in's own keyboard."""
        _checked(self._http.post("/fake/messages", json={"text": text}))

    def speaker_of(self, text: str) -> str | None:
        """Look at the screen."""
        return _author(_checked(self._http.get("/fake/messages")), text)


class Console:
    """The operator's console on demo-tmux, which whoever attaches to the session `operator` sees."""

    host = "demo-tmux"
    place = "the operator's console of demo-tmux"
    operator = "whoever is attached"

    def say(self, text: str) -> None:
        """Type it, and then Enter."""
        for keys in (("-l", text), ("Enter",)):
            as_orchestrator(self.host, *TMUX, "send-keys", "-t", "=operator:", *keys)

    def speaker_of(self, text: str) -> str | None:
        """Look at the screen."""
        return "the orchestrator" if line_of(self.host, "operator", text) else None


class DiscordChannel:
    """A channel of Discord itself. The bot alone can be had to speak there: its operator is a human."""

    host = DISCORD
    operator = ""

    def __init__(self) -> None:
        channel_id = os.environ["DISCORD_CHANNEL_ID"]
        headers = {
            "Authorization": f"Bot {os.environ['DISCORD_BOT_TOKEN']}",
            "User-Agent": "DiscordBot (mosaic.fleet demo, 0)",
        }
        self._http = httpx.Client(
            base_url=f"https://discord.com/api/v10/channels/{channel_id}", headers=headers, timeout=30
        )
        self.place = f"Discord's channel {channel_id}"

    def say(self, text: str) -> None:
        """Refuse: nobody may speak in a human's name."""
        raise StepError(f"only a human can say '{text}' on Discord")

    def speaker_of(self, text: str) -> str | None:
        """Look at the newest messages."""
        return _author(_checked(self._http.get("/messages", params={"limit": 20})), text)


def discord_channel() -> Channel:
    """Discord's own where the environment names a bot, else the stand-in's."""
    return DiscordChannel() if os.environ.get("DISCORD_BOT_TOKEN") else StandInChannel()


def line_of(host: str, session: str, word: str) -> str | None:
    """The line that shows a word in a session of the fleet's tmux server."""
    shown = as_orchestrator(host, *TMUX, "capture-pane", "-p", "-J", "-S", "-200", "-t", f"={session}:")
    return next((line for line in shown.splitlines() if word in line), None)


def as_orchestrator(host: str, *command: str) -> str:
    """Run a command as the orchestrator's own user; what it printed."""
    done = on_host(host, "runuser", "-u", "mosaic", "--", *command)
    if done.returncode != 0:
        raise StepError(
            f"'{' '.join(command)}' on {host} failed: {(done.stderr or done.stdout).strip()[-500:]}"
        )
    return done.stdout


def _checked(answer: httpx.Response) -> Any:
    if answer.status_code != httpx.codes.OK:
        raise StepError(f"Discord answered {answer.status_code} {answer.text[:300]}")
    return answer.json()


def _author(messages: list[dict[str, Any]], text: str) -> str | None:
    return next((one["author"]["username"] for one in messages if one["content"] == text), None)
