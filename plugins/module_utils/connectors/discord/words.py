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
from ..unreadable import UNKNOWN
from .files import Where, attached, shown, waiting

_MENTION = re.compile(r"<@!?(\d{1,20})>")
_URL = 2048
_DEEPEST = 8
"""How deep forwards and components are followed; Discord nests them less."""


def lines_of(message: Foreign, where: Where = waiting, depth: int = 0) -> Iterator[str]:
    """What a message says, part by part; a part may have several lines, and none is empty.

    `where` says of each file where it is.
    """
    yield from (part for part in _parts(message, where, depth) if part.strip())


def content_of(message: Foreign) -> str:
    """The text with user ids in mentions replaced by names."""
    names = {user.identifier("id"): user.words("username") for user in message.objects("mentions")}

    def name(match: re.Match[str]) -> str:
        known = names.get(match.group(1), "")
        return f"@{known}" if known else match.group(0)

    return _MENTION.sub(name, message.text("content") or "")


def _parts(message: Foreign, where: Where, depth: int) -> Iterator[str]:
    content = content_of(message)
    yield content
    if depth < _DEEPEST:
        for snapshot in message.objects("message_snapshots"):
            yield from _forwarded(snapshot.object("message"), where, depth + 1)
    for embed in message.objects("embeds"):
        # The preview of a link is what somebody else wrote, and not what was said.
        if not content or embed.text("type") in ("rich", None):
            yield from _embed(embed)
    yield _poll(message.object("poll"))
    yield from _components(message.objects("components"), where, 0)
    for one in message.objects("attachments"):
        file = attached(one)
        yield file.describe(where(file))
    for sticker in message.objects("sticker_items"):
        yield f"[sticker: {sticker.words('name')}]"


def _forwarded(message: Foreign, where: Where, depth: int) -> Iterator[str]:
    """A forwarded message: every line is marked, since they are another's words."""
    parts = list(lines_of(message, where, depth)) or [UNKNOWN]
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


def _components(found: Iterable[Foreign], where: Where, depth: int) -> Iterator[str]:
    """The words in components: text displays, labels of buttons, descriptions, files and addresses of media."""
    for one in found if depth < _DEEPEST else ():
        yield from (one.text(key) or "" for key in ("content", "label", "description"))
        media = one.object("media") or one.object("file")
        file, address = shown(media), media.words("url", limit=_URL)
        yield file.describe(where(file)) if file else f"[media: {address}]" if address else ""
        below = (
            *one.objects("components"),
            *one.objects("items"),
            one.object("accessory"),
            one.object("component"),
        )
        yield from _components(filter(None, below), where, depth + 1)
