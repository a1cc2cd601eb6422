# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One tmux client for many commands, in control mode; source: tmux(1), "CONTROL MODE".

A delivered message takes a dozen looks at the pane, and a process for each would cost more than all the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ..errors import TmuxError, TmuxServerError

FLAGS = "ignore-size,no-output"
"""We are no terminal: the window keeps its size, and what the program prints is not sent to us."""

LINE_BYTES = 4 * 1024 * 1024
"""The longest line of an answer: a screen's line with every escape stays far below."""

ANSWER_LINES = 20_000
"""The most lines of an answer: the pane's screen has a few hundred at most."""

CLOSE_SECONDS = 2.0

Answer = TypeVar("Answer")
Explain = Callable[[str, str], TmuxError]


class ControlClient:
    """A client that is attached; one command at a time."""

    def __init__(
        self, process: asyncio.subprocess.Process, socket_path: str, timeout: float, explain: Explain
    ) -> None:
        self._process = process
        self._socket_path = socket_path
        self._timeout = timeout
        self._explain = explain

    async def greet(self) -> None:
        """Read the answer to the attaching itself; raises what `run` raises."""
        await self._bounded("attach-session", self._answer("attach-session"))

    async def run(self, *arguments: str, timeout: float | None = None) -> str:
        """Run one tmux command and return what it printed; raises as `Tmux.run` does."""
        return (await self._run_all(arguments, timeout=timeout))[0]

    async def run_both(self, first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, str]:
        """Run two commands with nothing of the panes in between; the first one prints one line."""
        line, rest = await self._run_all(first, second)
        return line.rstrip("\n"), rest

    async def _run_all(self, *commands: tuple[str, ...], timeout: float | None = None) -> list[str]:
        line = " ; ".join(" ".join(_quoted(word) for word in command) for command in commands)
        return await self._bounded(commands[0][0], self._converse(line, commands), timeout)

    async def close(self) -> None:
        """Detach; whatever does not end is ended."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), CLOSE_SECONDS)
        except asyncio.TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _bounded(
        self, command: str, work: Coroutine[Any, Any, Answer], timeout: float | None = None
    ) -> Answer:
        limit = self._timeout if timeout is None else timeout
        try:
            return await asyncio.wait_for(work, limit)
        except asyncio.TimeoutError:
            raise TmuxError(
                f"tmux {command} on {self._socket_path} gave no answer within {limit:g} s. "
                "Look whether the tmux server hangs."
            ) from None
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            raise TmuxServerError(
                f"The tmux server at {self._socket_path} ended the conversation: {error}."
            ) from error

    async def _converse(self, line: str, commands: tuple[tuple[str, ...], ...]) -> list[str]:
        stdin = self._process.stdin
        if stdin is None:
            raise ValueError("it has no input")
        stdin.write(line.encode("utf-8", "replace") + b"\n")
        await stdin.drain()
        return [await self._answer(command[0]) for command in commands]

    async def _answer(self, command: str) -> str:
        """What stands between `%begin` and the `%end` that belongs to it."""
        marks = await self._begin(command)
        lines: list[str] = []
        while len(lines) <= ANSWER_LINES:
            line = await self._line()
            if line == f"%end {marks}":
                return "".join(f"{one}\n" for one in lines)
            if line == f"%error {marks}":
                raise self._explain(command, " ".join(lines).strip())
            lines.append(line)
        raise ValueError(f"more than {ANSWER_LINES} lines were answered")

    async def _begin(self, command: str) -> str:
        while True:
            line = await self._line()
            word, _blank, rest = line.partition(" ")
            if word == "%begin":
                return rest
            if word == "%exit":
                raise self._explain(command, rest or "server exited")

    async def _line(self) -> str:
        stdout = self._process.stdout
        if stdout is None:
            raise ValueError("it has no output")
        line = await stdout.readline()
        if not line.endswith(b"\n"):
            raise ValueError("its output ended")
        return line[:-1].decode("utf-8", "replace")


def _quoted(word: str) -> str:
    """A word as tmux' parser reads it back; a line feed would end the command."""
    if (
        word
        and all(character.isalnum() or character in "-_=@%.,/" for character in word)
        and word[0] not in "~%"
    ):
        return word
    escaped = "".join(f"\\{one}" if one in '\\"$~' else one for one in word)
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'
