# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where we are in the server's stream of events, and which of them were handled already."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

from ..store.place import Place

_AHEAD_MS = 3_600_000
"""How far a sender's clock may be ahead of ours and still be believed, in milliseconds."""


class MatrixPlace(Place):
    """The position in the stream and the events done."""

    KEPT = ("since", "filled", "adopting", "room", "last_event", "last_ts", "last_room")

    def __init__(self, directory: Path | None, user_id: str, room: str) -> None:
        """The place of one account in one room, by its id or alias."""
        # A hash, since both names may hold anything a file name may not.
        name = hashlib.sha256(f"{user_id}\0{room}".encode()).hexdigest()[:16]
        super().__init__(directory, f"matrix-{name}")
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

    def note(self, event_id: str, ts: int, room_id: str) -> None:
        """Note that an event needs no more handling; `keep` has it on the disk."""
        self.last_event, self.last_room = event_id, room_id
        # A sender's server may claim any time, and one from the year 9999 would make all that follows old.
        self.last_ts = max(self.last_ts, min(ts, int(time.time() * 1000) + _AHEAD_MS))
        self._remember(event_id)

    async def filled_to(self, token: str) -> None:
        """Keep how far a gap is filled."""
        self.filled = token
        await self.keep()

    async def adopt(self, room_id: str) -> None:
        """Keep that we moved to a room that replaces ours."""
        self.adopting, self.filled = room_id, None
        await self.keep()

    async def commit(self, since: str, room_id: str) -> None:
        """Keep that everything before `since` is done in this room."""
        if (
            (since, room_id) != (self.since, self.room)
            or self.filled is not None
            or self.adopting is not None
        ):
            self.since, self.room = since, room_id
            self.filled = self.adopting = None
            await self.keep()

    def _take_former(self, kind: Any, *values: Any) -> None:
        """Lines: `["e", id, ts, room]` done, `["f", token]` filled, `["m", room]` adopting, `["s", token, room]`."""
        if kind == "e" and len(values) == 3:
            self.note(*values)
        elif kind == "f" and len(values) == 1:
            self.filled = values[0]
        elif kind == "s" and len(values) == 2:
            self.since, self.room = values
            self.filled = self.adopting = None
        elif kind == "m" and len(values) == 1:
            self.adopting, self.filled = values[0], None
