# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes out: a message cut into the posts it takes, each with an id of its own in its metadata.

Source: Slack Web API, "chat.postMessage" (length, metadata).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from ..border import Foreign
from ..characters import storable
from ..split import split_text
from .mrkdwn import mrkdwn
from .questions import blocks

MAX_CHARACTERS = 4000
"""Slack recommends no more in a text, and splits longer ones by itself, where it likes; what is beyond 40,000 it
drops. The 3,000 of a block would bring nothing but more posts."""

EVENT_TYPE = "mosaic_connectors_message"


@dataclass(frozen=True)
class Post:
    """One message as Slack takes it."""

    nonce: str
    text: str
    """In mrkdwn."""
    buttons: tuple[tuple[str, str], ...] = ()

    def body(self, channel_id: str, thread: str | None) -> dict[str, Any]:
        """The arguments of the call: nobody is pinged by a name, and no link is unfolded."""
        body: dict[str, Any] = {
            "channel": channel_id,
            "text": self.text,
            "mrkdwn": True,
            "parse": "none",
            "link_names": False,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"id": self.nonce}},
        }
        if self.buttons:
            body["blocks"] = blocks(self.text, self.buttons)
        return body if thread is None else {**body, "thread_ts": thread}


def posts_of(text: str, transaction_id: str) -> list[Post]:
    """The posts that carry a text; the same text under the same id makes the same posts."""
    pieces = split_text(storable(text), fits) if text.strip() else []
    return [Post(nonce_of(transaction_id, number), mrkdwn(piece)) for number, piece in enumerate(pieces)]


def nonce_of(transaction_id: str, number: int) -> str:
    """What marks the part of that number of a message."""
    # 128 bits do not meet by chance.
    return hashlib.sha256(f"{transaction_id}\0{number}".encode()).hexdigest()[:32]


def nonce_in(message: Foreign) -> str | None:
    """What marks a message of the history as a post of ours; None for any other message."""
    metadata = message.object("metadata")
    if metadata.identifier("event_type") != EVENT_TYPE:
        return None
    return metadata.object("event_payload").identifier("id")


def fits(text: str) -> bool:
    """Whether a text is one post."""
    # The shorter question first: what is written out is never asked about more than a post.
    return len(text) <= MAX_CHARACTERS and len(mrkdwn(text)) <= MAX_CHARACTERS
