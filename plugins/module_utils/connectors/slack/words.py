# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a Slack message: mentions, links and entities made readable, in whatever form they were written.

Pure functions, nothing is fetched. Source: Slack, "Formatting text for app surfaces" (escaping, links, mentions,
dates), "Secondary message attachments", "File object".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..border import Foreign
from ..unreadable import UNKNOWN

_REFERENCE = re.compile(r"<([^<>\n]+)>")
_USER = re.compile(r"<@([UW][A-Z0-9]{1,30})>")
_LINK = re.compile(r"(?:https?|ftp|mailto|tel|slack):", re.IGNORECASE)


def mentioned(message: Foreign) -> tuple[str, ...]:
    """The ids of the users who are named in a message by id alone."""
    return tuple(dict.fromkeys(_USER.findall(message.text("text") or "")))


def readable(text: str, names: Mapping[str, str]) -> str:
    """A text of Slack's as a person reads it; `names` are those of users by their ids."""
    shown = _REFERENCE.sub(lambda match: _shown(match[1], names), text)
    # The entities last and in this order, so that what was escaped becomes no reference and no second entity.
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def lines_of(message: Foreign, names: Mapping[str, str]) -> Iterator[str]:
    """What a message says, part by part; a part may have several lines, and none is empty."""
    text = readable(message.text("text") or "", names)
    if text.strip():
        yield text
    for one in message.objects("attachments"):
        yield from _attached(one, names, preview_too=not text.strip())


def _attached(one: Foreign, names: Mapping[str, str], *, preview_too: bool) -> Iterator[str]:
    """A forwarded message, every line marked, since they are another's words; a link's preview only in need."""
    forwarded = one.is_true("is_share") or one.is_true("is_msg_unfurl")
    if not (forwarded or preview_too):
        return
    told = [readable(one.text(key) or "", names) for key in ("pretext", "title", "text")]
    said = [line for part in told for line in part.splitlines() if line.strip()]
    if not said and one.text("fallback"):
        said = [readable(one.words("fallback"), names)]
    yield from (f"[forwarded] {line}" if forwarded else line for line in said or [UNKNOWN])


def _shown(inner: str, names: Mapping[str, str]) -> str:
    target, behind, label = inner.partition("|")
    if target.startswith("@"):
        return f"@{label or names.get(target[1:]) or target[1:]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!subteam^"):
        return f"@{(label or target.partition('^')[2]).lstrip('@')}"
    if target.startswith("!"):
        # A date has its words behind the bar; @here, @channel and @everyone are their own.
        return label or f"@{target[1:].partition('^')[0]}"
    if not behind or label in (target, target.partition(":")[2], target.partition("://")[2]):
        return label or target if _LINK.match(target) else f"&lt;{inner}&gt;"
    return f"{label} ({target})"
