# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for evidence: that a text stands in the input block, that it is gone from there, or why to hold."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ..errors import PaneHeldError, TmuxTargetError
from .hidden import told
from .pane_look import View
from .standing import Standing

QUIET_SECONDS = 1.0
"""How long a new pane has to show the same picture before its program counts as started."""

START_SECONDS = 10.0
"""After so long a program counts as started, though its picture still moves."""

ECHO_SECONDS = 5.0
"""How long a program may take to show a short text in its input block."""

ECHO_LETTERS_PER_SECOND = 200_000

END_SECONDS = 0.3
"""How long the end of a text has to stand unchanged to be all that a small block shows of it."""

ABSENT_SECONDS = 60.0
"""How long a text may stay out of sight before it is given up as unverified."""

TAKEN_SECONDS = 20.0
"""How long a known program may take to show that it works on a text, once that is gone from its input block."""

POLL_SECONDS = 0.03

SURE_LOOKS = 3
"""How many looks in a row have to say that a text is gone: a program that redraws shows half a screen."""


Taken = Callable[[View, View, str], bool]
"""Whether a look says that a text was taken which stood in the block at a look before."""


class Evidence:
    """What is waited for in a pane, look after look."""

    def __init__(
        self,
        session: str,
        look: Callable[[], Awaitable[View]],
        taken: Taken,
        patience: float = TAKEN_SECONDS,
    ) -> None:
        self._session = session
        self._look = look
        self._is_taken = taken
        self._patience = patience
        self._taken = False
        self._absent: tuple[str, float] | None = None

    async def of_a_start(self, view: View) -> View:
        """The pane once its picture is quiet, or has moved for long."""
        loop = asyncio.get_running_loop()
        began = quiet_since = loop.time()
        while loop.time() - began < START_SECONDS:
            await asyncio.sleep(0.1)
            now = await self._look()
            if now.screen != view.screen:
                quiet_since = loop.time()
            view = now
            if loop.time() - quiet_since >= QUIET_SECONDS and (view.screen.tail() or view.waits_in_a_read):
                break
        return view

    async def of_text(self, typed: View, text: str, token: str, seen: View | None = None) -> View | None:
        """The pane as soon as the text stands in its input block; None when it stayed out of sight for too long.

        `seen` is a look before at which it stood there.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ECHO_SECONDS + len(text) / ECHO_LETTERS_PER_SECOND
        shown, since = typed.reading.draft, loop.time()
        # A long text is still coming while its first part stands.
        enough = END_SECONDS + len(text) / ECHO_LETTERS_PER_SECOND
        while True:
            view = await self._look()
            self.require_same(view, typed)
            stands = view.stands(text)
            if view.reading.draft != shown:
                shown, since = view.reading.draft, loop.time()
            still = loop.time() - since >= enough or (seen is not None and seen.reading.draft == shown)
            if stands is Standing.WHOLE or (stands is Standing.END and still):
                self._absent = None
                return view
            if loop.time() >= deadline:
                self.refuse_dialog(view)
                self._hold_out_of_sight(view, stands, token)
                return None
            await asyncio.sleep(POLL_SECONDS)

    def _hold_out_of_sight(self, view: View, stands: Standing, token: str) -> None:
        """Hold a text that is not seen where it was typed, and let go of it after a bound: who knows where it went."""
        if stands is Standing.MIXED:
            raise self.held(view, "draft", "has more in its input line than was typed by the bridge")
        if stands in (Standing.PART, Standing.END):
            raise self.held(
                view,
                "cut",
                "shows only a part of the text that was typed: it is taking it in still, or takes no more of one",
            )
        if view.reading.block is None:
            raise self.held(
                view, "busy", "shows no input line now, and the text that was typed waits under it"
            )
        now = asyncio.get_running_loop().time()
        if self._absent is None or self._absent[0] != token:
            self._absent = (token, now)
        if view.state.has_entered(token) or now - self._absent[1] >= ABSENT_SECONDS:
            self._absent = None
            return
        raise self.held(view, "unseen", "does not show the text that was typed into it")

    async def of_absence(self, pressed: View, text: str, timeout: float) -> View | None:
        """The pane once the text is gone from its input block; None while it stands there after `timeout` seconds.

        Where the block is gone as well, the text may come back with it: then the kernel has to say that a line was
        taken, or it is held until the block is back.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        longest = loop.time() + max(timeout, ECHO_SECONDS)
        looks, self._taken = 0, False
        while True:
            view = await self._look()
            self.require_same(view, pressed)
            gone = view.is_without(text)
            self._taken = self._taken or (gone and self._is_taken(view, pressed, text))
            away = gone and view.reading.block is None and not view.took_a_line(pressed)
            looks = looks + 1 if gone and not away else 0
            if looks >= SURE_LOOKS:
                return view
            if loop.time() >= (longest if away else deadline) and not looks:
                # Whether the text was taken shows when the dialog is gone, or the block is back.
                self.refuse_dialog(view)
                if not away:
                    return None
                raise self.held(
                    view,
                    "busy",
                    "shows no input line since Enter was pressed: whether it took the text shows when one is back",
                )
            await asyncio.sleep(POLL_SECONDS)

    async def of_taking(self, pressed: View, text: str) -> bool:
        """Whether the program shows within a bound that it took a text that `of_absence` found gone.

        What it showed at a look of `of_absence` counts: a short answer scrolls all of it away in a small pane.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        while not self._taken and loop.time() < deadline:
            await asyncio.sleep(POLL_SECONDS)
            try:
                view = await self._look()
                self.require_same(view, pressed)
            except TmuxTargetError:
                return False  # it had the text when it ended: to type it again might double it
            self._taken = self._is_taken(view, pressed, text)
        return self._taken

    def refuse_dialog(self, view: View) -> None:
        """Raise `PaneHeldError` while a dialog is open."""
        if view.reading.dialog:
            raise self.held(view, "dialog", f"shows a dialog: {view.reading.dialog.line}")

    def held(self, view: View, reason: str, what: str) -> PaneHeldError:
        """Why nothing is typed, with the screen."""
        return PaneHeldError(f"Session {self._session!r} {what}", reason=reason, screen=told(view))

    def require_same(self, view: View, typed: View) -> None:
        """Raise `TmuxTargetError` unless the program is still the one that was typed into."""
        now, then = view.state, typed.state
        if (now.pane_id, now.pid) != (then.pane_id, then.pid) or now.dead:
            raise TmuxTargetError(f"The program in session {self._session!r} ended while it was typed into.")
