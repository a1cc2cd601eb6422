# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes into an event: text with its HTML, files with their facts, and the place in a thread.

Source: Matrix client-server API v1.11, "m.room.message msgtypes", "Threading", "Mentions".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ..characters import storable
from ..split import split_text
from ..types import OutboundMessage
from .markdown import render

Content = dict[str, Any]

MAX_CONTENT_BYTES = 60_000
"""Bytes of an event's content. A whole event may have 65,536, its ids, hashes and signatures included."""

MAX_BODY_BYTES = 28_000
"""Bytes of one event's body, so that its HTML, mostly a little longer, has room beside it."""

TRANSACTION_KEY = "org.mosaic.transaction_id"
"""Our own mark in the content, for finding a message that the server's own memory has forgotten."""


QUESTION_KEY = "org.mosaic.question"
"""Our own mark in the content of a message that asks a question: the question's id."""


@dataclass(frozen=True)
class ContentMessage(OutboundMessage):
    """A message whose event has further keys in its content."""

    further: Content = field(default_factory=dict, compare=False)


def text_contents(text: str) -> list[Content]:
    """The contents of the events that carry `text`: one, or several when it is long.

    NUL and lone surrogates, which no server can store, become the replacement character.
    """
    return [_text_content(piece) for piece in split_text(storable(text), fits)]


def file_content(
    uri: str, name: str, mimetype: str, size: int, dimensions: tuple[int, int] | None
) -> Content:
    """The content of the event that carries an uploaded file; `dimensions` are width and height."""
    info: Content = {"mimetype": mimetype, "size": size}
    kind = mimetype.partition("/")[0]
    if dimensions is not None:
        info["w"], info["h"] = dimensions
    msgtype = f"m.{kind}" if kind in ("image", "audio", "video") else "m.file"
    return {"msgtype": msgtype, "body": name, "filename": name, "url": uri, "info": info, "m.mentions": {}}


def in_thread(content: Content, root: str | None, latest: str | None) -> Content:
    """`content` placed in the thread of `root`; clients without threads see a reply to `latest`."""
    if root is None:
        return content
    relation = {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": latest or root},
    }
    return {**content, "m.relates_to": relation}


def size_of(content: Content) -> int:
    """Bytes that `content` takes in canonical JSON."""
    return len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def _text_content(text: str) -> Content:
    # The empty m.mentions says that nothing in the text is meant to ring anybody's bell.
    content: Content = {"msgtype": "m.text", "body": text, "m.mentions": {}}
    html = render(text)
    # Markup that swells beyond the event's limit is left to the plain body, which says the same.
    if html is not None and size_of({"html": html}) <= MAX_CONTENT_BYTES - MAX_BODY_BYTES - 1000:
        content |= {"format": "org.matrix.custom.html", "formatted_body": html}
    return content


def fits(text: str) -> bool:
    """Whether a text is the body of one event."""
    return len(text) <= MAX_BODY_BYTES and size_of({"body": text}) <= MAX_BODY_BYTES
