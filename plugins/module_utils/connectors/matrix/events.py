# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a Matrix event to a message for the orchestrator: pure functions, nothing is fetched.

An edit is never a new command; what it corrects is corrected when it is still waiting, and so is
what a redaction takes back. Source: Matrix client-server API v1.11, "Instant messaging",
"Event replacements", "Redactions", "Threading".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..quoting import named
from ..times import iso_time
from ..types import InboundMessage, UnreadableMessage
from .words import (
    EMPTY,
    EXTENSIBLE,
    POLL_STARTS,
    UNKNOWN,
    poll_asked,
    reply_parts,
    said_of,
    spoken,
    text_in,
)

Event = Mapping[str, Any]

UNREADABLE = (
    "[an encrypted message, which this connector cannot read: it does not do end-to-end encryption. "
    "Use a room without encryption.]"
)
ENCRYPTED_NOTICE = (
    "This room is encrypted, and the orchestrator's line does not do end-to-end encryption: what you write here "
    "cannot be read, and what comes from me is not encrypted. Please use a room without encryption."
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


def first_words(event: Event) -> str:
    """What an event says, as far as a quotation of it needs; empty for what says nothing by itself."""
    content = _content(event)
    if not content or "state_key" in event or _relation(content).get("rel_type") == "m.replace":
        return ""
    kind = event.get("type")
    if kind in ("m.room.message", "m.sticker", *EXTENSIBLE):
        return reply_parts(spoken(content))[1]
    return poll_asked(content) if kind in POLL_STARTS else ""


def read_event(
    event: Event, *, correction: Event | None = None, quoted: Callable[[str], str | None] = lambda _id: None
) -> Received | None:
    """The message an event carries, or None when there is nothing to hand over.

    `correction` is an edit or a redaction of it that is known already; `quoted` knows the first words of
    an event by its id, for what answers it.
    """
    event_id, sender, kind = event_id_of(event), event.get("sender"), event.get("type")
    if event_id is None or not isinstance(sender, str) or "state_key" in event:
        return None
    if kind == "m.room.encrypted":
        # An edit of what could not be read is no second message; its relation is not encrypted.
        edited = _relation(_content(event)).get("rel_type") == "m.replace"
        return None if edited else Received(_unreadable(event, sender))
    content = _corrected(event, sender, correction)
    if content is None or _relation(content).get("rel_type") == "m.replace":
        return None
    if kind == "m.room.message":
        return _read_message(event, sender, content, quoted)
    text = _other_words(str(kind), content, quoted)
    return None if text is None else _received(event, sender, text)


def _read_message(
    event: Event, sender: str, content: Event, quoted: Callable[[str], str | None]
) -> Received | None:
    kind, said, media = content.get("msgtype"), spoken(content), None
    if isinstance(kind, str) and kind.startswith("m.key.verification."):
        return None  # a device asks to be verified: nobody wrote that
    relation = _relation(_content(event))  # an edit does not repeat what the message answers
    answered = None if relation.get("is_falling_back") is True else _answered_id(relation)
    quotation = ""
    if answered is not None:
        quotation, said = reply_parts(said)
    if isinstance(kind, str) and kind in _MEDIA:
        media = _media(_MEDIA[kind], content)
        said = "" if said in (media.name, EMPTY, UNKNOWN) else said
    elif kind == "m.emote":
        said = f"* {said}"
    elif kind == "m.location":
        said = f"{said} [location: {content.get('geo_uri')}]"
    if answered is not None:
        said = f"[in reply to {named(answered, quoted(answered) or quotation)}]\n{said}".rstrip("\n")
    return _received(event, sender, said, media)


def _other_words(kind: str, content: Event, quoted: Callable[[str], str | None]) -> str | None:
    """What an event says that is no `m.room.message`; None where it says nothing."""
    if kind == "m.sticker":
        return f"[sticker: {content.get('body')}]"
    if kind in EXTENSIBLE:
        return text_in(content) or UNKNOWN
    if kind in POLL_STARTS:
        return poll_asked(content)
    target = _relation(content).get("event_id")
    return said_of(kind, content, named(target, quoted(target))) if isinstance(target, str) else None


def _answered_id(relation: Event) -> str | None:
    found = _mapping(relation.get("m.in_reply_to")).get("event_id")
    return found if isinstance(found, str) and found else None


def _received(event: Event, sender: str, text: str, media: Media | None = None) -> Received:
    message = InboundMessage(
        text=text,
        sender=sender,
        ts=iso_time(timestamp_of(event) / 1000),
        thread_id=thread_of(event),
        message_id=event_id_of(event),
    )
    return Received(message, media)


def _unreadable(event: Event, sender: str) -> UnreadableMessage:
    return UnreadableMessage(**vars(_received(event, sender, UNREADABLE).message), notice=ENCRYPTED_NOTICE)


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


def _media(what: str, content: Event) -> Media:
    info, sealed = _mapping(content.get("info")), _mapping(content.get("file"))
    uri, name = sealed.get("url", content.get("url")), content.get("filename")
    mimetype, size, body = info.get("mimetype"), info.get("size"), content.get("body")
    named_by_body = body if isinstance(body, str) and body.strip() else what
    return Media(
        uri=uri if isinstance(uri, str) else "",
        name=name if isinstance(name, str) and name else named_by_body,
        what=what,
        mimetype=mimetype if isinstance(mimetype, str) else None,
        size=size if isinstance(size, int) and size >= 0 else None,
        encrypted=bool(sealed),
    )


def _relation(content: Event) -> Event:
    return _mapping(content.get("m.relates_to"))


def _content(event: Event) -> Event:
    return _mapping(event.get("content")) if isinstance(event, Mapping) else {}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
