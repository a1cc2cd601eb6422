# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a Slack message to one for the orchestrator: pure functions, nothing is fetched.

Source: Slack, "Message event" and its subtypes, "File object".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..border import Foreign
from ..times import iso_time
from ..types import InboundMessage
from ..unreadable import UNKNOWN
from .stamps import number_of, time_of
from .words import lines_of

_WRITTEN_BY_SOMEBODY = (None, "file_share", "thread_broadcast", "me_message")
"""The subtypes of what a person writes: every other one is Slack's own notice (somebody joined, a topic)."""


_HIDDEN = {"tombstone": "it was deleted", "hidden_by_limit": "hidden by the workspace's limit"}
"""Modes of a file that is not to be had, and why."""


@dataclass(frozen=True)
class File:
    """A file that came with a message; `url` needs the bot's token."""

    id: str
    name: str
    mimetype: str
    size: int | None
    url: str | None
    hidden: str = ""
    """Why it is not to be had, in words."""

    def describe(self, where: str) -> str:
        """One line for the orchestrator; `where` is a path, or says why there is none."""
        facts = ", ".join(
            filter(None, (self.mimetype, f"{self.size} bytes" if self.size is not None else ""))
        )
        return f"[file: {self.name}{f' ({facts})' if facts else ''}: {where}]"


def author_of(message: Foreign) -> str | None:
    """The user id of who wrote a message; None for a bot, and for something that is no message of somebody."""
    if message.identifier("bot_id") is not None or message.identifier("subtype") not in _WRITTEN_BY_SOMEBODY:
        return None
    return message.identifier("user")


def thread_of(message: Foreign) -> str | None:
    """The `ts` of the thread a message was written in; None for one in the channel itself, replied to or not."""
    thread = message.identifier("thread_ts")
    return thread if thread != message.identifier("ts") and number_of(thread) is not None else None


def read_message(
    message: Foreign, names: Mapping[str, str], places: Mapping[str, str]
) -> InboundMessage | None:
    """The message for the handler, or None when there is nothing to hand over.

    `names` are those of users, and `places` say where files are, both by id.
    """
    number, sender = number_of(message.identifier("ts")), author_of(message)
    if number is None or sender is None:
        return None
    said = list(lines_of(message, names))
    told = [file.describe(file.hidden or places.get(file.id) or "on Slack") for file in files_of(message)]
    return InboundMessage(
        text="\n".join([*said, *told] or [UNKNOWN]),
        sender=sender,
        ts=iso_time(time_of(number)),
        thread_id=thread_of(message),
        message_id=message.identifier("ts"),
        edited=bool(message.object("edited")),
    )


def files_of(message: Foreign) -> Iterator[File]:
    """The files that came with a message, those that are gone included."""
    for one in message.objects("files"):
        mode = one.identifier("mode")
        hidden = _HIDDEN.get(mode or "", "")
        if mode == "external":
            hidden = f"elsewhere, {one.words('url_private', limit=2048)}"
        yield File(
            id=one.identifier("id") or "",
            name=one.words("name") or one.words("title") or "file",
            mimetype=one.words("mimetype", limit=100),
            size=one.number("size"),
            url=one.token("url_private_download") or one.token("url_private"),
            hidden=hidden,
        )
