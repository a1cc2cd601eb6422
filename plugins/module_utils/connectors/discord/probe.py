# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the line up: can Discord be reached, does it know the bot, and may the bot talk in the channel."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..border import Foreign
from ..probing import health_within
from ..types import ConnectorHealth, ObstructedHealth
from .errors import DiscordApiError
from .gateway import INTENT_MISSING
from .permissions import ESSENTIAL, LOST, missing_permissions
from .rest import DiscordRest

_GUILDS_LOOKED_THROUGH = 10
_INTENT_FLAGS = 1 << 18 | 1 << 19
"""Message Content, in full or for bots in fewer than 100 servers (application flags)."""

_WITH_THREADS = (0, 5)
"""Text and announcement channels: in no other one threads begin at a message."""

_FRESH = 300.0


@dataclass(frozen=True)
class Finding:
    """What a look found: `trouble` is what keeps the bot from talking in the channel, `latency` in seconds."""

    bot: str
    latency: float
    channel: str | None
    trouble: str | None
    notes: tuple[str, ...]


class Probe:
    """Looks at the line; what changes rarely is asked only every few minutes."""

    def __init__(self, rest: DiscordRest, channel_id: str) -> None:
        self._rest = rest
        self._channel_id = channel_id
        self._fine_until = 0.0
        self._notes: list[str] = []

    def forget(self) -> None:
        """Ask for everything at the next look: a message was refused since."""
        self._fine_until = 0.0

    async def look(self, timeout: float) -> ConnectorHealth:
        """The health of the line, `ObstructedHealth` where the bot may not talk; never raises."""
        return await health_within(timeout, self._look(), "Discord", DiscordApiError)

    async def _look(self) -> ConnectorHealth:
        finding = await self.inspect()
        if finding.trouble is not None:
            return ObstructedHealth(
                True, True, detail=f"Authenticated as {finding.bot}, but {finding.trouble}"
            )
        fine = (
            f"Authenticated as {finding.bot}, may talk in #{finding.channel}; "
            f"Discord answers in {finding.latency * 1000:.0f} ms."
        )
        return ConnectorHealth(True, True, detail=" ".join([fine, *finding.notes]))

    async def inspect(self) -> Finding:
        """The same look in its parts; raises what a request raises."""
        started = time.monotonic()
        me = await self._rest.get_object("/users/@me")
        latency = time.monotonic() - started
        bot = f"{me.words('username')} ({me.identifier('id')})"
        try:
            channel = await self._rest.get_object("/channels/{channel}", channel=self._channel_id)
        except DiscordApiError as error:
            if error.status not in (403, 404):
                raise
            return Finding(bot, latency, None, await self._why_unseen(), ())
        trouble = await self._trouble(channel, me.identifier("id") or "")
        return Finding(bot, latency, channel.words("name"), trouble, tuple(self._notes))

    async def _trouble(self, channel: Foreign, user_id: str) -> str | None:
        """What keeps the bot from talking in a channel that it sees, or None."""
        guild_id = channel.identifier("guild_id")
        if guild_id is None or channel.number("type") not in _WITH_THREADS:
            return (
                f"the channel {self._channel_id} is expected to be a text channel of a server, and is not. "
                "Correct channel_id; a thread is answered in by its thread_id, from the channel it is in."
            )
        if time.monotonic() < self._fine_until:
            return None
        guild = await self._rest.get_object("/guilds/{guild}", guild=guild_id)
        member = await self._rest.get_object("/guilds/{guild}/members/{user}", guild=guild_id, user=user_id)
        missing = missing_permissions(guild, channel, member, user_id)
        lacking = [name for name in ESSENTIAL if name in missing]
        if lacking:
            return (
                f"it has no permission {' and '.join(lacking)} in #{channel.words('name')}. "
                "Grant it to the bot's role in the channel's settings."
            )
        self._notes = [_without(missing)] if missing else []
        application = await self._rest.get_object("/applications/@me")
        if not (application.number("flags") or 0) & _INTENT_FLAGS:
            return INTENT_MISSING[0].lower() + INTENT_MISSING[1:]
        if not missing:
            self._fine_until = time.monotonic() + _FRESH
        return None

    async def _why_unseen(self) -> str:
        """A bot that is not in the server looks like one that may not view the channel: tell them apart."""
        guilds = await self._rest.get_list("/users/@me/guilds", limit=200)
        if not guilds:
            return "it is in no server (guild) at all. Invite it with the link from the developer portal."
        for guild in guilds[:_GUILDS_LOOKED_THROUGH]:
            # The list holds the channels that the bot may not view as well.
            channels = await self._rest.get_list(
                "/guilds/{guild}/channels", guild=guild.identifier("id") or ""
            )
            if any(one.identifier("id") == self._channel_id for one in channels):
                return (
                    f"it has no permission View Channel for the channel {self._channel_id} of "
                    f"{guild.words('name')!r}. "
                    "Grant it to the bot's role in the channel's settings."
                )
        names = ", ".join(repr(guild.words("name")) for guild in guilds[:_GUILDS_LOOKED_THROUGH])
        return (
            f"no server it is in ({names}) has a channel {self._channel_id}. "
            "Correct channel_id, or invite the bot to that channel's server."
        )


def _without(missing: list[str]) -> str:
    lost = ", ".join(f"{name} ({LOST[name]})" for name in missing)
    return f"Without the permissions {lost}. Grant them to the bot's role in the channel's settings."
