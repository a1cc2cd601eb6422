# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be so before a text is typed or Enter pressed: room for words, and nothing that takes Enter for itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

from ..secrets import redact_shapes
from .pane_evidence import ECHO_SECONDS, POLL_SECONDS, Evidence
from .pane_keys import PaneKeys
from .pane_look import View
from .programs import Program, Programs
from .readiness import require_reader
from .standing import digest

Look = Callable[[], Awaitable[View]]

OWN_TEXT_LOOKS = 10
"""How often a text of ours that was left over is looked at, while the screen moves before the key comes."""


class Room:
    """The place for a text in one pane, made and looked after by the few keys that are known to be harmless."""

    def __init__(
        self,
        session: str,
        keys: PaneKeys,
        evidence: Evidence,
        *,
        look: Look,
        programs: Programs,
        reader: str,
    ) -> None:
        self._session = session
        self._look = look
        self._keys = keys
        self._evidence = evidence
        self._programs = programs
        self._reader = reader

    def program(self, view: View) -> Program | None:
        """The table of the program that is seen."""
        return self._programs.named(view.reading.program)

    async def make(self, view: View) -> View:
        """The pane with an empty input block for words; else `PaneHeldError`."""
        return await self._leave_shell_mode(await self._submit_our_own(view))

    def require(self, view: View) -> None:
        """Raise `PaneHeldError` unless the pane can be typed into as it is."""
        self._evidence.refuse_dialog(view)
        if view.reading.draft:
            raise self._evidence.held(
                view, "draft", f"has a half-typed draft: {redact_shapes(view.reading.draft)[:80]}"
            )
        if view.reading.block and view.reading.block.commands:
            raise self._evidence.held(
                view, "shell-mode", "is in its shell mode, where words would run as a command"
            )
        self.require_reader(view)

    def require_reader(self, view: View) -> Program | None:
        """The program that waits for words; `PaneHeldError` where none does."""
        program = self.program(view)
        shell = program is not None and program.is_shell
        require_reader(view, self._session, self._reader, looks_like_a_shell=shell)
        return program

    async def _submit_our_own(self, view: View) -> View:
        """The pane with an empty input block: a text of ours that was left in it is submitted first."""
        for _look in range(OWN_TEXT_LOOKS):
            draft = view.reading.draft
            if not draft:
                return view
            if view.state.left_over != digest(draft):
                raise self._evidence.held(
                    view, "draft", f"has a half-typed draft: {redact_shapes(draft)[:80]}"
                )
            if await self._keys.press_enter(view, view.state.typed.rpartition("/")[0]):
                return await self._without(draft, view)
            await asyncio.sleep(POLL_SECONDS)
            view = await self._look()
            self._evidence.refuse_dialog(view)
        raise self._evidence.held(view, "moving", "moves whenever a key is to be pressed in it")

    async def _without(self, draft: str, pressed: View) -> View:
        """The pane once our own draft was taken; `PaneHeldError` when it was not."""
        after = await self._evidence.of_absence(pressed, draft, ECHO_SECONDS)
        if after is None or after.reading.draft:
            raise self._evidence.held(
                pressed, "own-text", "does not take the bridge's own text in its input line"
            )
        self._evidence.refuse_dialog(after)
        return after

    async def _leave_shell_mode(self, view: View) -> View:
        """The pane with a block for words: in an agent's shell mode they would run as a command of the host."""
        program = self.program(view)
        if view.reading.block is None or not view.reading.block.commands:
            return view
        if program is not None and program.shell_key:
            await self._keys.press(view, program.shell_key)
            deadline = asyncio.get_running_loop().time() + ECHO_SECONDS
            while asyncio.get_running_loop().time() < deadline:
                view = await self._look()
                block = view.reading.block
                if block and not block.commands and not block.draft:
                    self._evidence.refuse_dialog(view)
                    return view
                await asyncio.sleep(POLL_SECONDS)
        raise self._evidence.held(
            view, "shell-mode", "is in its shell mode, where words would run as a command"
        )

    async def close_popup(self, view: View) -> bool:
        """Close a completion that Enter would accept, by the one key that the program's table names for it."""
        program = self.program(view)
        if program is None or not program.popup_key or not program.shows(program.popup, view.screen.lines):
            return False
        await self._keys.press(view, program.popup_key)
        return True

    async def leave_the_end(self, view: View, text: str) -> bool:
        """Take the cursor away from an end that Enter would make a new line of, by the key that the table names."""
        program = self.program(view)
        if program is None or not program.start_key or not re.search(program.continued, text):
            return False
        block = view.reading.block
        if block is None or block.at_start:
            return False
        await self._keys.press(view, program.start_key)
        deadline = asyncio.get_running_loop().time() + ECHO_SECONDS
        while not (block and block.at_start) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(POLL_SECONDS)
            block = (await self._look()).reading.block
        return True
