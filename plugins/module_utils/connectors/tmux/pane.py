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
from contextlib import asynccontextmanager
from enum import Enum

from ..errors import PaneHeldError, TmuxError, TmuxTargetError
from ..terminal import neutralise
from .command import Tmux
from .lock import writer_lock
from .pane_keys import PaneKeys
from .pane_look import PaneLook, View
from .pane_state import BLOCK_OPTION, GONE_OPTION, SETTLED_OPTION
from .programs import Programs
from .readiness import require_reader
from .standing import Standing, digest, typed_form

ENTER_ATTEMPTS = 3
"""How often Enter is pressed at most in one go, while the text still stands in the input block."""

QUIET_SECONDS = 1.0
"""How long a new pane has to show the same picture before its program counts as started."""

START_SECONDS = 10.0
"""After so long a program counts as started, though its picture still moves."""

ECHO_SECONDS = 5.0
"""How long a program may take to show a short text in its input block."""

ECHO_LETTERS_PER_SECOND = 200_000

ABSENT_SECONDS = 60.0
"""How long a text may stay out of sight before it is given up as unverified."""

POLL_SECONDS = 0.03

SURE_LOOKS = 3
"""How many looks in a row have to say that a text is gone: a program that redraws shows half a screen."""


class Outcome(str, Enum):
    """What became of a text, as far as there is evidence."""

    SUBMITTED = "submitted"
    """The text stood in the program's input block, Enter was pressed, and it is gone from there."""
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
        self, tmux: Tmux, session: str, programs: Programs | None = None, *, reader: str = "agent"
    ) -> None:
        self.tmux = tmux
        self.session = session
        self.programs = programs or Programs()
        self.reader = reader
        self._looks = PaneLook(tmux, session)
        self._keys = PaneKeys(tmux, self._looks)
        self._absent: tuple[str, float] | None = None

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
        if view.state.in_mode:
            # In copy mode a paste is not framed, and Enter does something else.
            await self._looks.run("copy-mode", "-q", "-t", view.state.pane_id)
            view = await self.view()
        if view.state.settled != view.state.pid:
            view = await self._settle(view)
        if view.reading.block and not view.state.shown_block:
            await self._keys.note(view, BLOCK_OPTION, view.state.pid)
        self._refuse_dialog(view)
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
        async with writer_lock(self.tmux.socket_path), self._connected():
            view = await self.look()
            if view.state.has_gone(token):
                return Outcome.SUBMITTED
            if not view.state.has_typed(token):
                view = await self._make_room(view)
                view = await self._leave_shell_mode(view)
                program = self.programs.named(view.reading.program)
                require_reader(
                    view,
                    self.session,
                    self.reader,
                    looks_like_a_shell=program is not None and program.is_shell,
                )
                await before(Step.TYPING)
                await self._keys.paste(view, typed_form(text, program.blank_after if program else ""), token)
                await asyncio.sleep(_pause_before_enter(len(text)))
            elif view.state.has_entered(token) and view.stands(text) is Standing.ABSENT:
                return await self._taken(view, token)
            if view.reading.block is None and not view.state.shown_block:
                return await self._enter_blindly(view, token, before)
            return await self._enter(view, text, token, before)

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
        """Wait until the program of a new pane has started: what comes before that, it throws away."""
        loop = asyncio.get_running_loop()
        began = quiet_since = loop.time()
        while loop.time() - began < START_SECONDS:
            await asyncio.sleep(0.1)
            now = await self.view()
            if now.screen != view.screen:
                quiet_since = loop.time()
            view = now
            if loop.time() - quiet_since >= QUIET_SECONDS and (view.screen.tail() or view.waits_in_a_read):
                break
        if not view.screen.tail():
            require_reader(view, self.session, self.reader)
        await self._keys.note(view, SETTLED_OPTION, view.state.pid)
        return view

    async def _make_room(self, view: View) -> View:
        """The pane with an empty input block: a text of ours that was left in it is submitted first."""
        draft = view.reading.draft
        if not draft:
            return view
        if view.state.left_over and view.state.left_over == digest(draft):
            await self._keys.press_enter(view, view.state.typed.rpartition("/")[0])
            after = await self._await_gone(view, draft, 2.0)
            if after is None or after.reading.draft:
                raise self._held(view, "own-text", "does not take the bridge's own text in its input line")
            self._refuse_dialog(after)
            return after
        raise self._held(view, "draft", f"has a half-typed draft: {draft[:80]}")

    async def _leave_shell_mode(self, view: View) -> View:
        """The pane with a block for words: in an agent's shell mode they would run as a command of the host."""
        program = self.programs.named(view.reading.program)
        if view.reading.block is None or not view.reading.block.shell:
            return view
        if program is not None and program.shell_key:
            await self._keys.press(view, program.shell_key)
            deadline = asyncio.get_running_loop().time() + ECHO_SECONDS
            while asyncio.get_running_loop().time() < deadline:
                view = await self.view()
                block = view.reading.block
                if block and not block.shell and not block.draft:
                    self._refuse_dialog(view)
                    return view
                await asyncio.sleep(POLL_SECONDS)
        raise self._held(view, "shell-mode", "is in its shell mode, where words would run as a command")

    async def _enter_blindly(self, view: View, token: str, announce: Announce) -> Outcome:
        """Enter for a plain reader, which shows nothing of what it reads."""
        if not view.state.has_entered(token):
            await announce(Step.ENTERING)
            await self._keys.press_enter(view, token, blind=True)
            self._require_same(await self.view(), view)
        return Outcome.UNVERIFIED

    async def _enter(self, typed: View, text: str, token: str, announce: Announce) -> Outcome:
        """Press Enter while the text stands in the input block, never into a dialog that opened meanwhile."""
        for attempt in range(ENTER_ATTEMPTS + 1):
            view = await self._await_text(typed, text, token)
            if view is None:
                return Outcome.UNVERIFIED
            if attempt == 0:
                await announce(
                    Step.ENTERING
                )  # who notes it on a disk takes a while: so there is another look
                continue
            if await self._close_popup(view):
                continue
            await self._keys.press_enter(view, token)
            after = await self._await_gone(view, text, 0.2 * 2**attempt)
            if after is not None:
                return await self._taken(after, token)
        raise self._held(typed, "unsubmitted", "does not take the text that stands in its input line")

    async def _close_popup(self, view: View) -> bool:
        """Close a completion that Enter would accept, by the one key that the program's table names for it."""
        program = self.programs.named(view.reading.program)
        if program is None or not program.popup_key or not program.shows(program.popup, view.screen.lines):
            return False
        await self._keys.press(view, program.popup_key)
        return True

    async def _taken(self, view: View, token: str) -> Outcome:
        """What an Enter came to whose text is not in the input block any more."""
        if view.state.has_entered(token) and view.state.entered_blindly:
            return Outcome.UNVERIFIED
        await self._keys.note(view, GONE_OPTION, f"{token}/{view.state.pid}")
        return Outcome.SUBMITTED

    async def _await_text(self, typed: View, text: str, token: str) -> View | None:
        """The pane as soon as the text stands in its input block; None when it stayed out of sight for too long."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ECHO_SECONDS + len(text) / ECHO_LETTERS_PER_SECOND
        before: View | None = None
        while True:
            view = await self.view()
            self._require_same(view, typed)
            stands = view.stands(text)
            same = before is not None and before.reading.draft == view.reading.draft
            if stands is Standing.WHOLE or (
                stands is Standing.PART and same and loop.time() > deadline - ECHO_SECONDS / 2
            ):
                self._absent = None
                return view
            if loop.time() >= deadline:
                self._refuse_dialog(view)
                self._hold_out_of_sight(view, stands, token)
                return None
            before = view
            await asyncio.sleep(POLL_SECONDS)

    def _hold_out_of_sight(self, view: View, stands: Standing, token: str) -> None:
        """Hold a text that is not seen where it was typed, and let go of it after a bound: who knows where it went."""
        if stands is Standing.MIXED:
            raise self._held(view, "draft", "has more in its input line than was typed by the bridge")
        if view.reading.block is None:
            raise self._held(
                view, "busy", "shows no input line now, and the text that was typed waits under it"
            )
        now = asyncio.get_running_loop().time()
        if self._absent is None or self._absent[0] != token:
            self._absent = (token, now)
        if view.state.has_entered(token) or now - self._absent[1] >= ABSENT_SECONDS:
            self._absent = None
            return
        raise self._held(view, "unseen", "does not show the text that was typed into it")

    async def _await_gone(self, pressed: View, text: str, timeout: float) -> View | None:
        """The pane once the text is gone from its input block; None while it stands there after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        looks = 0
        while True:
            view = await self.view()
            self._require_same(view, pressed)
            gone = view.reading.dialog is None and view.stands(text) is Standing.ABSENT
            looks = looks + 1 if gone else 0
            if looks >= SURE_LOOKS:
                return view
            if loop.time() >= deadline and not looks:
                # Whether the text was taken shows when the dialog is gone.
                self._refuse_dialog(view)
                return None
            await asyncio.sleep(POLL_SECONDS)

    def _refuse_dialog(self, view: View) -> None:
        if view.reading.dialog:
            raise self._held(view, "dialog", f"shows a dialog: {view.reading.dialog.line}")

    def _held(self, view: View, reason: str, what: str) -> PaneHeldError:
        return PaneHeldError(f"Session {self.session!r} {what}", reason=reason, screen=view.screen.tail())

    def _require_same(self, view: View, typed: View) -> None:
        now, then = view.state, typed.state
        if (now.pane_id, now.pid) != (then.pane_id, then.pid) or now.dead:
            raise TmuxTargetError(f"The program in session {self.session!r} ended while it was typed into.")


def _pause_before_enter(length: int) -> float:
    """Seconds to wait before Enter: a program swallows one that comes while it still takes the text in."""
    return min(0.1 + length / 10_000, 0.5)
