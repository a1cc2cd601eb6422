# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hook of the agent's program tells the bridge: a permission that is asked, a turn that began or ended, a notice."""

from __future__ import annotations

import os
import re
from typing import Any

from ..agents.hooks import PROGRAMS
from ..errors import QueueFullError
from ..question_words import LONGEST_QUESTION
from ..secrets import redact_shapes
from ..store.writer import write
from ..terminal import neutralise, one_line
from .hooks import NO, YES, Hooks
from .intake import Tell
from .questions import Wanted
from .relay import DialogRelay
from .server import Caller, Operation, Reply, RequestError
from .turns import Turns

MOST_WAIT = 86_400.0
"""Seconds that a hook may wait, whatever it says."""

MOST_NOTICES = 5
"""Notices of one turn."""

LONGEST_NOTICE = 500
"""Characters of one."""

_KEY = re.compile(r"[A-Za-z0-9-]{8,40}")


class HookOperations:
    """The operation `hook`, over the parts of one bridge."""

    def __init__(
        self,
        hooks: Hooks,
        turns: Turns,
        relay: DialogRelay,
        tell: Tell,
        *,
        most_seconds: float,
    ) -> None:
        """`most_seconds` is how long a question may be open."""
        self.hooks = hooks
        self.turns = turns
        self.relay = relay
        self.most_seconds = most_seconds
        self._tell = tell
        self._told: set[str] = set()

    def table(self) -> dict[str, Operation]:
        """The operations by name."""
        return {"hook": self.hook}

    def spoken(self) -> None:
        """The operator has said something: what he was told before may be told again."""
        self._told.clear()

    async def hook(self, request: dict[str, Any], peer: Caller) -> Reply:
        """Take what a hook tells; a permission is answered when the operator did, or when its `wait` seconds are over."""
        if peer.uid != os.getuid():
            # Of a program that root runs on the same host, with the same hooks, the operator need not know.
            raise RequestError("forbidden", "Only the service's user may speak for the agent's program.")
        event, program, text, session = (
            _words(request, name) for name in ("event", "program", "text", "session")
        )
        if program not in PROGRAMS:
            raise RequestError("bad_request", f"`program` is expected to be one of: {', '.join(PROGRAMS)}.")
        if event == "start":
            return {"state": "noted"}
        if event == "permission":
            return await self._permission(request, program, text)
        if event == "prompt":
            await write(self.turns.prompted, text, session)
            self._told.clear()
            return {"state": "noted"}
        if event == "ended":
            sent = await write(self.turns.end, text, session)
            self.hooks.asking.wake_dispatcher()
            return {"state": "sent" if sent else "noted"}
        if event == "notice":
            told = await self._notice(program, text, _words(request, "about"))
            return {"state": "sent" if told else "noted"}
        raise RequestError(
            "bad_request", "`event` is expected to be start, permission, prompt, ended or notice."
        )

    async def _permission(self, request: dict[str, Any], program: str, text: str) -> Reply:
        key, subject, wait = (request.get(name) for name in ("key", "subject", "wait"))
        if not isinstance(key, str) or not _KEY.fullmatch(key) or not isinstance(subject, str):
            raise RequestError(
                "bad_request", "`key` is expected to be 8 to 40 letters and digits, `subject` a text."
            )
        if isinstance(wait, bool) or not isinstance(wait, (int, float)) or not 0 <= wait <= MOST_WAIT:
            raise RequestError("bad_request", f"`wait` is expected to be 0 to {MOST_WAIT:g} seconds.")
        if neutralise(subject) not in text:
            subject = ""  # what the operator did not read is not what he answers
        if redact_shapes(text) != text or not 0 < len(text.encode("utf-8", "replace")) <= LONGEST_QUESTION:
            return {"state": "unfit", "id": None, "answer": None, "by": None}
        if self.relay.asks_about(subject):
            return {"state": "asked", "id": None, "answer": None, "by": None}
        wanted = Wanted(text, (YES, NO), False, None, self.most_seconds)
        try:
            stored = await self.hooks.ask(wanted, program, subject, key, float(wait))
        except QueueFullError as error:
            raise RequestError("full", str(error)) from error
        finally:
            self.relay.wake()
        return {"state": stored.state, "id": stored.id, "answer": stored.answer, "by": stored.answered_by}

    async def _notice(self, program: str, text: str, about: str) -> bool:
        """Pass on that the program waits, unless the operator knows it by a question or by an answer of his turn."""
        if about in ("permission", "dialog") and (self.relay.enabled or self.hooks.is_waiting()):
            return False
        if about == "idle" and not await write(self.turns.is_open):
            return False
        words = f"{PROGRAMS[program]}: {one_line(redact_shapes(text), LONGEST_NOTICE) or 'it waits for you.'}"
        if words in self._told or len(self._told) >= MOST_NOTICES:
            return False
        self._told.add(words)
        await self._tell(words, None)
        return True


def _words(request: dict[str, Any], name: str) -> str:
    """A text of any length that a request may have: what is too long to be sent is cut where it is."""
    value = request.get(name, "")
    if not isinstance(value, str):
        raise RequestError("bad_request", f"`{name}` is expected to be a text.")
    return value
