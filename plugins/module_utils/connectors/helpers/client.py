# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge's side: what it asks the unit for, and waits for no longer than the unit may take."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

from ..border import BorderError, Foreign, read_json
from ..ending import within
from ..errors import ConnectorError
from . import CHECK, COMMANDS, ESCALATION_SECONDS, MOST_OUTPUT, suffix_of

ANSWER_LIMIT = 8 * MOST_OUTPUT
"""Bytes of an answer's line: JSON spells some characters with six."""

_PIECE = 256 * 1024
_MARGIN = 10.0
"""Seconds on top of what the command may take: for handing the file over, and for ending what it left."""
_CHECK_SECONDS = 10.0


class HelperError(ConnectorError):
    """A command that was run, or began to, and failed; the sentence says how."""


class HelperAwayError(HelperError):
    """A command that was not run: nobody listens, or as many run as may."""


class Helpers:
    """The unit that runs the user's commands, as the bridge sees it."""

    def __init__(self, socket_path: str) -> None:
        self.socket_path = socket_path

    async def transcribe(self, path: str, mimetype: str, seconds: float) -> str:
        """The words that `transcribe_command` prints of a file, within `seconds`; raises `HelperError`."""
        try:
            with await asyncio.to_thread(Path(path).open, "rb") as file:
                size = await asyncio.to_thread(_size_of, file)
                answer = await self._ask(
                    {"op": "transcribe", "size": size, "suffix": suffix_of(path, mimetype)}, file, seconds
                )
        except OSError as error:
            raise HelperAwayError(f"the file cannot be read: {error.strerror}") from error
        return (answer.text("text") or "").replace("\0", "\ufffd")

    async def escalate(self, words: str) -> None:
        """Give words to `escalation_command`; raises `HelperError`."""
        data = words.encode("utf-8", "replace") + b"\n"
        await self._ask({"op": "escalate", "size": len(data)}, BytesIO(data), ESCALATION_SECONDS + _MARGIN)

    async def check(self) -> dict[str, str]:
        """What is wrong with the commands, by the settings that name them; raises `HelperError`."""
        answer = (await self._ask({"op": CHECK}, BytesIO(), _CHECK_SECONDS)).object("wrong")
        return {name: answer.words(name) for name in COMMANDS.values() if name in answer}

    async def _ask(self, request: dict[str, object], content: IO[bytes], seconds: float) -> Foreign:
        begun: list[Foreign] = []
        try:
            return await within(self._converse(request, content, begun), seconds)
        except asyncio.TimeoutError:
            error = HelperError if begun else HelperAwayError
            raise error(f"it took longer than {seconds:.3g} s") from None

    async def _converse(
        self, request: dict[str, object], content: IO[bytes], begun: list[Foreign]
    ) -> Foreign:
        async with self._connection() as (reader, writer):
            with _gone(begun):
                writer.write(json.dumps(request).encode() + b"\n")
                while piece := await asyncio.to_thread(content.read, _PIECE):
                    writer.write(piece)
                    await writer.drain()
                await writer.drain()
            while True:
                with _gone(begun):
                    line = await reader.readline()
                answer = _read(line, begun)
                if not answer.is_true("begun"):
                    return answer
                begun.append(answer)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        try:
            reader, writer = await asyncio.open_unix_connection(self.socket_path, limit=ANSWER_LIMIT)
        except OSError as error:
            raise HelperAwayError(
                f"the unit mosaic-helpers.socket does not listen on {self.socket_path} ({error.strerror})"
            ) from error
        try:
            yield reader, writer
        finally:
            # At once: it may still read a file that nobody wants any more.
            writer.transport.abort()


def _size_of(file: IO[bytes]) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    return size


@contextlib.contextmanager
def _gone(begun: list[Foreign]) -> Iterator[None]:
    """A connection that breaks, told as what it means for the command."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise _ended(begun) from error


def _ended(begun: list[Foreign]) -> HelperError:
    if begun:
        return HelperError("the unit ended in the middle; journalctl -u 'mosaic-helpers@*' may say why")
    return HelperAwayError("the unit took no request: as many run as may, or it cannot start")


def _read(line: bytes, begun: list[Foreign]) -> Foreign:
    """An answer that is one; raises `HelperError` for a refusal, and for the end."""
    if not line.endswith(b"\n"):
        raise _ended(begun)
    try:
        answer = Foreign(read_json(line))
    except BorderError as error:
        raise HelperError(f"the unit answers in another form: {error}") from error
    if answer.is_true("ok") or answer.is_true("begun"):
        return answer
    refusal = HelperError if begun else HelperAwayError
    raise refusal(answer.words("error") or "the unit says nothing of why it failed")
