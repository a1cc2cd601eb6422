# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of an event's content, whatever form they were written in: pure functions, nothing is fetched.

What a person wrote is never dropped without a trace: what has no words that can be read says so.
Source: Matrix client-server API v1.11, "m.room.message msgtypes"; MSC3381 (polls), MSC1767 (extensible events).
"""

from __future__ import annotations

import re

from ..border import Foreign
from ..unreadable import UNKNOWN
from .markdown import unescaped

EMPTY = "[an empty message]"
"""For a message that has neither text nor HTML."""

POLL_STARTS = ("m.poll.start", "org.matrix.msc3381.poll.start")
POLL_VOTES = ("m.poll.response", "org.matrix.msc3381.poll.response")
POLL_ENDS = ("m.poll.end", "org.matrix.msc3381.poll.end")
EXTENSIBLE = ("m.message", "org.matrix.msc1767.message")
"""Types of events, each as it is specified and as clients named it before it was."""

_TEXT_KEYS = ("m.text", "org.matrix.msc1767.text", "org.matrix.msc1767.message", "body")
# What clients before Matrix 1.13 put above a reply: its author's full id in angle brackets, then a blank line.
_QUOTED_REPLY = re.compile(
    r"> (?:\* )?<@[^:>\s]+:[^>\s]+>(?P<first>[^\n]*)\n(?P<more>(?:>[^\n]*\n)*)\n(?=\s*\S)"
)
_TAG = re.compile(r"<[^<>]*>")
_BREAK = re.compile(r"</?(?:br|p|div|li|tr|pre|blockquote|h[1-6]|hr)\b[^<>]*>", re.IGNORECASE)


def spoken(content: Foreign) -> str:
    """The words of a message's content: its body, else its HTML's; `EMPTY` where neither has any."""
    body = content.text("body")
    if body and body.strip():
        return body
    plain = _without_tags(content.text("formatted_body") or "")
    return plain or text_in(content) or (UNKNOWN if body is None else EMPTY)


def text_in(content: Foreign) -> str:
    """The plain text of an extensible event, or of a part of one; empty where there is none."""
    for key in _TEXT_KEYS:
        parts = (one.text("body") for one in content.objects(key) if one.text("mimetype") != "text/html")
        for found in (content.text(key), *parts):
            if found and found.strip():
                return found
    return ""


def poll_asked(content: Foreign) -> str:
    """A poll as text: its question, and its answers in a numbered list."""
    poll = content.object("m.poll" if "m.poll" in content else POLL_STARTS[1])
    question = text_in(poll.object("question"))
    if not question:
        return f"[poll] {text_in(content) or UNKNOWN}"
    answers = map(text_in, poll.objects("answers"))
    return "\n".join([f"[poll] {question}", *(f"{number}. {one}" for number, one in enumerate(answers, 1))])


def said_of(kind: str, content: Foreign, target: str) -> str | None:
    """What a reaction, a vote or the end of a poll says of `target`; None for any other kind of event."""
    sign = content.object("m.relates_to").words("key", limit=64)
    if kind == "m.reaction" and sign:
        return f"[reaction {sign} to {target}]"
    if kind in POLL_VOTES:
        return f"[vote in the poll {target}]\n{', '.join(_votes(content)) or 'withdrawn'}"
    if kind in POLL_ENDS:
        return f"[the poll {target} is closed]\n{text_in(content)}".rstrip("\n")
    return None


def _votes(content: Foreign) -> tuple[str, ...]:
    """The ids of the answers that a vote in a poll names."""
    if content.has_list("m.selections"):
        return content.identifiers("m.selections")
    return content.object(POLL_VOTES[1]).identifiers("answers")


def reply_parts(body: str) -> tuple[str, str]:
    """`body` as the quotation that older clients put above a reply, and the reply; the first is empty without one."""
    quoted = _QUOTED_REPLY.match(body)
    if quoted is None:
        return "", body
    more = (line.removeprefix(">").strip() for line in quoted["more"].splitlines())
    return " ".join([quoted["first"].strip(), *more]).strip(), body[quoted.end() :]


def _without_tags(html: str) -> str:
    """The text of HTML, without the quotation above a reply; each pattern takes time that grows with the text."""
    own = html.rpartition("</mx-reply>")[2]
    lines = unescaped(_TAG.sub("", _BREAK.sub("\n", own))).split("\n")
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)
