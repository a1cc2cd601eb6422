# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the local socket can be asked for."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from typing import Any

from ..border import identifier, token
from ..ending import within
from ..errors import QueueFullError, StateError
from ..store.writer import write
from ..types import InboundMessage, ObstructedHealth, OutboundMessage
from .audit import Audit
from .counters import Counters
from .deliver import Deliverer
from .dispatch import Dispatcher
from .hooks import Hooks
from .inbox import Inbox
from .monitor import Monitor
from .outbox import Outbox, OutboxLine
from .questions import Questions
from .recent import RecentErrors
from .samples import Samples
from .server import Caller, Operation, Reply, RequestError
from .session import look_at_session
from .spool import Spool

logger = logging.getLogger(__name__)

MAX_WAIT = 3600.0
MOST_ENTRIES = 1_000
"""Entries of the audit record in one answer."""
MOST_ATTACHMENTS = 100
"""Files and addresses of one message: each is a request of its own to the channel."""
# It goes into addresses, names of files and lines of the log.
_TRANSACTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
LISTENER_BACKLOG = 1_000
TRANSFER_TIMEOUT = 30.0
"""Seconds that a sender may pause in the middle of a file."""


class Operations:
    """The operations, over the parts of one bridge."""

    def __init__(
        self,
        *,
        kind: str,
        inbox: Inbox,
        outbox: Outbox,
        deliverer: Deliverer,
        dispatcher: Dispatcher,
        monitor: Monitor,
        counters: Counters,
        spool: Spool,
        recent: RecentErrors,
        audit: Audit,
        questions: Questions,
        samples: Samples,
        hooks: Hooks,
        helpers: Callable[[], dict[str, str | None]],
        max_message_bytes: int,
        max_attachment_bytes: int,
    ) -> None:
        self.kind = kind
        self.inbox = inbox
        self.outbox = outbox
        self.deliverer = deliverer
        self.dispatcher = dispatcher
        self.monitor = monitor
        self.counters = counters
        self.spool = spool
        self.recent = recent
        self.audit = audit
        self.questions = questions
        self.samples = samples
        self.hooks = hooks
        self.helpers = helpers
        self.max_message_bytes = max_message_bytes
        self.max_attachment_bytes = max_attachment_bytes
        self._listeners: set[asyncio.Queue[InboundMessage]] = set()

    def table(self) -> dict[str, Operation]:
        """The operations by name."""
        return {
            "attach": self.attach,
            "send": self.send,
            "status": self.status,
            "listen": self.listen,
            "outbox": self.list_outbox,
            "retry": self.retry,
            "drop": self.drop,
            "audit": self.list_audit,
            "history": self.history,
        }

    async def attach(self, request: dict[str, Any], peer: Caller) -> Reply:
        """Take a file: its bytes follow the request; the answer's `path` goes into `attachments` of a `send`."""
        name, size = request.get("name"), request.get("size")
        if not isinstance(name, str) or isinstance(size, bool) or not isinstance(size, int) or size < 0:
            raise RequestError(
                "bad_request", "`name` and `size` (bytes) of the file are expected.", final=True
            )
        if size > self.max_attachment_bytes:
            limit = f"at most {self.max_attachment_bytes} are taken (max_attachment_bytes)"
            raise RequestError("too_large", f"The file {name} has {size} bytes; {limit}.", final=True)
        try:
            return {"path": await self.spool.take(name, _chunks(peer.reader, size), size)}
        except QueueFullError as error:
            raise RequestError("full", str(error), final=True) from error
        except StateError as error:
            raise RequestError("state", str(error), final=True) from error

    async def send(self, request: dict[str, Any], peer: Caller) -> Reply:
        """Accept a message: durable when answered; with `wait` seconds, answered when it is sent."""
        message = self._message(request)
        txn = request.get("txn") or uuid.uuid4().hex
        wait = request.get("wait") or 0
        if (
            not isinstance(txn, str)
            or not _TRANSACTION.fullmatch(txn)
            or isinstance(wait, bool)
            or not isinstance(wait, (int, float))
            or not wait >= 0
        ):
            raise RequestError(
                "bad_request",
                "`txn` is expected to be up to 64 letters, digits and . _ : - that begin with a letter or digit, "
                "`wait` a number of seconds.",
            )
        entry = await write(self.outbox.accept, self.kind, message, txn, f"uid={peer.uid}")
        logger.info(
            "accepted outbox=%d txn=%s uid=%d pid=%d chars=%d",
            entry.id,
            txn,
            peer.uid,
            peer.pid,
            len(message.text),
        )
        self.counters.add("accepted")
        self.dispatcher.wake()
        if wait > 0:
            entry = await self.dispatcher.wait_settled(entry.id, min(wait, MAX_WAIT)) or entry
        return describe_entry(entry)

    async def status(self, _request: dict[str, Any], _peer: Caller) -> Reply:
        """How the bridge is."""
        return {
            "kind": self.kind,
            "ready": self.monitor.ready,
            "started": self.recent.since,
            "health": asdict(self.monitor.health),
            "obstructed": isinstance(self.monitor.health, ObstructedHealth),
            "session": asdict(await look_at_session(self.deliverer.pane)),
            "inbox": {"waiting": self.inbox.waiting(), "holding": self.deliverer.holding},
            "outbox": self.outbox.counts(),
            "questions": {"open": [one.id for one in self.questions.open()]},
            "hooks": [asdict(one) for one in self.hooks.waiting()],
            "helpers": self.helpers(),
            "listeners": len(self._listeners),
            "dropped": self.counters.total("dropped"),
            "last": {"in": self.inbox.last(), "out": self.outbox.last()},
            "errors": self.recent.listing(),
        }

    async def list_outbox(self, request: dict[str, Any], _peer: Caller) -> Reply:
        """What waits and what is dead; with `txn`, the entry of that transaction id alone, whatever became of it."""
        if (txn := request.get("txn")) is not None:
            found = self.outbox.by_txn(txn) if isinstance(txn, str) and _TRANSACTION.fullmatch(txn) else None
            return {"entries": [describe_entry(found)] if found else []}
        states = ("waiting", "dead", "sent", "dropped") if request.get("all") else ("waiting", "dead")
        return {"entries": [describe_entry(entry) for entry in self.outbox.listing(states)]}

    async def list_audit(self, request: dict[str, Any], peer: Caller) -> Reply:
        """The audit record behind an entry, a page at a time: for root and for the bridge's own user."""
        if peer.uid not in (0, os.getuid()):
            raise RequestError("forbidden", "Only root and the service's user may read the audit record.")
        after, most = (_whole(request, name) for name in ("after", "most"))
        return {"entries": self.audit.listing(after, min(most, MOST_ENTRIES))}

    async def history(self, _request: dict[str, Any], _peer: Caller) -> Reply:
        """The figures of the last 24 hours."""
        return self.samples.history()

    async def retry(self, request: dict[str, Any], _peer: Caller) -> Reply:
        """Give dead letters new attempts."""
        count = await write(self.outbox.retry, _number(request))
        self.dispatcher.wake()
        return {"count": count}

    async def drop(self, request: dict[str, Any], _peer: Caller) -> Reply:
        """Give entries up."""
        return {"count": await write(self.outbox.drop, _number(request), forget=self.spool.discard)}

    async def listen(self, _request: dict[str, Any], _peer: Caller) -> Reply:
        """Every message of a listed operator from now on, as it is accepted."""
        queue: asyncio.Queue[InboundMessage] = asyncio.Queue(LISTENER_BACKLOG)
        self._listeners.add(queue)
        return {"listening": True, "stream": self._stream(queue)}

    def publish(self, message: InboundMessage) -> int:
        """Show a message to those who listen, and return how many got it; one who does not keep up misses some."""
        keeping_up = [queue for queue in self._listeners if not queue.full()]
        for queue in keeping_up:
            queue.put_nowait(message)
        return len(keeping_up)

    async def _stream(self, queue: asyncio.Queue[InboundMessage]) -> AsyncIterator[Reply]:
        try:
            while True:
                yield asdict(await queue.get())
        finally:
            self._listeners.discard(queue)

    def _message(self, request: dict[str, Any]) -> OutboundMessage:
        text, thread = request.get("text", ""), request.get("thread")
        attachments = request.get("attachments") or []
        if not isinstance(text, str) or (thread and identifier(thread) is None):
            raise RequestError(
                "bad_request",
                "`text` is expected to be a string, and `thread` the id of one: printable, at most 255 bytes.",
            )
        if (
            not isinstance(attachments, list)
            or len(attachments) > MOST_ATTACHMENTS
            or any(token(one) is None for one in attachments)
        ):
            raise RequestError(
                "bad_request",
                f"`attachments` is expected to be a list of at most {MOST_ATTACHMENTS} URLs and paths from `attach`, "
                "each printable and of at most 4096 bytes.",
            )
        for one in attachments:
            if not (one.startswith(("https://", "http://")) or self.spool.owns(one)):
                raise RequestError("bad_request", f"{one!r} is no URL and was not handed over by `attach`.")
        if not text.strip() and not attachments:
            raise RequestError(
                "empty", "A message is expected to have text or an attachment, and has neither."
            )
        size = len(text.encode("utf-8", "replace"))
        if size > self.max_message_bytes:
            raise RequestError(
                "too_large",
                f"The text has {size} bytes; at most {self.max_message_bytes} are taken (max_message_bytes).",
            )
        return OutboundMessage(text, thread or None, tuple(attachments))


def describe_entry(entry: OutboxLine) -> Reply:
    """An entry as JSON, without the words of its message."""
    return {
        "id": entry.id,
        "txn": entry.txn,
        "state": entry.state,
        "kind": entry.kind,
        "thread": entry.thread,
        "chars": entry.chars,
        "origin": entry.origin,
        "attempts": entry.attempts,
        "message_id": entry.message_id,
        "detail": entry.error,
        "created": entry.created,
    }


async def _chunks(reader: asyncio.StreamReader, size: int) -> AsyncIterator[bytes]:
    """The next `size` bytes; raises `RequestError` when the sender stops before."""
    while size > 0:
        chunk = await within(reader.read(min(size, 1 << 18)), TRANSFER_TIMEOUT)
        if not chunk:
            raise RequestError("bad_request", f"The file ended {size} bytes too early.", final=True)
        size -= len(chunk)
        yield chunk


def _whole(request: dict[str, Any], name: str) -> int:
    number = request.get(name)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**63:
        raise RequestError("bad_request", f"`{name}` is expected to be a whole number of entries.")
    return number


def _number(request: dict[str, Any]) -> int | None:
    number = request.get("id")
    if number is None or (isinstance(number, int) and not isinstance(number, bool)):
        return number
    raise RequestError("bad_request", "`id` is expected to be the number of an outbox entry.")
