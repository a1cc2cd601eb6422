# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a pane: what tmux says about it and what it shows, taken together, and judged."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import cached_property

from ..errors import TmuxTargetError
from .command import Tmux
from .control import ControlClient
from .foreground import Foreground, foreground_group, look_at_foreground
from .pane_state import STATE_FORMAT, PaneState, parse_state
from .programs import Programs
from .reader import read_screen
from .reading import Reading
from .screen import Screen
from .standing import Standing, resembles, standing
from .tty_state import TtyState, look_at_tty


@dataclass(frozen=True)
class View:
    """A pane at one moment."""

    state: PaneState
    screen: Screen
    reading: Reading
    showing: str = ""
    """Names this very showing of the dialog; an equal one that opens after a look without it has another name."""
    tty: TtyState | None = None
    """How the terminal hands on what is typed; None when it cannot be seen from here."""
    group: str = ""
    """The process group that has the terminal."""

    def stands(self, text: str) -> Standing:
        """What of `text` stands in the input block."""
        block = self.reading.block
        if block is None:
            return Standing.ABSENT
        # A line that is scrolled fills its row; the end alone in a row with room is of a text whose start was lost.
        roomy = "\n" not in text and "\n" not in block.draft and len(block.draft) < self.screen.columns // 2
        return standing(text, block.draft, scrolled=block.scrolled, roomy=roomy)

    def is_without(self, text: str) -> bool:
        """Whether nothing in the pane can be `text`, or what somebody made of it."""
        return (
            self.reading.dialog is None
            and self.stands(text) is Standing.ABSENT
            and not resembles(text, self.reading.draft or "")
        )

    def took_a_line(self, before: View) -> bool:
        """Whether the kernel says that the line is taken which stood there when `before` was seen.

        A line editor hands the terminal back in its line mode when it returns a line, with nothing left to read; a
        shell gives it to what it runs. A program that keeps its keys to itself does neither.
        """
        if self.tty is not None and self.tty.lines and not self.tty.unread:
            return True
        return bool(self.group) and bool(before.group) and self.group != before.group

    @cached_property
    def foreground(self) -> Foreground | None:
        """Who has the terminal; None when it cannot be seen from here."""
        return look_at_foreground(self.state.pid, self.state.tty)

    @property
    def waits_in_a_read(self) -> bool:
        """Whether the kernel says that a plain reader waits for a line: one that takes single keys is a program of
        another kind, a menu or an editor, and one that hides what is typed asks for a secret.
        """
        return (
            self.foreground is not None
            and self.foreground.reading is True
            and self.tty is not None
            and self.tty.lines
            and self.tty.echo
            and not self.state.alternate
        )


class Showings:
    """Names for the showings of dialogs: looks at one and the same have one name, and no two share one."""

    def __init__(self) -> None:
        self._era = uuid.uuid4().hex[:8]  # what was seen before a restart may have ended since
        self._seen = ""
        self._count = 0

    def name(self, identity: str) -> str:
        """The name of what is shown now, empty for nothing."""
        if identity != self._seen:
            self._seen = identity
            self._count += 1
        return f"{self._era}-{self._count}" if identity else ""


class PaneLook:
    """Looks at the first pane of a session, through whatever client there is."""

    def __init__(self, tmux: Tmux, session: str) -> None:
        self.session = session
        self.runner: Tmux | ControlClient = tmux
        self._pane_id = ""
        self._showings = Showings()

    async def run(self, *arguments: str) -> str:
        """Run one command of tmux."""
        return await self.runner.run(*arguments)

    async def view(self, programs: Programs) -> View:
        """Look once; raises `TmuxTargetError` when the session is not there."""
        state, captured = await self._described()
        tty = look_at_tty(state.tty)
        screen = Screen.parse(
            captured,
            state.cursor_x,
            state.cursor_y,
            state.history,
            cursor_visible=state.cursor_visible,
            columns=state.width,
            alternate=state.alternate,
            line_mode=tty.lines if tty else None,
        )
        reading = read_screen(screen, programs, shown_block=state.shown_block)
        # What an ended program drew last asks nobody any more.
        dialog = None if state.dead else reading.dialog
        return View(
            state,
            screen,
            reading,
            self._showings.name(f"{state.pid}/{dialog.identity}" if dialog else ""),
            tty,
            foreground_group(state.pid),
        )

    async def _described(self) -> tuple[PaneState, str]:
        """State and picture of the first pane, which a window or a pane that came later does not replace."""
        if self._pane_id:
            try:
                state, captured = await self._both()
            except TmuxTargetError:
                pass
            else:
                if state.session == self.session:
                    return state, captured
        self._pane_id = await self._first_pane()
        return await self._both()

    async def _both(self) -> tuple[PaneState, str]:
        described, captured = await self.runner.run_both(
            ("display-message", "-p", "-t", self._pane_id, STATE_FORMAT),
            ("capture-pane", "-e", "-p", "-t", self._pane_id),
        )
        return parse_state(described), captured

    async def _first_pane(self) -> str:
        listing = await self.runner.run("list-panes", "-s", "-t", f"={self.session}:", "-F", "#{pane_id}")
        panes = [line for line in listing.splitlines() if line[:1] == "%" and line[1:].isdigit()]
        if not panes:
            raise TmuxTargetError(f"The session {self.session!r} has no pane.")
        return min(panes, key=lambda pane: int(pane[1:]))
