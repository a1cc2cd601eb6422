# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encrypted rooms: one constant sentence goes into them, once, and nobody's words.

Source: Matrix client-server API v1.11, "m.room.encryption".
"""

from __future__ import annotations

import time

from ..store.answers import Answers
from .http import MatrixHttp
from .rooms import read_state_event

SIGNS = ("m.room.encryption", "m.room.encrypted")
"""Events that say that a room may be encrypted by now."""

_FRESH = 60.0
"""Seconds for which a room that is not encrypted counts as such; one that is stays so for ever."""


class EncryptedRooms:
    """Knows whether a room is encrypted, and whether it was told so, also before a restart."""

    def __init__(self, http: MatrixHttp, answers: Answers) -> None:
        """`answers` keeps what was sent where."""
        self._http = http
        self._answers = answers
        self._encrypted: set[str] = set()
        self._fine: tuple[str, float] = ("", 0.0)

    def look_again(self) -> None:
        """Something that belongs to encryption was seen: ask the server before anything else is sent."""
        self._fine = ("", 0.0)

    async def is_encrypted(self, room_id: str, timeout: float | None = None) -> bool:
        """Whether the room is encrypted; asks the server, and raises what that raises."""
        if room_id in self._encrypted:
            return True
        if self._fine[0] == room_id and time.monotonic() < self._fine[1]:
            return False
        if await read_state_event(self._http, room_id, "m.room.encryption", timeout=timeout):
            self._encrypted.add(room_id)
            return True
        self._fine = (room_id, time.monotonic() + _FRESH)
        return False

    async def was_told(self, room_id: str) -> bool:
        """Whether the room has the sentence."""
        return await self._answers.of(_name(room_id)) is not None

    async def told(self, room_id: str, event_id: str) -> None:
        """The room has it, by the event of that id."""
        await self._answers.keep(_name(room_id), event_id)


def _name(room_id: str) -> str:
    return f"encrypted {room_id}"
