# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns of the orchestrator's program that an operator's message began: whether anything was sent before they ended.

Two rows of the store are all of it, so that the last words of a turn are sent once, whatever is restarted. The second
is the program's own name of its session: another program that the agent starts, as the same user and often with the same
hooks, ends turns of its own.
"""

from __future__ import annotations

import os
import uuid
from typing import NamedTuple

from ..secrets import redact_shapes
from ..store.database import Database
from ..types import OutboundMessage
from .outbox import Outbox

MARK = "(The orchestrator ended its turn and sent nothing. Its last words:)"
WORDLESS = "(The orchestrator ended its turn, and neither sent nor said anything.)"

LAST_WORDS = "last-words"
"""Their origin in the outbox: an answer, and none of the bridge's own notices."""

OPERATORS = "[operator "
"""What begins every message that the bridge types."""

_NAME, _SESSION = "turn", "turn_session"


class _Turn(NamedTuple):
    open: bool
    after: int
    """The newest entry of the outbox when it began."""
    thread: str | None


class Turns:
    """What is known of the turn that runs; every call by the thread that writes."""

    def __init__(self, database: Database, outbox: Outbox, kind: str, most_bytes: int) -> None:
        """`kind` is the channel's, `most_bytes` the longest message."""
        self._db = database
        self._outbox = outbox
        self._kind = kind
        self._origin = f"uid={os.getuid()}"  # as which the orchestrator's own messages stand in the outbox
        self.most_bytes = most_bytes

    def begin(self, thread: str | None) -> None:
        """A message of an operator's is about to be entered: what is sent from now on is an answer to it."""
        newest = int(self._db.rows("SELECT ifnull(max(id), 0) FROM outbox")[0][0])
        self._keep(_Turn(True, newest, thread))

    def prompted(self, prompt: str, session: str = "") -> None:
        """The program says what it begins to work at: an operator's message that had waited in it, perhaps."""
        if prompt.lstrip().startswith(OPERATORS):
            with self._db.transaction():
                known = self._known()
                self.begin(known.thread if known else None)
                self._db.change("REPLACE INTO meta (name, value) VALUES (?, ?)", (_SESSION, session))

    def end(self, words: str, session: str = "") -> bool:
        """The program's turn is over, with these words: send them if the operator has nothing; whether they are sent."""
        with self._db.transaction():
            known = self._known()
            if known is None or not known.open or not self._is_ours(session):
                return False
            self._keep(known._replace(open=False))
            if self._db.rows(
                "SELECT 1 FROM outbox WHERE id > ? AND origin = ? LIMIT 1", (known.after, self._origin)
            ):
                return False
            message = OutboundMessage(self._marked(words), known.thread)
            self._outbox.accept(self._kind, message, f"last-words-{uuid.uuid4().hex}", LAST_WORDS)
            return True

    def close(self) -> None:
        """The operator has stopped it: its end is none that he has to hear of."""
        with self._db.transaction():
            known = self._known()
            if known is not None and known.open:
                self._keep(known._replace(open=False))

    def is_open(self) -> bool:
        """Whether an operator's message began a turn that has not ended."""
        known = self._known()
        return known is not None and known.open

    def _is_ours(self, session: str) -> bool:
        """Whether a turn of this session may be the operator's; a program that names none is believed."""
        found = self._db.rows("SELECT value FROM meta WHERE name = ?", (_SESSION,))
        ours = str(found[0][0]) if found else ""
        return not ours or not session or ours == session

    def _marked(self, words: str) -> str:
        said = redact_shapes(words).strip()
        whole = (f"{MARK}\n\n{said}" if said else WORDLESS).encode("utf-8", "replace")
        if len(whole) <= self.most_bytes:
            return whole.decode()
        return f"{whole[: self.most_bytes - 3].decode('utf-8', 'ignore')}…"

    def _keep(self, turn: _Turn) -> None:
        state = f"{int(turn.open)} {turn.after} {turn.thread or ''}"
        self._db.change("REPLACE INTO meta (name, value) VALUES (?, ?)", (_NAME, state))

    def _known(self) -> _Turn | None:
        found = self._db.rows("SELECT value FROM meta WHERE name = ?", (_NAME,))
        if not found:
            return None
        state, after, thread = str(found[0][0]).split(" ", 2)
        return _Turn(state == "1", int(after), thread or None)
