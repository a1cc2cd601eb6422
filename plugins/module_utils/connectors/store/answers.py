# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server answered to parts of a message that is not wholly sent: kept across restarts, so that no part is sent twice."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from ..errors import StateError
from .database import FILE_NAME, Database
from .writer import write

_Result = TypeVar("_Result")

_log = logging.getLogger(__name__)

_KEPT = 1000
"""Answers remembered; those for messages that were given up are forgotten by it."""


class Answers:
    """What the server named a part by (an upload's reference, a message's id), by a name of ours: in memory, and in the store
    where there is one.

    What the disk refuses costs another try of that part after a restart, and never the message.
    """

    def __init__(self, directory: Path | None) -> None:
        """`directory` holds the store; nothing is opened before it is needed."""
        self._directory = directory
        self._database: Database | None = None
        self._known: dict[str, str] = {}

    async def of(self, name: str) -> str | None:
        """What was answered to this part, or None."""
        if name not in self._known and self._directory is not None:
            answer = await self._tried(self._read, name)
            if answer is not None:
                self._known[name] = answer
        return self._known.get(name)

    async def keep(self, name: str, answer: str) -> None:
        """Remember an answer until `forget`."""
        self._known[name] = answer
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]
        if self._directory is not None:
            await self._tried(self._write, name, answer)

    async def forget(self, names: Iterable[str]) -> None:
        """All is sent: nobody will ask again."""
        gone = [name for name in names if self._known.pop(name, None) is not None]
        if gone and self._directory is not None:
            await self._tried(self._delete, gone)

    async def aclose(self) -> None:
        """Let go of the store; harmless when called twice."""
        database, self._database = self._database, None
        if database is not None:
            await database.aclose()

    async def _tried(self, call: Callable[..., _Result], *values: object) -> _Result | None:
        try:
            return await write(call, *values)
        except StateError as error:
            _log.warning("answers are remembered in memory alone: %s", error)
            return None

    def _open(self) -> Database:
        if self._database is None:
            if self._directory is None:
                raise StateError("No state directory is given.")
            self._database = Database(self._directory / FILE_NAME)
        return self._database

    def _read(self, name: str) -> str | None:
        found = self._open().rows("SELECT uri FROM upload WHERE name = ?", (name,))
        return str(found[0][0]) if found else None

    def _write(self, name: str, answer: str) -> None:
        database = self._open()
        with database.transaction():
            database.change(
                "REPLACE INTO upload (name, uri, created) VALUES (?, ?, ?)", (name, answer, time.time())
            )
            database.change(
                "DELETE FROM upload WHERE name NOT IN (SELECT name FROM upload ORDER BY created DESC LIMIT ?)",
                (_KEPT,),
            )

    def _delete(self, names: Iterable[str]) -> None:
        database = self._open()
        with database.transaction():
            for name in names:
                database.change("DELETE FROM upload WHERE name = ?", (name,))
