# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speaking with whoever sets up: lines, progress, questions. One way for a terminal, one for a script."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from typing import Any, TextIO

from ..errors import ConnectorError
from ..secrets import Secret
from ..terminal import neutralise, one_line, paint, redraw, show, wants_colour
from ..thirdparty import require

QUIET_SECONDS = 2.0
"""A step that takes longer says so, again and again."""

_MOODS = {"+": "good", "-": "bad", "@": "dim"}
"""How a diff's lines look, by their first character."""


class StoppedError(ConnectorError):
    """Whoever sets up does not want to go on; nothing was written."""

    exit_status = 130


class UsageError(ConnectorError):
    """The command line does not say what it has to."""

    exit_status = 2


class Dialogue(ABC):
    """What the steps of a setup say and ask."""

    interactive = False
    """Whether there is somebody to ask again after a wrong answer."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty() and os.environ.get("TERM") != "dumb"
        self.colour = wants_colour(out)
        fancy = (getattr(out, "encoding", "") or "").lower().startswith("utf")
        self._marks = ("✓", "✗", "…") if fancy else ("ok:", "no:", "...")

    def say(self, text: str = "") -> None:
        """A line."""
        show(self._out, text)

    def good(self, text: str) -> None:
        """Something was checked and is right."""
        self.say(f"{paint(self._marks[0], 'good', self.colour)} {text}")

    def bad(self, text: str) -> None:
        """Something is wrong."""
        self.say(f"{paint(self._marks[1], 'bad', self.colour)} {text}")

    def note(self, text: str) -> None:
        """Something to know."""
        self.say(f"  {text}")

    def diff(self, text: str) -> None:
        """A unified diff."""
        for line in text.splitlines():
            mood = None if line[:3] in ("+++", "---") else _MOODS.get(line[:1])
            self.say(paint(line, mood, self.colour))

    @contextlib.asynccontextmanager
    async def step(self, doing: str) -> AsyncIterator[None]:
        """Show what is being done: at once on a terminal, elsewhere when it takes long."""
        ticker = asyncio.ensure_future(self._tick(doing))
        try:
            yield
        finally:
            ticker.cancel()
            if self._live:
                redraw(self._out)

    async def _tick(self, doing: str) -> None:
        seconds, pause = 0.0, QUIET_SECONDS
        if self._live:
            self._show(f"{self._marks[2]} {doing}")
        while True:
            await asyncio.sleep(pause)
            seconds += pause
            line = f"{self._marks[2]} {doing} ({seconds:.0f} s)"
            if self._live:
                pause = 1.0
                self._show(line)
            else:
                pause = seconds  # ever more rarely: a log is read later
                self.say(line)

    def _show(self, line: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        redraw(self._out, line[:width])

    @abstractmethod
    async def text(self, prompt: str, default: str | None, *, missing: str) -> str:
        """A line of text; `missing` says how else to answer. Raises `StoppedError`, `UsageError`."""

    @abstractmethod
    async def secret(self, prompt: str, *, missing: str) -> Secret | None:
        """A line that is not shown; None when it is empty."""

    @abstractmethod
    async def choose(
        self, prompt: str, choices: Mapping[str, str], default: str | None, *, missing: str
    ) -> str:
        """One key of `choices`, whose values are what is shown."""

    @abstractmethod
    async def confirm(self, prompt: str, *, default: bool = True) -> bool:
        """Yes or no."""


class Unattended(Dialogue):
    """Nobody is there: a default is taken, and what has none is an error."""

    async def text(self, prompt: str, default: str | None, *, missing: str) -> str:
        del prompt
        if default is None:
            raise UsageError(f"Nobody is asked with --yes, so {missing} is needed.")
        return default

    async def secret(self, prompt: str, *, missing: str) -> Secret | None:
        del prompt, missing
        return None

    async def choose(
        self, prompt: str, choices: Mapping[str, str], default: str | None, *, missing: str
    ) -> str:
        del choices
        return await self.text(prompt, default, missing=missing)

    async def confirm(self, prompt: str, *, default: bool = True) -> bool:
        del prompt, default
        return True


class Terminal(Dialogue):
    """Arrow keys and prompts in a terminal, by questionary."""

    interactive = True

    def __init__(self, out: TextIO) -> None:
        """Raises `MissingLibraryError` when the extra `init` is not installed."""
        super().__init__(out)
        self._library = require("questionary", extra="init")
        self._options: dict[str, Any] = {"qmark": "?"}
        if not self.colour:
            self._options["color_depth"] = require("prompt_toolkit.output").ColorDepth.DEPTH_1_BIT

    async def text(self, prompt: str, default: str | None, *, missing: str) -> str:
        del missing
        question = self._library.text(
            one_line(prompt),
            default=one_line(default or ""),
            validate=_not_empty,
            validate_while_typing=False,
            **self._options,
        )
        return str(await self._ask(question)).strip()

    async def secret(self, prompt: str, *, missing: str) -> Secret | None:
        del missing
        typed = await self._ask(self._library.password(one_line(prompt), **self._options))
        return Secret(typed.strip()) if typed.strip() else None

    async def choose(
        self, prompt: str, choices: Mapping[str, str], default: str | None, *, missing: str
    ) -> str:
        del missing
        listed = [self._library.Choice(neutralise(title), value=key) for key, title in choices.items()]
        question = self._library.select(
            one_line(prompt), choices=listed, default=default if default in choices else None, **self._options
        )
        return str(await self._ask(question))

    async def confirm(self, prompt: str, *, default: bool = True) -> bool:
        return bool(
            await self._ask(self._library.confirm(one_line(prompt), default=default, **self._options))
        )

    async def _ask(self, question: Any) -> Any:
        try:
            return await question.unsafe_ask_async()
        except (KeyboardInterrupt, EOFError):
            raise StoppedError("stopped") from None


def _not_empty(text: str) -> bool | str:
    return bool(text.strip()) or "An answer is expected."
