# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a Discord message, in whatever form they were written: pure functions, nothing is fetched.

What a person wrote is never dropped without a trace. Source: Discord API v10, "Message Object", "Embed Object",
"Poll Object", "Component Reference", "Message Snapshot".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]

UNKNOWN = "[a message of a kind that is not read]"
"""For a message whose words, if it has any, stand in a form that nobody here knows."""

_MENTION = re.compile(r"<@!?(\d+)>")
_DEEPEST = 8
"""How deep forwards and components are followed; Discord nests them less."""


def lines_of(message: Document, depth: int = 0) -> Iterator[str]:
    """What a message says, part by part; a part may have several lines, and none is empty."""
    yield from (part for part in _parts(message, depth) if part.strip())


def content_of(message: Document) -> str:
    """The text with user ids in mentions replaced by names."""
    content = message.get("content")
    if not isinstance(content, str):
        return ""
    names = {str(user.get("id")): user.get("username") for user in listed(message.get("mentions"))}

    def name(match: re.Match[str]) -> str:
        known = names.get(match.group(1))
        return f"@{known}" if isinstance(known, str) else match.group(0)

    return _MENTION.sub(name, content)


def _parts(message: Document, depth: int) -> Iterator[str]:
    content = content_of(message)
    yield content
    if depth < _DEEPEST:
        for snapshot in listed(message.get("message_snapshots")):
            yield from _forwarded(mapping(snapshot.get("message")), depth + 1)
    for embed in listed(message.get("embeds")):
        # The preview of a link is what somebody else wrote, and not what was said.
        if not content or embed.get("type", "rich") == "rich":
            yield from _embed(embed)
    yield _poll(mapping(message.get("poll")))
    yield from _components(message.get("components"), 0)
    for file in listed(message.get("attachments")):
        facts = ", ".join(str(file[key]) for key in ("content_type",) if file.get(key))
        size = f"{file.get('size')} bytes"
        # The address is signed and holds for a day; it needs no token.
        yield f"[file: {file.get('filename')} ({facts + ', ' if facts else ''}{size}): {file.get('url')}]"
    for sticker in listed(message.get("sticker_items")):
        yield f"[sticker: {sticker.get('name')}]"


def _forwarded(message: Document, depth: int) -> Iterator[str]:
    """A forwarded message: every line is marked, since they are another's words."""
    parts = list(lines_of(message, depth)) or [UNKNOWN]
    yield from (f"[forwarded] {line}" for part in parts for line in part.splitlines() if line.strip())


def _embed(embed: Document) -> Iterator[str]:
    for key in ("title", "description", "url"):
        if isinstance(embed.get(key), str):
            yield embed[key]
    for field in listed(embed.get("fields")):
        yield f"{field.get('name')}: {field.get('value')}"
    footer = mapping(embed.get("footer")).get("text")
    yield footer if isinstance(footer, str) else ""


def _poll(poll: Document) -> str:
    question = mapping(poll.get("question")).get("text")
    if not poll:
        return ""
    answers = [mapping(one.get("poll_media")).get("text") for one in listed(poll.get("answers"))]
    listing = [f"{number}. {one}" for number, one in enumerate(answers, 1)]
    return "\n".join([f"[poll] {question if isinstance(question, str) else UNKNOWN}", *listing])


def _components(value: Any, depth: int) -> Iterator[str]:
    """The words in components: text displays, labels of buttons, descriptions and addresses of media."""
    for one in listed(value) if depth < _DEEPEST else []:
        for key in ("content", "label", "description"):
            if isinstance(one.get(key), str):
                yield one[key]
        address = mapping(one.get("media") or one.get("file")).get("url")
        yield f"[media: {address}]" if isinstance(address, str) else ""
        for key in ("components", "items"):
            yield from _components(one.get(key), depth + 1)
        yield from _components([one.get("accessory"), one.get("component")], depth + 1)


def listed(value: Any) -> list[Document]:
    """The mappings in a list; empty for anything else."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def mapping(value: Any) -> Document:
    """`value` if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}
