# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Discord server knows: one guild, its channels, messages, members and permissions.

Modelled on the public API documentation (v10): resources, snowflakes, permissions, error codes.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

EPOCH_MS = 1420070400000

ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
CREATE_PUBLIC_THREADS = 1 << 35
SEND_MESSAGES_IN_THREADS = 1 << 38
ALL = (
    ADD_REACTIONS
    | VIEW_CHANNEL
    | SEND_MESSAGES
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | CREATE_PUBLIC_THREADS
    | SEND_MESSAGES_IN_THREADS
)

FLAG_MESSAGE_CONTENT = 1 << 18

Document = dict[str, Any]


class Refused(Exception):
    """The API's answer to a request it does not carry out."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message}


@dataclass
class World:
    """The state; whoever wants to hear of changes sets `publish`."""

    token: str = "fake.bot.token"
    message_content: bool = True
    in_guild: bool = True
    permissions: int = ALL
    publish: Callable[[str, Document], None] = lambda kind, data: None
    files: dict[str, bytes] = field(default_factory=dict)
    cdn_signature: str = "0" * 64
    """What the address of a file has to hold; another one has the addresses before expire."""
    interactions: dict[str, Document] = field(default_factory=dict)
    """Pressed buttons that nobody has acknowledged."""
    nonces: dict[tuple[str, str], Document] = field(default_factory=dict)
    base_url: str = ""
    premium_tier: int = 0
    channel_id: str = ""

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._last = 0
        self.guild_id = self.snowflake()
        self.bot = {
            "id": self.snowflake(),
            "username": "mosaic",
            "discriminator": "0",
            "bot": True,
            "avatar": None,
        }
        self.people = {self.bot["id"]: self.bot}
        self.channels: dict[str, Document] = {}
        self.messages: dict[str, list[Document]] = {}
        self.channel_id = self.add_channel("fleet", id=self.channel_id)["id"]

    def snowflake(self, when: float | None = None) -> str:
        """A fresh id, greater than all before it unless `when` (epoch seconds) says another time."""
        milliseconds = int((time.time() if when is None else when) * 1000) - EPOCH_MS
        number = milliseconds << 22 | next(self._numbers) & 0xFFF
        if when is None:
            number = self._last = max(number, self._last + 1)
        return str(number)

    def user(self, name: str = "operator") -> Document:
        """A human member."""
        person = {"id": self.snowflake(), "username": name, "discriminator": "0", "avatar": None}
        self.people[person["id"]] = person
        return person

    def add_channel(self, name: str, kind: int = 0, parent_id: str | None = None, **more: Any) -> Document:
        """A text channel, or a thread (`kind` 11) in `parent_id`."""
        channel = {
            "id": more.pop("id", None) or self.snowflake(),
            "type": kind,
            "guild_id": self.guild_id,
            "name": name,
            "parent_id": parent_id,
            "position": 0,
            "permission_overwrites": [],
            "last_message_id": None,
            **more,
        }
        if kind in (10, 11, 12):
            channel["thread_metadata"] = {
                "archived": False,
                "auto_archive_duration": 1440,
                "archive_timestamp": iso_now(),
                "locked": False,
            }
            channel.update(owner_id=self.bot["id"], message_count=0, member_count=1, total_message_sent=0)
        self.channels[channel["id"]] = channel
        self.messages[channel["id"]] = []
        if kind in (10, 11, 12):
            self.publish("THREAD_CREATE", channel)
        return channel

    def add_private(self, person: Document) -> Document:
        """The channel of the direct messages between the bot and somebody."""
        channel = self.add_channel("", 1, recipients=[person])
        del channel["guild_id"]
        return channel

    def archive(self, thread_id: str) -> None:
        """A thread falls asleep."""
        meta = self.channels[thread_id]["thread_metadata"]
        meta.update(archived=True, archive_timestamp=iso_now())

    def add_message(self, channel_id: str, author: Document, content: str, **more: Any) -> Document:
        """A message; it is published as the gateway's MESSAGE_CREATE."""
        channel = self.channels[channel_id]
        message = {
            "id": self.snowflake(),
            "type": 0,
            "channel_id": channel_id,
            "author": author,
            "content": content,
            "timestamp": iso_now(),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "pinned": False,
            "flags": 0,
            "components": [],
            **more,
        }
        self.messages[channel_id].append(message)
        channel["last_message_id"] = message["id"]
        if "thread_metadata" in channel:
            channel["thread_metadata"]["archived"] = False
        shown = {"guild_id": self.guild_id, "member": {"roles": []}} if "guild_id" in channel else {}
        self.publish("MESSAGE_CREATE", {**message, **shown})
        return message

    def edit_message(self, message: Document, content: str) -> None:
        """The author changes the text."""
        message.update(content=content, edited_timestamp=iso_now())
        self.publish("MESSAGE_UPDATE", {**message, "guild_id": self.guild_id})

    def delete_message(self, message: Document) -> None:
        """Somebody takes a message away."""
        self.messages[message["channel_id"]].remove(message)
        gone = {"id": message["id"], "channel_id": message["channel_id"], "guild_id": self.guild_id}
        self.publish("MESSAGE_DELETE", gone)

    def add_file(self, name: str, content: bytes) -> Document:
        """An attachment object whose content the CDN serves, at an address that is signed and does not hold for ever."""
        number = self.snowflake()
        self.files[number] = content
        url = f"{self.base_url}/cdn/{number}/{name}?ex=7fffffff&is=65000000&hm={self.cdn_signature}&"
        return {
            "id": number,
            "filename": name,
            "size": len(content),
            "url": url,
            "proxy_url": url,
            "content_type": "text/plain",
        }

    def allow(self, permission: int) -> None:
        """Take a permission for granted or refuse as the API does."""
        if not self.in_guild or not self.permissions & VIEW_CHANNEL:
            raise Refused(403, 50001, "Missing Access")
        if not self.permissions & permission:
            raise Refused(403, 50013, "Missing Permissions")

    def visible_content(self, message: Document, intents: int | None = None) -> Document:
        """A message as this bot may read it (gateway: Message Content intent)."""
        readable = self.message_content if intents is None else bool(intents & 1 << 15)
        if readable or message["author"]["id"] == self.bot["id"]:
            return message
        return {**message, "content": "", "attachments": [], "embeds": []}

    def guild(self) -> Document:
        """The guild with its roles; @everyone has the guild's own id."""
        everyone = {
            "id": self.guild_id,
            "name": "@everyone",
            "permissions": str(self.permissions),
            "position": 0,
        }
        everyone.update(color=0, hoist=False, managed=False, mentionable=False)
        return {
            "id": self.guild_id,
            "name": "The guild",
            "owner_id": "1",
            "roles": [everyone],
            "premium_tier": self.premium_tier,
            "emojis": [],
            "features": [],
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "afk_timeout": 300,
            "nsfw_level": 0,
            "preferred_locale": "en-US",
            "system_channel_flags": 0,
            "premium_progress_bar_enabled": False,
            "stickers": [],
        }


def iso_now() -> str:
    """Now, the way the API writes times."""
    return datetime.now(timezone.utc).isoformat()
