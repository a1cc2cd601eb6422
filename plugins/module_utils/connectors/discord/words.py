# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a Discord message, in whatever form they were written: pure functions, nothing is fetched.

What a person wrote is never dropped without a trace. Source: Discord API v10, "Message Object", "Embed Object",
"Poll Object", "Component Reference", "Message Snapshot".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..border import Foreign

UNKNOWN = "[a message of a kind that is not read]"
"""For a message whose words, if it has any, stand in a form that nobody here knows."""

_MENTION = re.compile(r"<@!?(\d{1,20})>")
_URL = 2048
_DEEPEST = 8
"""How deep forwards and components are followed; Discord nests them less."""


def lines_of(message: Foreign, depth: int = 0) -> Iterator[str]:
    """What a message says, part by part; a part may have several lines, and none is empty."""
    yield from (part for part in _parts(message, depth) if part.strip())


def content_of(message: Foreign) -> str:
    """The text with user ids in mentions replaced by names."""
    names = {user.identifier("id"): user.words("username") for user in message.objects("mentions")}

    def name(match: re.Match[str]) -> str:
        known = names.get(match.group(1), "")
        return f"@{known}" if known else match.group(0)

    return _MENTION.sub(name, message.text("content") or "")


def _parts(message: Foreign, depth: int) -> Iterator[str]:
    content = content_of(message)
    yield content
    if depth < _DEEPEST:
        for snapshot in message.objects("message_snapshots"):
            yield from _forwarded(snapshot.object("message"), depth + 1)
    for embed in message.objects("embeds"):
        # The preview of a link is what somebody else wrote, and not what was said.
        if not content or embed.text("type") in ("rich", None):
            yield from _embed(embed)
    yield _poll(message.object("poll"))
    yield from _components(message.objects("components"), 0)
    for file in message.objects("attachments"):
        size = file.number("size")
        told = (file.words("content_type"), f"{size} bytes" if size is not None else "")
        facts = ", ".join(fact for fact in told if fact)
        # The address is signed and holds for a day; it needs no token.
        yield f"[file: {file.words('filename')} ({facts}): {file.words('url', limit=_URL)}]"
    for sticker in message.objects("sticker_items"):
        yield f"[sticker: {sticker.words('name')}]"


def _forwarded(message: Foreign, depth: int) -> Iterator[str]:
    """A forwarded message: every line is marked, since they are another's words."""
    parts = list(lines_of(message, depth)) or [UNKNOWN]
    yield from (f"[forwarded] {line}" for part in parts for line in part.splitlines() if line.strip())


def _embed(embed: Foreign) -> Iterator[str]:
    yield from (embed.text(key) or "" for key in ("title", "description", "url"))
    for field in embed.objects("fields"):
        yield f"{field.text('name') or ''}: {field.text('value') or ''}"
    yield embed.object("footer").text("text") or ""


def _poll(poll: Foreign) -> str:
    if not poll:
        return ""
    question = poll.object("question").text("text") or UNKNOWN
    answers = (one.object("poll_media").text("text") or "" for one in poll.objects("answers"))
    return "\n".join([f"[poll] {question}", *(f"{number}. {one}" for number, one in enumerate(answers, 1))])


def _components(found: Iterable[Foreign], depth: int) -> Iterator[str]:
    """The words in components: text displays, labels of buttons, descriptions and addresses of media."""
    for one in found if depth < _DEEPEST else ():
        yield from (one.text(key) or "" for key in ("content", "label", "description"))
        address = (one.object("media") or one.object("file")).words("url", limit=_URL)
        yield f"[media: {address}]" if address else ""
        below = (
            *one.objects("components"),
            *one.objects("items"),
            one.object("accessory"),
            one.object("component"),
        )
        yield from _components(filter(None, below), depth + 1)
