# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the line up: can Telegram be reached, does it know the bot, and may the bot hear and talk in the chat.

Nothing here fetches updates: whoever did would take them from the bridge. Source: Bot API 8.0, "getMe", "getChat",
"getChatMember", "getWebhookInfo"; Bots features, "Privacy mode".
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..border import Foreign, words
from ..probing import health_within
from ..types import ConnectorHealth, ObstructedHealth
from .api import BotApi
from .chat import Chat
from .errors import TelegramApiError
from .receipts import SIGNS

_GROUPS = ("group", "supergroup")
_OVERSEERS = ("creator", "administrator")
_OUTSIDE = ("left", "kicked")


@dataclass(frozen=True)
class Finding:
    """What a look found: `trouble` is what keeps the bot from hearing or talking, `latency` in seconds."""

    bot: str
    latency: float
    chat: str
    trouble: str | None
    notes: tuple[str, ...]


class Probe:
    """Looks at the line."""

    def __init__(self, api: BotApi, chat: Chat) -> None:
        self._api = api
        self._chat = chat

    async def look(self, timeout: float) -> ConnectorHealth:
        """The health of the line, `ObstructedHealth` where no conversation is possible; never raises."""
        return await health_within(timeout, self._look(), "Telegram", TelegramApiError)

    async def _look(self) -> ConnectorHealth:
        finding = await self.inspect()
        if finding.trouble is not None:
            return ObstructedHealth(
                True, True, detail=f"Authenticated as {finding.bot}, but {finding.trouble}"
            )
        fine = (
            f"Authenticated as {finding.bot}, may hear and talk in {finding.chat}; "
            f"Telegram answers in {finding.latency * 1000:.0f} ms."
        )
        return ConnectorHealth(True, True, detail=" ".join([fine, *finding.notes]))

    async def inspect(self) -> Finding:
        """The same look in its parts; raises what a request raises."""
        started = time.monotonic()
        me = await self._api.object("getMe")
        latency = time.monotonic() - started
        bot = f"@{me.words('username')} ({self._api.bot_id})"
        webhook = await self._api.object("getWebhookInfo")
        address = webhook.text("url")
        if address:
            # Its host alone: the rest of an address is often a secret.
            host = words(urlsplit(address).hostname or "an unknown address")
            elsewhere = (
                f"a webhook is set, and all that is written goes to {host}. Stop the program it belongs to and have it call "
                "deleteWebhook, or use another bot."
            )
            return Finding(bot, latency, "", elsewhere, ())
        try:
            chat = await self._chat.call("getChat")
            title = chat.words("title") or chat.words("first_name") or str(self._chat.id)
            trouble, notes = await self._standing(me, chat, title)
        except TelegramApiError as error:
            if error.status not in (400, 403):
                raise
            return Finding(bot, latency, "", self._why_unseen(error), ())
        return Finding(bot, latency, title, trouble, (*notes, *_waiting(webhook), *self._chat.notes()))

    async def _standing(self, me: Foreign, chat: Foreign, title: str) -> tuple[str | None, list[str]]:
        """What keeps the bot from hearing or talking in a chat that it sees, and what ought to be known."""
        kind = chat.text("type")
        if kind == "private":
            return None, []
        if kind not in _GROUPS:
            return (
                f"{title} is expected to be a group, or the private chat of the operator, and is a {words(kind)}. "
                "Correct chat_id."
            ), []
        member = await self._chat.call("getChatMember", user_id=self._api.bot_id)
        status = member.text("status")
        if status in _OUTSIDE or (status == "restricted" and not member.is_true("is_member")):
            return f"it is not in {title} any more. Add it to the group again.", []
        rights = member if status == "restricted" else chat.object("permissions")
        oversees = status in _OVERSEERS
        if not oversees and _denied(rights, "can_send_messages"):
            return f"it may not write in {title}. Grant it Send Messages in the group's permissions.", []
        if not oversees and not me.is_true("can_read_all_group_messages"):
            return (
                f"its privacy mode is on, so that in {title} it is shown commands and answers alone. Turn it off with BotFather "
                "(/setprivacy, Disable), then remove the bot from the group and add it again."
            ), []
        notes = _unmarked(chat)
        if not oversees and _denied(rights, "can_send_documents"):
            notes.append("It may not send files there. Grant it Send Files in the group's permissions.")
        return None, notes

    def _why_unseen(self, error: TelegramApiError) -> str:
        return (
            f"it is not in the chat {self._chat.id}, or there is none of that number ({error.said}). Add it to the group; in a "
            "private chat the operator has to press Start first. Else correct chat_id."
        )


def _denied(rights: Foreign, right: str) -> bool:
    """Whether a right is said to be missing; what is not said is not missing."""
    return right in rights and not rights.is_true(right)


def _unmarked(chat: Foreign) -> list[str]:
    """Which marks the chat's list of reactions does not have; where it says nothing, all are allowed."""
    if "available_reactions" not in chat:
        return []
    allowed = [one.text("emoji") for one in chat.objects("available_reactions")]
    missing = [sign for sign in SIGNS.values() if sign not in allowed]
    if not missing:
        return []
    return [
        f"Its marks {' '.join(missing)} are not among the group's reactions, so that messages are not marked. Allow them in "
        "the group's settings (Reactions)."
    ]


def _waiting(webhook: Foreign) -> list[str]:
    count = webhook.number("pending_update_count") or 0
    if count <= 0:
        return []
    return [
        f"{count} update{'s wait' if count > 1 else ' waits'} at Telegram, which keeps them for 24 hours."
    ]
