# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain text into an encrypted room: not before everybody there was told that it is plain.

Source: Matrix client-server API v1.11, "m.room.encryption".
"""

from __future__ import annotations

import time

from .http import MatrixHttp
from .rooms import read_state_event

_FRESH = 60.0
"""Seconds for which a room that is not encrypted counts as such; one that is stays so for ever."""


class PlainTextWarning:
    """Knows whether a room has to be warned before words go into it, once in this run."""

    def __init__(self, http: MatrixHttp) -> None:
        self._http = http
        self._room = ""
        self._fine_until = 0.0
        self._warned = False

    async def is_due(self, room_id: str, timeout: float) -> bool:
        """Whether the room is encrypted and was not warned; asks the server, and raises what that raises."""
        if room_id != self._room:
            self._fine_until, self._warned = 0.0, self._warned and not self._room
            self._room = room_id
        if self._warned or time.monotonic() < self._fine_until:
            return False
        if await read_state_event(self._http, room_id, "m.room.encryption", timeout=timeout):
            return True
        self._fine_until = time.monotonic() + _FRESH
        return False

    def given(self) -> None:
        """The room is warned: the one that was asked for last, else the one that will be first."""
        self._warned = True
