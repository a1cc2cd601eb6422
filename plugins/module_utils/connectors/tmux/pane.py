# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pane of a program that reads from a human: looked at first, then typed into, then made sure of.

No key is pressed without evidence: text goes into a live, empty input block; Enter comes when that very text
stands in it, and again only while it still does; submitted means that it stood there and is gone.

What tmux did is remembered in the pane itself: the command that pastes and the one that sets a pane
option run as one sequence inside the server, so a writer killed at any moment can ask afterwards
whether its text went in. The memory names the program's process: what an earlier one read died with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from enum import Enum

from ..errors import PaneHeldError, TmuxError, TmuxServerError
from ..terminal import neutralise
from .command import Tmux
from .lock import writer_lock
from .pane_evidence import ECHO_LETTERS_PER_SECOND, ECHO_SECONDS, POLL_SECONDS, TAKEN_SECONDS, Evidence
from .pane_keys import PaneKeys
from .pane_look import PaneLook, View
from .pane_room import Room
from .pane_state import BLOCK_OPTION, GONE_OPTION, SETTLED_OPTION
from .programs import Programs
from .readiness import require_reader
from .standing import typed_form
from .taken import is_taken

PASTE_ATTEMPTS = 10
"""How often a text is to be pasted at most, while the pane changes between the look and the paste."""

ENTER_ATTEMPTS = 3
"""How often Enter is pressed at most in one go, while the text still stands in the input block."""

ENTER_LOOKS = 12
"""How many looks that takes at most: at some of them a popup is closed, or the screen moves before the key comes."""

FIRST_WAIT_SECONDS = 1.0
"""How long a program has for the first Enter before it is pressed again; twice as long each time after."""


class Outcome(str, Enum):
    """What became of a text, as far as there is evidence."""

    SUBMITTED = "submitted"
    """It stood in the input block, Enter was pressed, it is gone; a known agent shows it elsewhere, or works."""
    UNVERIFIED = "unverified"
    """The text went in, and nothing on the screen says whether it was taken."""


class Step(Enum):
    """What is about to happen to the pane."""

    TYPING = "typing"
    ENTERING = "entering"


Announce = Callable[[Step], Awaitable[None]]
"""Told, and waited for, before a step is taken."""


async def _to_nobody(_step: Step) -> None:
    """Nobody wants to know."""


class Pane:
    """The first pane of a session, found by the session's exact name."""

    def __init__(
        self,
        tmux: Tmux,
        session: str,
        programs: Programs | None = None,
        *,
        reader: str = "agent",
        patience: float = TAKEN_SECONDS,
    ) -> None:
        """`patience` is how many seconds a known program has to show that it took a text, once that is gone."""
        self.tmux = tmux
        self.session = session
        self.programs = programs or Programs()
        self.reader = reader
        self._looks = PaneLook(tmux, session)
        self._keys = PaneKeys(tmux, self._looks)
        self._evidence = Evidence(session, self.view, self._is_taken, patience)

    @property
    def _room(self) -> Room:
        """By the tables and the kind of reader that hold now: the settings may be read again."""
        return Room(
            self.session,
            self._keys,
            self._evidence,
            look=self.view,
            programs=self.programs,
            reader=self.reader,
        )

    def _is_taken(self, now: View, pressed: View, text: str) -> bool:
        return is_taken(now, pressed, text, self.programs)

    async def view(self) -> View:
        """What the pane shows now, judged; raises `TmuxTargetError` when the session is not there."""
        return await self._looks.view(self.programs)

    async def look(self) -> View:
        """The pane, if no dialog and nothing else stands in the way; else `PaneHeldError` or `TmuxTargetError`."""
        view = await self.view()
        if view.state.dead:
            raise PaneHeldError(f"The program in session {self.session!r} has ended.", reason="dead")
        if view.state.input_off:
            raise PaneHeldError(f"The pane of session {self.session!r} takes no input.", reason="input-off")
        if view.state.synchronized:
            raise PaneHeldError(
                f"The pane of session {self.session!r} hands its keys on to its neighbours: synchronize-panes is on.",
                reason="synchronized",
            )
        if view.state.in_mode:
            # In copy mode a paste is not framed, and Enter does something else.
            await self._looks.run("copy-mode", "-q", "-t", view.state.pane_id)
            view = await self.view()
        if view.state.settled != view.state.pid:
            view = await self._settle(view)
        if view.reading.block and not view.state.shown_block:
            await self._keys.note(view, BLOCK_OPTION, view.state.pid)
        self._evidence.refuse_dialog(view)
        return view

    async def submit(self, text: str, token: str, before: Announce = _to_nobody) -> Outcome:
        """Type `text` and press Enter, unless the pane says that this very `token` was done already.

        `before` is called when the text is about to be typed, and when Enter is about to be pressed.

        Raises `PaneHeldError` when the pane shows a dialog, a half-typed draft or no place to type, and when
        the program does not take what stands in its input block; `TmuxTargetError` or `TmuxServerError` when
        there is no pane. After any of them, and after a crash, calling again with the same token neither loses
        nor doubles the text.
        """
        text = neutralise(text).rstrip("\n")
        if not text.strip():
            raise TmuxError("Nothing of the text is left that can be typed: it was control characters alone.")
        async with self.alone():
            view = await self.look()
            if view.state.has_gone(token):
                return Outcome.SUBMITTED
            if not view.state.has_typed(token):
                view = await self._type(view, text, token, before)
            elif view.state.has_entered(token) and view.is_without(text):
                after = await self._evidence.of_absence(view, text, 0.0)
                if after is not None:
                    return await self._taken(after, token)
            block = view.reading.block
            line_by_line = view.tty is not None and view.tty.lines and "\n" in text
            if (line_by_line and block) or (block is None and not view.state.shown_block):
                return await self._enter_blindly(view, token, before)
            return await self._enter(view, text, token, before)

    async def _type(self, view: View, text: str, token: str, announce: Announce) -> View:
        """Type the text into a place that was empty when it was looked at last, right before; else `PaneHeldError`."""
        view = await self._room.make(view)
        program = self._room.require_reader(view)
        await announce(Step.TYPING)
        form = typed_form(text, program.blank_after, program.tab) if program else typed_form(text)
        await self._keys.load(form)
        try:
            for _attempt in range(PASTE_ATTEMPTS):
                now = await self.view()
                self._evidence.require_same(now, view)
                self._room.require(now)
                blind = now.reading.block is None
                if await self._keys.paste(now, form, token, blind=blind and self.reader == "plain"):
                    await asyncio.sleep(_pause_before_enter(len(text)))
                    return now
                await asyncio.sleep(POLL_SECONDS)
            raise self._evidence.held(
                now, "moving", "moves, or reads nothing, whenever it is to be typed into"
            )
        except TmuxError:
            await self._keys.unload()
            raise

    @asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        """The pane without another writer at it, whether there is one or not: for who only has to know what was typed.

        Raises `TmuxError` when a writer stays at it.
        """
        async with AsyncExitStack() as held:
            with suppress(TmuxServerError):
                await held.enter_async_context(writer_lock(self.tmux.socket_path))
            yield

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[PaneKeys]:
        """The pane without another writer at it, and its keys; raises `TmuxError` when another one stays."""
        async with writer_lock(self.tmux.socket_path), self._connected():
            yield self._keys

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[None]:
        """One client for all the looks and keys of a delivery."""
        async with self.tmux.connected(self.session) as client:
            self._looks.runner = client
            try:
                yield
            finally:
                self._looks.runner = self.tmux

    async def _settle(self, view: View) -> View:
        """The pane once the program of a new one has started: what comes before that, it throws away."""
        view = await self._evidence.of_a_start(view)
        if not view.screen.tail():
            require_reader(view, self.session, self.reader)
        await self._keys.note(view, SETTLED_OPTION, view.state.pid)
        return view

    async def _enter_blindly(self, view: View, token: str, announce: Announce) -> Outcome:
        """Enter for a plain reader, which shows nothing of what it reads."""
        if not view.state.has_entered(token):
            await announce(Step.ENTERING)
            view = await self._await_reader(view)
            if not await self._keys.press_enter(view, token, blind=True):
                raise self._evidence.held(view, "moving", "is another now than when it was typed into")
            self._evidence.require_same(await self.view(), view)
        return Outcome.UNVERIFIED

    async def _await_reader(self, typed: View) -> View:
        """The pane once its plain reader waits for the rest of what was typed; `PaneHeldError` when it does not."""
        deadline = asyncio.get_running_loop().time() + ECHO_SECONDS
        while True:
            view = await self.view()
            self._evidence.require_same(view, typed)
            try:
                self._evidence.refuse_dialog(view)
                self._room.require_reader(view)
            except PaneHeldError:
                if asyncio.get_running_loop().time() >= deadline:
                    raise
                await asyncio.sleep(POLL_SECONDS)
            else:
                return view

    async def _enter(self, typed: View, text: str, token: str, announce: Announce) -> Outcome:
        """Press Enter while the text stands in the input block, never into a dialog that opened meanwhile."""
        view: View | None = None
        pressed: list[View] = []
        for look in range(ENTER_LOOKS):
            view = await self._evidence.of_text(typed, text, token, view)
            if view is None:
                # A slow program may have taken it after it was waited for, and before it was looked for again.
                late = await self._evidence.of_absence(pressed[-1], text, 0.0) if pressed else None
                return await self._gone(late, pressed[0], text, token) if late else Outcome.UNVERIFIED
            if look == 0:
                # Who notes it on a disk takes a while: so there is another look.
                await announce(Step.ENTERING)
                continue
            if await self._room.close_popup(view) or await self._room.leave_the_end(view, text):
                continue
            wait = FIRST_WAIT_SECONDS * 2 ** len(pressed)
            wait += 0 if pressed else len(text) / ECHO_LETTERS_PER_SECOND
            if not await self._keys.press_enter(view, token):
                await asyncio.sleep(wait / 4)
                continue
            pressed.append(view)
            after = await self._evidence.of_absence(view, text, wait)
            if after is not None:
                return await self._gone(after, pressed[0], text, token)
            if len(pressed) == ENTER_ATTEMPTS:
                break
        raise self._evidence.held(
            typed, "unsubmitted", "does not take the text that stands in its input line"
        )

    async def _gone(self, view: View, pressed: View, text: str, token: str) -> Outcome:
        """What an Enter came to whose text is gone: a known program has to show what it did with it."""
        if await self._evidence.of_taking(pressed, text):
            return await self._taken(view, token)
        with suppress(TmuxError):  # the program may have ended with it
            await self._keys.note(view, GONE_OPTION, f"{token}/{view.state.pid}")
        return Outcome.UNVERIFIED

    async def _taken(self, view: View, token: str) -> Outcome:
        """What an Enter came to whose text is not in the input block any more."""
        if view.state.has_entered(token) and view.state.entered_blindly:
            return Outcome.UNVERIFIED
        await self._keys.note(view, GONE_OPTION, f"{token}/{view.state.pid}")
        return Outcome.SUBMITTED


def _pause_before_enter(length: int) -> float:
    """Seconds to wait before Enter: a program swallows one that comes while it still takes the text in."""
    return min(0.1 + length / 10_000, 0.5)
