# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the line up: can the server be reached, does it know us, and can one talk in the room.

What keeps one from talking is judged as the diagnosis judges it, so that a monitor and `doctor` agree.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ..border import Foreign
from ..errors import ConnectorError, UnreachableError
from ..types import ConnectorHealth, ObstructedHealth
from .entry import not_in_room_advice
from .errors import RateLimitedError
from .http import MatrixHttp
from .obstacles import TALK, find_limits, find_obstacle, successor_of
from .rooms import joined_rooms, own_membership, read_whole_state_event

FRESH = 300.0
"""Seconds for which a room that was fine counts as fine: its rules change rarely, and each is a request."""


@dataclass(frozen=True)
class Finding:
    """The health of the line, and whether it is that we are not in the room."""

    health: ConnectorHealth
    is_outside: bool = False


class Probe:
    """Looks at the line; what changes rarely is asked only every few minutes."""

    def __init__(self, http: MatrixHttp, user_id: str, timeout: float) -> None:
        """`timeout` is in seconds, for every request."""
        self._http = http
        self._user_id = user_id
        self._timeout = timeout
        self._answers = False
        self._fine: tuple[str, float] = ("", 0.0)
        self._limits = ""

    def forget(self) -> None:
        """Ask for everything at the next look: a message was refused since."""
        self._fine = ("", 0.0)

    async def look(self, room_id: str | None) -> Finding:
        """The health of the line as far as it goes; never raises for an outage."""
        self._answers = False
        try:
            return await self._look(room_id)
        except RateLimitedError as error:
            # Nothing against the token, which a monitor must not take for dead.
            return Finding(ConnectorHealth(True, True, detail=str(error)))
        except UnreachableError as error:
            return Finding(ConnectorHealth(False, False, detail=str(error)))
        except ConnectorError as error:
            return Finding(ConnectorHealth(self._answers, False, detail=str(error)))

    async def _look(self, room_id: str | None) -> Finding:
        started = time.monotonic()
        await self._http.request(
            "GET", "/_matrix/client/versions", authenticated=False, timeout=self._timeout
        )
        self._answers = True
        latency = (time.monotonic() - started) * 1000
        stranger = await self._stranger()
        if stranger is not None:
            return Finding(ConnectorHealth(True, False, detail=stranger))
        if room_id is not None:
            joined = await joined_rooms(self._http, timeout=self._timeout)
            if room_id not in joined:
                return Finding(await self._outside(room_id), is_outside=True)
            obstacle = await self._obstacle(room_id, joined)
            if obstacle is not None:
                detail = f"Authenticated as {self._user_id}, but {obstacle}"
                return Finding(ObstructedHealth(True, True, detail=detail))
        place = f", joined to {room_id}" if room_id is not None else ""
        detail = f"Authenticated as {self._user_id}{place}; the server answers in {latency:.0f} ms."
        limits = self._limits if room_id is not None else ""
        return Finding(ConnectorHealth(True, True, detail=" ".join(filter(None, [detail, limits]))))

    async def _stranger(self) -> str | None:
        """What is wrong when the token is somebody else's."""
        answer = await self._http.request(
            "GET", "/_matrix/client/v3/account/whoami", timeout=self._timeout, make_sure=False
        )
        if answer.identifier("user_id") == self._user_id:
            return None
        who = answer.words("user_id", limit=255) or "nobody"
        return f"The access token belongs to {who}, and {self._user_id} is expected. Use its token."

    async def _outside(self, room_id: str) -> ConnectorHealth:
        membership = await own_membership(self._http, room_id, self._user_id)
        detail = (
            f"Authenticated as {self._user_id}, but not joined to {room_id}. "
            f"{not_in_room_advice(membership, self._user_id)}"
        )
        return ObstructedHealth(True, True, detail=detail)

    async def _obstacle(self, room_id: str, joined: Sequence[str]) -> str | None:
        if self._fine[0] == room_id and time.monotonic() < self._fine[1]:
            return None
        state: dict[tuple[str, str], Foreign] = {}
        for kind in TALK:
            state[kind, ""] = await read_whole_state_event(self._http, room_id, kind, timeout=self._timeout)
        found = find_obstacle(state, self._user_id, room_id)
        self._limits = find_limits(state, self._user_id)
        # A successor that we are in already is gone to in a moment.
        if found is None or successor_of(state) in joined:
            self._fine = (room_id, time.monotonic() + FRESH)
            return None
        return f"{found.what[0].lower()}{found.what[1:]} {found.fix}"
