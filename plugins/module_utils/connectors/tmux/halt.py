# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interrupting what the program in the pane does: keys while it is seen at work, one after the other, and no other ones.

The picture has to say that it works, and neither a dialog nor somebody's draft may be there: Escape would answer the one
and clear the other. Ctrl-C comes last, once, and only where the program's table says that it ends no program.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ..errors import PaneHeldError
from ..secrets import redact_shapes
from ..terminal import one_line
from .pane import Pane
from .pane_keys import PaneKeys
from .pane_look import View
from .programs import Program

NEXT_SECONDS = 1.5
"""How long a program that wants the key twice has to ask for the second one; Copilot waits for it half a second only."""

STOP_SECONDS = 3.0
"""How long a program has to stop."""

POLL_SECONDS = 0.1

SURE_SECONDS = 1.0
"""How long all looks have to say that it works no more: a program redraws, and some say something else for a moment."""

KEY_TRIES = 20
"""How often a key is to be pressed at most while the picture moves between the look and the key."""

LIVE_ROWS = 16
"""Written rows above the input block that are a program's present, and not what it said before."""

MOVES_SECONDS = 1.6
"""How soon the words that say so above the input block have to change: clocks there count seconds."""

INTERRUPT = "C-c"


@dataclass(frozen=True)
class Halted:
    """What came of it: the keys that were pressed, whether the program works no more, and a sentence."""

    keys: tuple[str, ...]
    stopped: bool
    sentence: str


class Signs:
    """What of the picture says that a program works, look after look.

    Below its input block it is said by what stands there. Above it the same words may be ones that somebody wrote: there
    they have to move, as a spinner and a clock do.
    """

    def __init__(self) -> None:
        self._above: tuple[str, ...] = ()
        self._changed = 0.0
        self._moves = False

    def say(self, view: View, program: Program, now: float) -> bool | None:
        """Whether it works, at the second `now` of a clock; None while only more looks can tell."""
        lines, block = view.screen.lines, view.reading.block
        if block is not None and program.works(lines[block.bottom + 1 :]):
            return True
        written = [line for line in lines[: block.top if block else len(lines)] if line.strip()][-LIVE_ROWS:]
        above = tuple(line for line in written if program.works([line]))
        if not above:
            self._above, self._moves = (), False
            return False
        if above != self._above:
            self._moves, self._above, self._changed = bool(self._above), above, now
        if now - self._changed < MOVES_SECONDS:
            return True if self._moves else None
        self._moves = False
        return False


class Halt:
    """One attempt to interrupt."""

    def __init__(self, pane: Pane) -> None:
        self._pane = pane
        self._pressed: list[str] = []
        self._signs = Signs()

    async def run(self) -> Halted:
        """Press what interrupts; raises `TmuxError` when the pane cannot be looked at."""
        async with self._pane.alone() as keys:
            try:
                return await self._run(keys)
            except PaneHeldError as held:
                pressed = (
                    f"Pressed: {', '.join(self._pressed)}. Then no more:"
                    if self._pressed
                    else "No key was pressed:"
                )
                return Halted(tuple(self._pressed), False, f"{pressed} {held}")

    async def _run(self, keys: PaneKeys) -> Halted:
        view, program = await self._at_work()
        pid = view.state.pid
        lines = view.tty is not None and view.tty.lines
        # A terminal that hands on whole lines keeps an Escape for what reads next, before the next message's words.
        for key in () if lines else program.stop_keys:
            if self._pressed and not await self._asks_again():
                break
            await self._press(keys, key, pid)
        if self._pressed and await self._rests(pid, STOP_SECONDS):
            return self._over(program)
        if not program.interrupts:
            return self._still(
                f"Ctrl-C is not pressed: nothing says that it interrupts {program.name} and does not end it."
            )
        await self._press(keys, INTERRUPT, pid)
        return self._over(program) if await self._rests(pid, STOP_SECONDS) else self._still("")

    async def _at_work(self) -> tuple[View, Program]:
        """A look at a program at work with nothing in the way; raises `PaneHeldError` with the reason otherwise."""
        while True:
            view = await self._pane.view()
            program = self._program(view)
            works = self._signs.say(view, program, asyncio.get_running_loop().time())
            if works:
                return view, program
            if works is False:
                raise _refused(
                    f"the screen of session {self._pane.session!r} does not say that {program.name} works."
                )
            await asyncio.sleep(POLL_SECONDS)

    def _program(self, view: View) -> Program:
        """The program in it, if it may be given a key at all; raises `PaneHeldError` with the reason otherwise."""
        session, reading, state = f"session {self._pane.session!r}", view.reading, view.state
        program = self._pane.programs.named(reading.program)
        if state.dead:
            raise _refused(f"the program in {session} has ended.")
        if state.in_mode:
            raise _refused(f"{session} is in tmux' copy mode: somebody reads there.")
        if state.synchronized or state.input_off:
            raise _refused(f"the pane of {session} takes no input of its own.")
        if reading.dialog is not None:
            raise _refused(f"{session} shows a dialog: {one_line(redact_shapes(reading.dialog.line), 100)}")
        if reading.draft:
            raise _refused(
                f"a draft stands in the input line of {session}: {one_line(redact_shapes(reading.draft), 60)}"
            )
        if view.tty is not None and view.tty.unread and reading.block is None:
            raise _refused(f"what somebody typed in {session} is not read yet.")
        if program is None or not program.busy:
            what = program.name if program else "the program there"
            raise _refused(f"how {what} looks at work is not known, so that nothing says that it works.")
        return program

    async def _press(self, keys: PaneKeys, key: str, pid: str) -> None:
        """Press a key into what was seen at work right before; a picture that moves meanwhile is looked at again."""
        for _try in range(KEY_TRIES):
            view, _program = await self._at_work()
            if view.state.pid != pid:
                raise _refused("the program was replaced meanwhile.")
            if await keys.press(view, key):
                self._pressed.append(key)
                return
            await asyncio.sleep(POLL_SECONDS)
        raise _refused("the screen moved whenever a key was to be pressed.")

    async def _asks_again(self) -> bool:
        """Wait for the program to ask for the key once more, for a while; False when it works no more."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + NEXT_SECONDS
        while True:
            await asyncio.sleep(POLL_SECONDS / 2)
            view = await self._pane.view()
            program = self._pane.programs.named(view.reading.program)
            if program is None or self._signs.say(view, program, loop.time()) is False:
                return False
            if (
                program.works(line for line in view.screen.lines if " again " in line)
                or loop.time() >= deadline
            ):
                return True

    async def _rests(self, pid: str, seconds: float) -> bool:
        """Whether it stops within so many seconds, and stays so: the words that say that it works change now and then."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        since: float | None = None
        while since is not None or loop.time() < deadline:
            await asyncio.sleep(POLL_SECONDS)
            view = await self._pane.view()
            if view.state.dead or view.state.pid != pid:
                raise _refused("the program in it ended.")
            program = self._pane.programs.named(view.reading.program)
            works = None if program is None else self._signs.say(view, program, loop.time())
            since = None if works is not False else since or loop.time()
            if since is not None and loop.time() - since >= SURE_SECONDS:
                return True
        return False

    def _over(self, program: Program) -> Halted:
        pressed = ", ".join(self._pressed)
        return Halted(tuple(self._pressed), True, f"{program.name} was interrupted by {pressed}.")

    def _still(self, why: str) -> Halted:
        pressed = f"Pressed: {', '.join(self._pressed)}." if self._pressed else "No key was pressed."
        return Halted(
            tuple(self._pressed),
            False,
            f"It still works, as far as the screen says. {pressed} {why}".rstrip(),
        )


def _refused(why: str) -> PaneHeldError:
    return PaneHeldError(why, reason="halt")
