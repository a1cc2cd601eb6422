# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the line up: can Slack be reached, does it know both tokens, and may the app talk in the channel."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ..border import Foreign
from ..errors import Meaning
from ..probing import health_within
from ..types import ConnectorHealth, ObstructedHealth
from .api import SlackApi
from .errors import SlackApiError, SlackLimitError, SlackTokenError

_FRESH = 300.0

_UNSEEN = ("channel_not_found", "missing_scope", "not_in_channel", "method_not_supported_for_channel_type")
"""Answers to a look at the channel that somebody has to put right."""

_OPTIONAL = {
    "files:read": "no files of the operator's",
    "files:write": "no files of the agent's",
    "users:read": "no names",
    "reactions:write": "no marks on messages",
    "im:history": "nobody who writes to the app alone is told where to talk",
}
"""What is missed without a scope that one can talk without."""


@dataclass(frozen=True)
class Finding:
    """What a look found: `trouble` is what keeps the app from talking in the channel, `latency` in seconds."""

    bot: str
    latency: float
    channel: str
    trouble: str | None
    notes: tuple[str, ...] = ()


class Probe:
    """Looks at the line; the app-level token is asked about only every few minutes, and not while a socket is open."""

    def __init__(self, bot: SlackApi, app: SlackApi, channel_id: str, is_up: Callable[[], bool]) -> None:
        self._bot = bot
        self._app = app
        self._channel_id = channel_id
        self._is_up = is_up
        self._app_fine_until = 0.0

    def forget(self) -> None:
        """Ask for everything at the next look: a message was refused since."""
        self._app_fine_until = 0.0

    async def look(self, timeout: float) -> ConnectorHealth:
        """The health of the line, `ObstructedHealth` where the app may not talk; never raises."""
        return await health_within(timeout, self._look(), "Slack", SlackApiError)

    async def _look(self) -> ConnectorHealth:
        finding = await self.inspect()
        if finding.trouble is not None:
            return ObstructedHealth(
                True, True, detail=f"Authenticated as {finding.bot}, but {finding.trouble}"
            )
        fine = (
            f"Authenticated as {finding.bot}, may talk in {finding.channel}; "
            f"Slack answers in {finding.latency * 1000:.0f} ms."
        )
        return ConnectorHealth(True, True, detail=" ".join([fine, *finding.notes]))

    async def inspect(self) -> Finding:
        """The same look in its parts; raises what a request raises."""
        started = time.monotonic()
        me = await self._bot.call("auth.test")
        latency = time.monotonic() - started
        bot = f"{me.words('user')} ({me.identifier('user_id')}) in {me.words('team')}"
        trouble = await self._app_trouble()
        if me.identifier("bot_id") is None:
            trouble = (
                "its token is a user's, not a bot's. Put the Bot User OAuth Token (xoxb-…) in its place."
            )
        if trouble is not None:
            return Finding(bot, latency, "", trouble)
        try:
            answer = await self._bot.read("conversations.info", channel=self._channel_id)
        except SlackApiError as error:
            if error.code not in _UNSEEN:
                raise
            return Finding(bot, latency, "", f"the channel {self._channel_id} cannot be seen. {error}")
        channel = answer.object("channel")
        name = f"#{channel.words('name')}" if channel.words("name") else self._channel_id
        return Finding(bot, latency, name, self._trouble(channel, name), self._notes())

    def _notes(self) -> tuple[str, ...]:
        lacking = [one for one in _OPTIONAL if self._lacks(one)]
        if not lacking:
            return ()
        lost = ", ".join(f"{one} ({_OPTIONAL[one]})" for one in lacking)
        fix = "Add them in the app's settings (OAuth & Permissions) and install the app again."
        return (f"Without the scopes {lost}. {fix}",)

    def _trouble(self, channel: Foreign, name: str) -> str | None:
        """What keeps the app from talking in a channel that it sees, or None."""
        if channel.is_true("is_archived"):
            return f"the channel {name} is archived. Bring it back, or name another one as channel_id."
        if not (channel.is_true("is_member") or channel.is_true("is_im")):
            return (
                f"it is not in the channel {name} (not_in_channel). Write /invite and the app's name there."
            )
        sort = "im" if channel.is_true("is_im") else "groups" if channel.is_true("is_private") else "channels"
        lacking = [one for one in ("chat:write", f"{sort}:history") if self._lacks(one)]
        if lacking:
            return (
                f"it lacks the scope {' and '.join(lacking)} (missing_scope). Add it in the app's settings (OAuth & "
                "Permissions) and install the app again."
            )
        return None

    def _lacks(self, scope: str) -> bool:
        return self._bot.scopes is not None and scope not in self._bot.scopes

    async def _app_trouble(self) -> str | None:
        """What is wrong with the app-level token: an address for a socket is asked for, and none is opened."""
        if self._is_up() or time.monotonic() < self._app_fine_until:
            return None
        try:
            await self._app.call("apps.connections.open")
        except SlackTokenError:
            raise
        except SlackLimitError:
            return None
        except SlackApiError as error:
            return None if error.meaning is Meaning.OUTAGE else f"it gets no events. {error}"
        self._app_fine_until = time.monotonic() + _FRESH
        return None
