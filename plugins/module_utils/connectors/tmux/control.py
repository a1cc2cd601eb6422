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

from ..ending import within
from ..errors import TmuxError, TmuxServerError

FLAGS = "ignore-size,no-output"
"""We are no terminal: the window keeps its size, and what the program prints is not sent to us."""

LINE_BYTES = 4 * 1024 * 1024
"""The longest line of an answer: a screen's line with every escape stays far below."""

ANSWER_LINES = 20_000
"""The most lines of an answer: the pane's screen has a few hundred at most."""

ANSWERS = 100
"""The most answers to one line of commands."""

OURS = "1"
"""The flag of an answer to what came by this client's input; hooks have another."""

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
        self._count = 0
        self._given_up: set[str] = set()
        """What ends the answers that nobody waited for to their end."""
        self._inside = ""
        """The marks of the answer that is being read."""
        self._turn = asyncio.Lock()
        self._talking = 0
        self._silent = asyncio.Event()

    async def greet(self) -> None:
        """Read the answer to the attaching itself; raises what `run` raises."""
        _nothing, refused = await self._bounded("attach-session", self._answer("attach-session"))
        if refused:
            raise refused

    async def run(self, *arguments: str, timeout: float | None = None) -> str:
        """Run one tmux command and return what it printed; raises as `Tmux.run` does."""
        return "".join(await self._bounded(arguments[0], self._converse(arguments), timeout))

    async def run_both(self, first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, str]:
        """Run two commands with nothing of the panes in between; the first one prints one line."""
        line, *rest = await self._bounded(first[0], self._converse(first, second))
        return line.rstrip("\n"), "".join(rest)

    async def close(self) -> None:
        """Detach; whatever does not end is ended.

        Somebody else may have asked here and wait for the answer: who looks at the pane does so by the client of the moment.
        """
        try:
            if self._talking:
                await within(self._silent.wait(), self._timeout)
            # Closes its input, which detaches it, and reads on to the end, so that nothing of it stays open.
            await within(self._process.communicate(b""), CLOSE_SECONDS)
        except (asyncio.TimeoutError, OSError, ValueError):
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            # A server that is stopped holds on to its client's pipes, and the end of these is waited for as well.
            with contextlib.suppress(asyncio.TimeoutError):
                await within(self._process.wait(), CLOSE_SECONDS)

    async def _bounded(
        self, command: str, work: Coroutine[Any, Any, Answer], timeout: float | None = None
    ) -> Answer:
        limit = self._timeout if timeout is None else timeout
        self._talking += 1
        self._silent.clear()
        try:
            return await within(work, limit)
        except asyncio.TimeoutError:
            raise TmuxError(
                f"tmux {command} on {self._socket_path} gave no answer within {limit:g} s. "
                "Look whether the tmux server hangs."
            ) from None
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            raise TmuxServerError(
                f"The tmux server at {self._socket_path} ended the conversation: {error}."
            ) from error
        finally:
            self._talking -= 1
            if not self._talking:
                self._silent.set()

    async def _converse(self, *commands: tuple[str, ...]) -> list[str]:
        """What each command printed. A command may run others (if-shell does), and each of them answers for itself.

        So a line of our own follows, and all that is answered before it belongs to the commands.
        """
        stdin = self._process.stdin
        if stdin is None:
            raise ValueError("it has no input")
        async with self._turn:
            return await self._in_turn(stdin, commands)

    async def _in_turn(self, stdin: asyncio.StreamWriter, commands: tuple[tuple[str, ...], ...]) -> list[str]:
        self._count += 1
        mark = f"mosaic-{self._count}\n"
        line = " ; ".join(" ".join(quoted(word) for word in command) for command in commands)
        self._given_up.add(mark)  # until it is read
        stdin.write(f"{line}\ndisplay-message -p {mark}".encode("utf-8", "replace"))
        await stdin.drain()
        answers: list[str] = []
        refused: list[TmuxError] = []
        while len(answers) <= ANSWERS:
            answer, error = await self._answer(commands[0][0], OURS)
            if answer in self._given_up:
                self._given_up.remove(answer)
                if answer == mark:
                    if refused:
                        raise refused[0]
                    return answers
                answers, refused = [], []  # all of it was somebody's who waits no longer
                continue
            refused += [error] if error is not None else []
            answers.append(answer)
        raise ValueError(f"more than {ANSWERS} answers came")

    async def _answer(self, command: str, flag: str = "") -> tuple[str, TmuxError | None]:
        """What stands between `%begin` and the `%end` or `%error` that belongs to it, and the error it is then.

        With `flag`, of the commands of that kind alone: a hook of the user's answers here as well.
        """
        while True:
            marks = await self._begin(command)
            answer = await self._answered(command, marks)
            if not flag or marks.endswith(f" {flag}"):
                return answer

    async def _answered(self, command: str, marks: str) -> tuple[str, TmuxError | None]:
        lines: list[str] = []
        self._inside = marks
        while len(lines) <= ANSWER_LINES:
            line = await self._line()
            if line in (f"%end {marks}", f"%error {marks}"):
                self._inside = ""
            if line == f"%end {marks}":
                return "".join(f"{one}\n" for one in lines), None
            if line == f"%error {marks}":
                return "", self._explain(command, " ".join(lines).strip())
            lines.append(line)
        raise ValueError(f"more than {ANSWER_LINES} lines were answered")

    async def _begin(self, command: str) -> str:
        if self._inside:  # who waited for that answer gave it up in the middle
            await self._answered(command, self._inside)
        while True:
            line = await self._line()
            word, _blank, rest = line.partition(" ")
            if word == "%begin":
                return rest
            if word == "%exit" and rest:
                raise self._explain(command, rest)
            if word == "%exit":
                raise TmuxServerError(
                    f"The tmux server at {self._socket_path} let the bridge's client go: it or the session ended, "
                    "or somebody detached all clients."
                )

    async def _line(self) -> str:
        stdout = self._process.stdout
        if stdout is None:
            raise ValueError("it has no output")
        line = await stdout.readline()
        if not line.endswith(b"\n"):
            raise ValueError("its output ended")
        return line[:-1].decode("utf-8", "replace")


def quoted(word: str) -> str:
    """A word as tmux' parser reads it back; a line feed would end the command."""
    if (
        word
        and all(character.isalnum() or character in "-_=@%.,/" for character in word)
        and word[0] not in "~%"
    ):
        return word
    escaped = "".join(f"\\{one}" if one in '\\"$~' else one for one in word)
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'
