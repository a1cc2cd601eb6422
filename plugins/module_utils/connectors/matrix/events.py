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
from dataclasses import dataclass, replace
from typing import Any

from ..border import Foreign
from ..quoting import named
from ..times import iso_time
from ..types import InboundAnswer, InboundMessage, UnreadableMessage
from ..unreadable import UNKNOWN
from .words import (
    EMPTY,
    EXTENSIBLE,
    POLL_STARTS,
    poll_asked,
    reply_parts,
    said_of,
    spoken,
    text_in,
)

Event = Foreign

UNREADABLE = (
    "[an encrypted message, which this connector cannot read: it does not do end-to-end encryption. "
    "Use a room without encryption.]"
)
ENCRYPTED_NOTICE = (
    "The orchestrator's line does not do end-to-end encryption: a message that is encrypted cannot be read, and nothing "
    "but this sentence is said in an encrypted room. Please use a room without encryption."
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
    return event.identifier("event_id")


def timestamp_of(event: Event) -> int:
    """The server's time of an event in milliseconds since the epoch; 0 when it has none."""
    return max(event.number("origin_server_ts") or 0, 0)


def thread_of(event: Event) -> str | None:
    """The root of the thread an event is in, or None."""
    relation = event.object("content").object("m.relates_to")
    return relation.identifier("event_id") if relation.identifier("rel_type") == "m.thread" else None


def corrections(events: Iterable[Event | Mapping[str, Any]]) -> dict[str, dict[str, Event]]:
    """What the edits and redactions among `events` do to other events: by their id, and by who did it.

    Of one writer's a redaction outweighs every edit, and of the edits the last one wins. Whether the writer
    may is asked when the event is read: a stranger's edit takes no other's place.
    """
    found: dict[str, dict[str, Event]] = {}
    for one in events:
        event = Foreign(one)
        target, sender = _corrected_by(event), event.identifier("sender")
        if target is None or sender is None:
            continue
        by_sender = found.setdefault(target, {})
        if sender not in by_sender or not _is_redaction(by_sender[sender]):
            by_sender[sender] = event
    return found


def first_words(event: Event) -> str:
    """What an event says, as far as a quotation of it needs; empty for what says nothing by itself."""
    content = event.object("content")
    if not content or "state_key" in event or _is_edit(content):
        return ""
    kind = event.identifier("type")
    if kind in ("m.room.message", "m.sticker", *EXTENSIBLE):
        return reply_parts(spoken(content))[1]
    return poll_asked(content) if kind in POLL_STARTS else ""


def read_event(
    event: Event | Mapping[str, Any],
    *,
    correction: Mapping[str, Event] | None = None,
    quoted: Callable[[str], str | None] = lambda _id: None,
) -> Received | None:
    """The message an event carries, or None when there is nothing to hand over.

    `correction` are the edits and redactions of it that are known already, by who made them; `quoted` knows
    the first words of an event by its id, for what answers it.
    """
    event = Foreign(event)
    event_id, sender, kind = event_id_of(event), event.identifier("sender"), event.identifier("type")
    if event_id is None or sender is None or "state_key" in event:
        return None
    if kind == "m.room.encrypted":
        # An edit of what could not be read is no second message; its relation is not encrypted.
        return None if _is_edit(event.object("content")) else Received(_unreadable(event, sender))
    written = event.object("content")
    content = _corrected(event, written, (correction or {}).get(sender))
    if not content or _is_edit(content):
        return None
    if kind == "m.room.message":
        received = _read_message(event, sender, content, quoted)
    else:
        text = _other_words(kind or "", content, quoted)
        received = None if text is None else _received(event, sender, text)
        if received is not None and kind == "m.reaction":
            received = Received(_reaction(received.message, content))
    if received is None or content is written:
        return received
    return replace(received, message=replace(received.message, edited=True))


def edited_by(event: Event) -> str | None:
    """The message that an event edits; None for what is no edit."""
    content = event.object("content")
    return content.object("m.relates_to").identifier("event_id") if _is_edit(content) else None


def read_edit(event: Event) -> InboundMessage | None:
    """What an edited message reads by now; None where it has no words."""
    by_now, sender = event.object("content").object("m.new_content"), event.identifier("sender")
    if sender is None or by_now.text("body") is None:
        return None
    return _received(event, sender, reply_parts(spoken(by_now))[1]).message


def _read_message(
    event: Event, sender: str, content: Event, quoted: Callable[[str], str | None]
) -> Received | None:
    kind, said, media = content.identifier("msgtype") or "", spoken(content), None
    if kind.startswith("m.key.verification."):
        return None  # a device asks to be verified: nobody wrote that
    answered, quotation = _answered(event), ""
    if answered is not None:
        quotation, said = reply_parts(said)
    if kind in _MEDIA:
        media = _media(_MEDIA[kind], content)
        said = "" if said in (media.name, content.text("filename"), EMPTY, UNKNOWN) else said
    elif kind == "m.emote":
        said = f"* {said}"
    elif kind == "m.location":
        said = f"{said} [location: {content.words('geo_uri')}]"
    if answered is not None:
        said = f"[in reply to {named(answered, quoted(answered) or quotation)}]\n{said}".rstrip("\n")
    return _received(event, sender, said, media)


def _reaction(message: InboundMessage, content: Event) -> InboundAnswer:
    """A reaction as what it may be: the answer to the question that its target asks."""
    relation = content.object("m.relates_to")
    target, sign = relation.identifier("event_id"), relation.words("key", limit=64)
    return InboundAnswer(**{**vars(message), "reply_to": target}, choice=sign)


def _answered(event: Event) -> str | None:
    """The event that a message answers, by its original: an edit does not repeat it."""
    relation = event.object("content").object("m.relates_to")
    falling_back = relation.is_true("is_falling_back")
    return None if falling_back else relation.object("m.in_reply_to").identifier("event_id")


def _other_words(kind: str, content: Event, quoted: Callable[[str], str | None]) -> str | None:
    """What an event says that is no `m.room.message`; None where it says nothing."""
    if kind == "m.sticker":
        return f"[sticker: {content.words('body')}]"
    if kind in EXTENSIBLE:
        return text_in(content) or UNKNOWN
    if kind in POLL_STARTS:
        return poll_asked(content)
    target = content.object("m.relates_to").identifier("event_id")
    return None if target is None else said_of(kind, content, named(target, quoted(target)))


def _corrected_by(event: Event) -> str | None:
    """The event that an edit or a redaction corrects."""
    content = event.object("content")
    if _is_redaction(event):
        return content.identifier("redacts") or event.identifier("redacts")
    return edited_by(event)


def _is_redaction(event: Event) -> bool:
    return event.identifier("type") == "m.room.redaction"


def _is_edit(content: Event) -> bool:
    return content.object("m.relates_to").identifier("rel_type") == "m.replace"


def _received(event: Event, sender: str, text: str, media: Media | None = None) -> Received:
    message = InboundMessage(
        text=text,
        sender=sender,
        ts=iso_time(timestamp_of(event) / 1000),
        thread_id=thread_of(event),
        message_id=event_id_of(event),
        reply_to=_answered(event),
    )
    return Received(message, media)


def _unreadable(event: Event, sender: str) -> UnreadableMessage:
    return UnreadableMessage(**vars(_received(event, sender, UNREADABLE).message), notice=ENCRYPTED_NOTICE)


def _corrected(event: Event, content: Event, correction: Event | None) -> Event:
    """The content as its writer wants it by now; an empty one when it was taken back."""
    unsigned = event.object("unsigned")
    if not content or "redacted_because" in unsigned:
        return Foreign()
    latest = correction or unsigned.object("m.relations").object("m.replace")
    if latest.identifier("sender") != event.identifier("sender"):
        return content  # only who wrote a message may change it; a moderator's redaction the server applies
    if _is_redaction(latest):
        return Foreign()
    replacement = latest.object("content").object("m.new_content")
    return content if replacement.text("body") is None else replacement


def _media(what: str, content: Event) -> Media:
    info, sealed = content.object("info"), content.object("file")
    size = info.number("size")
    return Media(
        uri=(sealed if "url" in sealed else content).token("url") or "",
        name=content.words("filename") or content.words("body") or what,
        what=what,
        mimetype=info.identifier("mimetype"),
        size=size if size is not None and size >= 0 else None,
        encrypted=bool(sealed),
    )
