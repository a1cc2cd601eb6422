# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pane of a program that reads from a human: looked at first, then typed into, then made sure of.

What tmux did is remembered in the pane itself: the command that pastes and the one that sets a pane
option run as one sequence inside the server, so a writer killed at any moment can ask afterwards
whether its text went in. The memory names the program's process: what an earlier one read died with it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ..errors import PaneHeldError, TmuxTargetError
from .command import Tmux
from .lock import writer_lock
from .programs import Programs
from .reader import read_screen
from .screen import Screen
from .text import neutralise

ENTER_ATTEMPTS = 3
"""How often Enter is pressed at most when the pane does not move."""

TYPED_OPTION = "@mosaic_typed"
ENTERED_OPTION = "@mosaic_entered"
SETTLED_OPTION = "@mosaic_settled"

QUIET_SECONDS = 1.0
"""How long a new pane has to show the same picture before its program counts as started."""

BLANK_SECONDS = 5.0
"""How long a new pane may stay blank: a plain reader such as `cat` shows nothing for ever."""

START_SECONDS = 10.0
"""After so long a program counts as started, though its picture still moves."""

ECHO_SECONDS = 2.0
"""How long a pane may take to show what was typed into it."""

SHOWN_LETTERS = 16
"""How much of a draft has to agree with a text to be taken for it: one letter is nobody's."""

_FIELDS = (
    "pane_id",
    "pane_pid",
    "pane_dead",
    "pane_input_off",
    "pane_in_mode",
    "cursor_x",
    "cursor_y",
    "cursor_flag",
    "pane_width",
    "history_size",
)
_STATE_FORMAT = "\t".join(f"#{{{name}}}" for name in (*_FIELDS, TYPED_OPTION, ENTERED_OPTION, SETTLED_OPTION))


class Outcome(str, Enum):
    """What became of a text, as far as there is evidence."""

    SUBMITTED = "submitted"
    """The pane moved after Enter, and no draft is left in its input line."""
    UNVERIFIED = "unverified"
    """Text and Enter went in, and nothing on the screen says that they were taken."""


class Step(Enum):
    """What is about to happen to the pane."""

    TYPING = "typing"
    ENTERING = "entering"


@dataclass(frozen=True)
class PaneState:
    """What tmux says about a pane."""

    pane_id: str
    pid: str
    dead: bool
    input_off: bool
    in_mode: bool
    cursor_x: int
    cursor_y: int
    cursor_visible: bool
    columns: int
    history: int
    typed: str
    entered: str
    settled: str

    def has(self, mark: str, token: str) -> bool:
        """Whether `mark` says that the program which runs now got `token`."""
        return mark == f"{token}/{self.pid}"


class Pane:
    """The first pane of a session, found by the session's exact name."""

    def __init__(self, tmux: Tmux, session: str, programs: Programs | None = None) -> None:
        self.tmux = tmux
        self.session = session
        self.programs = programs or Programs.build()

    async def state(self) -> PaneState:
        """Look the pane up; raises `TmuxTargetError` when the session is not there.

        The pane made first counts: an operator who splits the window or opens another one does
        not turn the messages towards a shell.
        """
        listing = await self.tmux.run("list-panes", "-s", "-t", f"={self.session}:", "-F", _STATE_FORMAT)
        panes = [_parse_state(line) for line in listing.splitlines() if line]
        if not panes:
            raise TmuxTargetError(f"The session {self.session!r} has no pane.")
        return min(panes, key=lambda pane: int(pane.pane_id[1:]))

    async def screen(self, state: PaneState) -> Screen:
        """What the pane shows now."""
        captured = await self.tmux.run("capture-pane", "-e", "-p", "-t", state.pane_id)
        return Screen.parse(
            captured,
            state.cursor_x,
            state.cursor_y,
            state.history,
            cursor_visible=state.cursor_visible,
            columns=state.columns,
        )

    async def look(self) -> tuple[PaneState, Screen]:
        """The pane and its screen, if it may be typed into; else `PaneHeldError` or `TmuxTargetError`."""
        state = await self.state()
        if state.dead:
            raise PaneHeldError(f"The program in session {self.session!r} has ended.", reason="dead")
        if state.input_off:
            raise PaneHeldError(f"The pane of session {self.session!r} takes no input.", reason="input-off")
        if state.in_mode:
            # In copy mode a paste is not framed, and Enter does something else.
            await self.tmux.run("copy-mode", "-q", "-t", state.pane_id)
        if state.settled != state.pid:
            await self._settle(state)
        screen = await self.screen(state)
        dialog = read_screen(screen, self.programs).dialog
        if dialog:
            raise PaneHeldError(
                f"Session {self.session!r} shows a dialog: {dialog.line}",
                reason="dialog",
                screen=screen.tail(),
            )
        return state, screen

    async def submit(
        self, text: str, token: str, before: Callable[[Step], None] = lambda _step: None
    ) -> Outcome:
        """Type `text` and press Enter, unless the pane says that this very `token` was done already.

        `before` is called when the text is about to be typed, and when Enter is about to be pressed.

        Raises `PaneHeldError` when the pane shows a dialog or a half-typed draft (nothing is typed
        then), `TmuxTargetError` or `TmuxServerError` when there is no pane. After any of them, and
        after a crash, calling again with the same token neither loses nor doubles the text.
        """
        async with writer_lock(self.tmux.socket_path):
            state, screen = await self.look()
            draft = read_screen(screen, self.programs).draft
            if state.has(state.entered, token) and not _begins(neutralise(text), draft):
                return Outcome.SUBMITTED
            if not state.has(state.typed, token):
                if draft:
                    raise PaneHeldError(
                        f"Session {self.session!r} has a half-typed draft: {draft[:80]}",
                        reason="draft",
                        screen=screen.tail(),
                    )
                before(Step.TYPING)
                await self._paste(state, neutralise(text).rstrip("\n"), token)
                await asyncio.sleep(_pause_before_enter(len(text)))
                await self._changed(state, screen, ECHO_SECONDS)
            return await self._enter(state, token, before)

    async def _settle(self, state: PaneState) -> None:
        """Wait until the program of a new pane has started: what comes before that, it throws away."""
        loop = asyncio.get_running_loop()
        began = quiet_since = loop.time()
        before = await self.screen(state)
        while loop.time() - began < START_SECONDS:
            await asyncio.sleep(0.1)
            now = await self.screen(state)
            if now != before:
                before, quiet_since = now, loop.time()
            needed = QUIET_SECONDS if now.tail() else BLANK_SECONDS
            if loop.time() - quiet_since >= needed:
                break
        await self.tmux.run("set-option", "-p", "-t", state.pane_id, SETTLED_OPTION, state.pid)

    async def _paste(self, state: PaneState, text: str, token: str) -> None:
        buffer = f"mosaic-{os.getpid()}"
        await self.tmux.run("load-buffer", "-b", buffer, "-", stdin=text.encode("utf-8"))
        paste = f"paste-buffer -d -p -r -b {buffer} -t '{state.pane_id}'"
        await self._do(state, paste, TYPED_OPTION, token)

    async def _do(self, state: PaneState, command: str, option: str, token: str) -> None:
        """Run a command on the pane and leave a mark of it, both or neither, and only if its program is the same."""
        same = f"#{{==:#{{pane_pid}},{state.pid}}}"
        mark = f"set-option -p -t '{state.pane_id}' {option} '{token}/{state.pid}'"
        await self.tmux.run("if-shell", "-F", "-t", state.pane_id, same, f"{command} ; {mark}")

    async def _enter(self, typed: PaneState, token: str, announce: Callable[[Step], None]) -> Outcome:
        """Press Enter until the pane takes it, never into a dialog that opened meanwhile."""
        for attempt in range(ENTER_ATTEMPTS):
            state, screen = await self.look()
            self._require_same(state, typed)
            if attempt == 0:
                announce(Step.ENTERING)
            await self._do(typed, f"send-keys -t '{typed.pane_id}' Enter", ENTERED_OPTION, token)
            if await self._changed(typed, screen, 0.4 * 2**attempt, submitted=True):
                return Outcome.SUBMITTED
        return Outcome.UNVERIFIED

    async def _changed(
        self, typed: PaneState, before: Screen, timeout: float, *, submitted: bool = False
    ) -> bool:
        """Whether the pane looks different within the time, and with nothing left to submit if that is asked."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            state = await self.state()
            self._require_same(state, typed)
            now = await self.screen(state)
            # A dialog that opens is a transition too, and one that must not get a second Enter.
            reading = read_screen(now, self.programs)
            done = not submitted or reading.dialog or not reading.draft
            if now != before and done:
                return True
            if loop.time() >= deadline:
                return False
            await asyncio.sleep(0.03)

    def _require_same(self, state: PaneState, typed: PaneState) -> None:
        if (state.pane_id, state.pid) != (typed.pane_id, typed.pid) or state.dead:
            raise TmuxTargetError(f"The program in session {self.session!r} ended while it was typed into.")


def _begins(text: str, draft: str | None) -> bool:
    """Whether what stands in the input line is this text, as far as one line of a screen shows it.

    Enter was pressed for it and swallowed then, by a writer that did not live to look. Anything else that
    stands there is a human's.
    """
    start = text.strip().partition("\n")[0].rstrip()
    return bool(draft) and start.startswith(str(draft)) and len(str(draft)) >= min(len(start), SHOWN_LETTERS)


def _pause_before_enter(length: int) -> float:
    """Seconds to wait before Enter: a program swallows one that comes while it still takes the text in."""
    return min(0.1 + length / 10_000, 0.5)


def _parse_state(line: str) -> PaneState:
    pane_id, pid, dead, input_off, in_mode, x, y, visible, columns, history, typed, entered, settled = (
        line.split("\t")
    )
    return PaneState(
        pane_id=pane_id,
        pid=pid,
        dead=dead == "1",
        input_off=input_off == "1",
        in_mode=in_mode not in ("", "0"),
        cursor_x=int(x or 0),
        cursor_y=int(y or 0),
        cursor_visible=visible != "0",
        columns=int(columns or 0),
        history=int(history or 0),
        typed=typed,
        entered=entered,
        settled=settled,
    )
