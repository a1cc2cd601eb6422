# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where we are in the server's stream of events, and which of them were handled already.

Everything goes into a journal at once, so that a start after a kill continues at the very event
whose handler returned last. Lines: `["e", id, ts, room]` an event is done, `["f", token]` a gap
is filled up to here, `["m", room]` we moved to this room and its history is being read,
`["s", token, room]` the batch is done and this is the next `since`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..seen import SeenJournal
from ..state import Journal


class Cursor(SeenJournal[str]):
    """The position in the stream and the events done."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal)
        self.since: str | None = None
        """The token of the last batch that was done whole; None before the first."""
        self.filled: str | None = None
        """How far the gap after `since` is filled; None when none is open."""
        self.adopting: str | None = None
        """The room that replaced ours and whose history is not read to the end yet."""
        self.room: str | None = None
        """The room that `since` was reached in."""
        self.last_event: str | None = None
        """The id of the event done last."""
        self.last_ts = 0
        """The server's newest time among the events done, in milliseconds since the epoch."""
        self.last_room: str | None = None
        """The room of the event done last."""

    def done(self, event_id: str, ts: int, room_id: str, *, durable: bool) -> None:
        """Note that an event needs no more handling; `durable` for one that a handler received."""
        self._record("e", event_id, ts, room_id, durable=durable)

    def filled_to(self, token: str) -> None:
        """Note how far a gap is filled."""
        self._record("f", token)

    def adopt(self, room_id: str) -> None:
        """Note that we moved to a room that replaces ours."""
        self._record("m", room_id)

    def commit(self, since: str, room_id: str) -> None:
        """Note that everything before `since` is done in this room."""
        if since != self.since or self.filled is not None or self.adopting is not None:
            self._record("s", since, room_id)
        self._fold()

    def _apply(self, kind: Any, *values: Any) -> None:
        if kind == "e" and len(values) == 3:
            self.last_event, ts, self.last_room = values
            self.last_ts = max(self.last_ts, ts)
            self._remember(values[0])
        elif kind == "f" and len(values) == 1:
            self.filled = values[0]
        elif kind == "s" and len(values) == 2:
            self.since, self.room = values
            self.filled = self.adopting = None
        elif kind == "m" and len(values) == 1:
            self.adopting, self.filled = values[0], None

    def _entries(self) -> Iterator[list[Any]]:
        for event_id in self._seen:
            yield ["e", event_id, self.last_ts, self.last_room]
        if self.since is not None:
            yield ["s", self.since, self.room]
        if self.adopting is not None:
            yield ["m", self.adopting]
        if self.filled is not None:
            yield ["f", self.filled]


def journal_path(directory: Path | None, user_id: str, room: str) -> Path | None:
    """The journal of one account in one room, under the state directory."""
    if directory is None:
        return None
    # A hash, since both names may hold anything a file name may not.
    name = hashlib.sha256(f"{user_id}\0{room}".encode()).hexdigest()[:16]
    return directory / f"matrix-{name}.journal"
