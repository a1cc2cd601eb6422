# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fake Slack knows: one workspace, one channel, its messages, files and users."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

Document = dict[str, Any]

BOT_SCOPES = (
    *(
        "chat:write",
        "channels:history",
        "channels:read",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
    ),
    *("files:read", "files:write", "users:read", "reactions:write"),
)


class Refused(Exception):
    """An error of the API, in Slack's own word."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.body = {"ok": False, "error": error, **more}


class World:
    """The workspace; its attributes are there to be changed."""

    def __init__(self) -> None:
        self.app_token = "xapp-1-A0123456789-1234567890-fake"
        self.bot_token = "xoxb-1234567890-1234567890-fakefakefake"
        self.scopes = list(BOT_SCOPES)
        self.app_scopes = ["connections:write"]
        self.channel_id = "C0123456789"
        self.bot = {"user_id": "U0BOTBOTBOT", "bot_id": "B0123456789", "name": "mosaic"}
        self.users = {"U0OPERATOR1": "alice", "U0STRANGER1": "mallory", self.bot["user_id"]: "mosaic"}
        self.is_member = True
        self.is_archived = False
        self.is_private = False
        self.messages: list[Document] = []
        """All messages of the channel, replies included, the earliest first."""
        self.others: dict[str, list[Document]] = {}
        """The messages of other places that the bot may write to: other channels, and what is said to it alone."""
        self.files: dict[str, tuple[Document, bytes]] = {}
        self.publish: Callable[[Document], None] = lambda _event: None
        self.base_url = ""
        self._last = 0

    def stamp(self) -> str:
        """A `ts` that no other message has."""
        self._last = max(self._last + 1, int(time.time() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def add(self, text: str, *, thread: str | None = None, silent: bool = False, **more: Any) -> Document:
        """A message appears in the channel, or in a thread of it; `silent` keeps it from the sockets."""
        message: Document = {
            "type": "message",
            "text": text,
            "ts": self.stamp(),
            "team": "T0123456789",
            **more,
        }
        if thread is not None:
            message["thread_ts"] = thread
            root = self.find(thread)
            if root is not None:
                root |= {
                    "thread_ts": thread,
                    "reply_count": root.get("reply_count", 0) + 1,
                    "latest_reply": message["ts"],
                }
        self.messages.append(message)
        if not silent:
            shown = {key: value for key, value in message.items() if key != "metadata"}
            self.publish(
                {**shown, "channel": self.channel_id, "channel_type": "channel", "event_ts": message["ts"]}
            )
        return message

    def add_elsewhere(self, place: str, text: str, user: str) -> None:
        """Somebody writes in another channel, or to the bot alone (`D…`)."""
        message = {"type": "message", "text": text, "user": user, "ts": self.stamp()}
        self.others.setdefault(place, []).append(message)
        kind = "im" if place.startswith("D") else "channel"
        self.publish({**message, "channel": place, "channel_type": kind, "event_ts": message["ts"]})

    def find(self, stamp: str) -> Document | None:
        """The message of a `ts`."""
        return next((one for one in self.messages if one["ts"] == stamp), None)

    def edit(self, stamp: str, text: str) -> None:
        """A message is edited by its writer."""
        message = self.find(stamp)
        assert message is not None
        before = dict(message)
        message |= {"text": text, "edited": {"user": message["user"], "ts": self.stamp()}}
        self._change("message_changed", message=dict(message), previous_message=before)

    def delete(self, stamp: str) -> None:
        """A message is deleted."""
        self.messages = [one for one in self.messages if one["ts"] != stamp]
        self._change("message_deleted", deleted_ts=stamp)

    def _change(self, subtype: str, **more: Any) -> None:
        stamp = self.stamp()
        event = {"type": "message", "subtype": subtype, "hidden": True, "channel": self.channel_id, **more}
        self.publish({**event, "ts": stamp, "event_ts": stamp, "channel_type": "channel"})

    def file(self, name: str, data: bytes, mimetype: str = "text/plain", **more: Any) -> Document:
        """A file that stands on Slack."""
        number = f"F{len(self.files):010d}"
        address = f"{self.base_url}/files-pri/{number}/{name}"
        document = {
            **{"id": number, "name": name, "title": name, "mimetype": mimetype, "size": len(data)},
            **{"mode": "hosted", "url_private": address, "url_private_download": address, **more},
        }
        self.files[number] = (document, data)
        return document
