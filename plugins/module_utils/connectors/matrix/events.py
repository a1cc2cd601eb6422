# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a Matrix event to a message for the orchestrator: pure functions, nothing is fetched.

An edit is never a new command; what it corrects is corrected when it is still waiting, and so is
what a redaction takes back. Source: Matrix client-server API v1.11, "Instant messaging",
"Event replacements", "Redactions", "Threading".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..times import iso_time
from ..types import InboundMessage

Event = Mapping[str, Any]

UNREADABLE = (
    "[an encrypted message, which this connector cannot read: it does not do end-to-end encryption. "
    "Use a room without encryption.]"
)
_MEDIA = {"m.image": "image", "m.file": "file", "m.audio": "audio", "m.video": "video"}


@dataclass(frozen=True)
class Media:
    """A file that came with a message: an `mxc://` reference and what the sender says about it."""

    uri: str
    name: str
    what: str
    mimetype: str | None = None
    size: int | None = None
    encrypted: bool = False

    def describe(self, where: str) -> str:
        """One line for the orchestrator; `where` is a path, or says why there is none."""
        facts = ", ".join(
            fact for fact in (self.mimetype, f"{self.size} bytes" if self.size is not None else None) if fact
        )
        return f"[{self.what}: {self.name}{f' ({facts})' if facts else ''}: {where}]"


@dataclass(frozen=True)
class Received:
    """A message ready for the handler but for its file, which is still on the server."""

    message: InboundMessage
    media: Media | None = None


def event_id_of(event: Event) -> str | None:
    """The id of an event, or None for something that is no event."""
    found = event.get("event_id") if isinstance(event, Mapping) else None
    return found if isinstance(found, str) and found else None


def timestamp_of(event: Event) -> int:
    """The server's time of an event in milliseconds since the epoch; 0 when it has none."""
    found = event.get("origin_server_ts")
    return found if isinstance(found, int) and 0 <= found < 2**53 else 0


def thread_of(event: Event) -> str | None:
    """The root of the thread an event is in, or None."""
    relation = _mapping(_content(event).get("m.relates_to"))
    root = relation.get("event_id")
    return root if relation.get("rel_type") == "m.thread" and isinstance(root, str) else None


def corrections(events: Iterable[Event]) -> dict[str, Event]:
    """What the edits and redactions among `events` do to other events: by their id, the last one wins."""
    found: dict[str, Event] = {}
    for event in events:
        content = _content(event)
        relation = _mapping(content.get("m.relates_to"))
        target: Any = None
        if event.get("type") == "m.room.redaction":
            target = content.get("redacts") or event.get("redacts")
        elif relation.get("rel_type") == "m.replace":
            target = relation.get("event_id")
        if isinstance(target, str):
            found[target] = event
    return found


def read_event(event: Event, *, correction: Event | None = None) -> Received | None:
    """The message an event carries, or None when there is nothing to hand over.

    `correction` is an edit or a redaction of it that is known already.
    """
    event_id, sender, kind = event_id_of(event), event.get("sender"), event.get("type")
    if event_id is None or not isinstance(sender, str) or "state_key" in event:
        return None
    if kind == "m.room.encrypted":
        return _received(event, sender, UNREADABLE)
    if kind not in ("m.room.message", "m.sticker"):
        return None
    content = _corrected(event, sender, correction)
    if content is None or _mapping(content.get("m.relates_to")).get("rel_type") == "m.replace":
        return None
    if kind == "m.sticker":
        return _received(event, sender, f"[sticker: {content.get('body')}]")
    return _read_message(event, sender, content)


def _read_message(event: Event, sender: str, content: Event) -> Received | None:
    body, kind = content.get("body"), content.get("msgtype")
    if not isinstance(body, str):
        return None
    if kind in _MEDIA:
        media = _media(_MEDIA[kind], content, body)
        caption = body if media.name != body else ""
        return _received(event, sender, caption, media)
    if kind == "m.emote":
        return _received(event, sender, f"* {body}")
    if kind == "m.location":
        return _received(event, sender, f"{body} [location: {content.get('geo_uri')}]")
    return _received(event, sender, _without_reply_fallback(body, content))


def _received(event: Event, sender: str, text: str, media: Media | None = None) -> Received:
    message = InboundMessage(
        text=text,
        sender=sender,
        ts=iso_time(timestamp_of(event) / 1000),
        thread_id=thread_of(event),
        message_id=event_id_of(event),
    )
    return Received(message, media)


def _corrected(event: Event, sender: str, correction: Event | None) -> Event | None:
    """The content in force, or None when it was taken back."""
    content = _content(event)
    unsigned = _mapping(event.get("unsigned"))
    if not content or "redacted_because" in unsigned:
        return None
    bundled = _mapping(_mapping(unsigned.get("m.relations")).get("m.replace"))
    latest = correction if correction is not None else bundled
    if not latest or latest.get("sender") != sender:
        return content  # only who wrote a message may change it; a moderator's redaction the server applies
    if latest.get("type") == "m.room.redaction":
        return None
    replacement = _mapping(_content(latest).get("m.new_content"))
    return replacement if isinstance(replacement.get("body"), str) else content


def _media(what: str, content: Event, body: str) -> Media:
    info, sealed = _mapping(content.get("info")), _mapping(content.get("file"))
    uri, name = sealed.get("url", content.get("url")), content.get("filename")
    mimetype, size = info.get("mimetype"), info.get("size")
    return Media(
        uri=uri if isinstance(uri, str) else "",
        name=name if isinstance(name, str) and name else body,
        what=what,
        mimetype=mimetype if isinstance(mimetype, str) else None,
        size=size if isinstance(size, int) and size >= 0 else None,
        encrypted=bool(sealed),
    )


def _without_reply_fallback(body: str, content: Event) -> str:
    """`body` without the quotation that older clients put above a reply (Matrix v1.12, "Fallbacks")."""
    relation = _mapping(content.get("m.relates_to"))
    if not relation.get("m.in_reply_to") or not body.startswith(("> <", "> * <")):
        return body
    lines = body.split("\n")
    first = next((number for number, line in enumerate(lines) if not line.startswith(">")), len(lines))
    return "\n".join(lines[first + 1 if first < len(lines) and not lines[first] else first :])


def _content(event: Event) -> Event:
    return _mapping(event.get("content")) if isinstance(event, Mapping) else {}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
