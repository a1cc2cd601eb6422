# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to a pane: a text pasted, a key pressed, each with a mark in the pane that it was done."""

from __future__ import annotations

import contextlib

from ..errors import TmuxError
from .command import Tmux
from .control import quoted
from .foreground import look_at_foreground
from .pane_look import PaneLook, View
from .pane_state import BLIND, ENTERED_OPTION, TEXT_OPTION, TYPED_OPTION
from .standing import digest
from .tty_state import look_at_tty

BUFFER = "mosaic-message"
"""The tmux buffer through which every text goes; one writer at a time has it."""

DONE = "mosaic-done"
"""What tmux answers when it did what it was asked."""


class PaneKeys:
    """Text and keys for one pane. Who calls has seen what they rest on.

    tmux itself compares, as it types, whether the pane is as it was seen: the same program in it, the cursor at the
    same place, no mode that takes the keys, no neighbours that get them too. Where it is not, nothing is typed.
    """

    def __init__(self, tmux: Tmux, looks: PaneLook) -> None:
        self._tmux = tmux
        self._looks = looks

    async def load(self, text: str) -> None:
        """Bring a text to the server; it takes a while, so there is another look before it is pasted."""
        # Words come by standard input: a list of arguments can be read by everybody.
        await self._tmux.run("load-buffer", "-b", BUFFER, "-", stdin=text.encode("utf-8"))

    async def unload(self) -> None:
        """A text that is not pasted does not stay in the server, where every client could read it."""
        with contextlib.suppress(TmuxError):  # it may be pasted, or the server gone with it
            await self._looks.run("delete-buffer", "-b", BUFFER)

    async def paste(self, view: View, text: str, token: str, *, blind: bool = False) -> bool:
        """Paste `text`, which was loaded, into what was seen, and remember that it has the message of `token`."""
        pane = view.state.pane_id
        pasted = f"paste-buffer -d -p -r -b {BUFFER} -t '{pane}'"
        remembered = f"set-option -p -t '{pane}' {TEXT_OPTION} {digest(text)}"
        mark = self._mark(view, TYPED_OPTION, token)
        return await self._do(view, f"{pasted} ; {remembered} ; {mark}", blind=blind)

    async def press_enter(self, view: View, token: str, *, blind: bool = False) -> bool:
        """Press Enter and remember it, both or neither."""
        again = view.state.has_entered(token)
        mark = self._mark(view, ENTERED_OPTION, token, BLIND if blind else "")
        return await self._do(
            view, f"send-keys -t '{view.state.pane_id}' Enter ; {mark}", blind=blind, again=again
        )

    async def press(self, view: View, key: str) -> bool:
        """Press a key that the program's table names."""
        return await self._do(view, f"send-keys -t '{view.state.pane_id}' {quoted(key)}")

    async def note(self, view: View, option: str, value: str) -> None:
        """Leave a mark in the pane."""
        await self._looks.run("set-option", "-p", "-t", view.state.pane_id, option, value)

    def _mark(self, view: View, option: str, token: str, end: str = "") -> str:
        state = view.state
        # A token may come back from the pane's own options, and there it is anybody's word.
        return f"set-option -p -t '{state.pane_id}' {option} {quoted(f'{token}/{state.pid}{end}')}"

    async def _do(self, view: View, command: str, *, blind: bool = False, again: bool = False) -> bool:
        """Run commands on the pane if it is as it was seen; without a block to see (`blind`) its cursor may move.

        What is pressed `again` waits for a program that has done with the last key.
        """
        state = view.state
        same = ["#{==:#{pane_pid}/#{pane_in_mode}/#{pane_synchronized}," + f"{state.pid}/0/0" + "}"]
        if not blind:
            tty = look_at_tty(state.tty)
            if tty is not None and tty.unread:
                return False  # it has not read the last key yet: what it shows is older than that
            if again and not _idle(state.pid, state.tty):
                return False  # it has read it, and may not have shown yet what came of it
            place = f"{state.cursor_x}/{state.cursor_y}/{int(state.cursor_visible)}"
            same.append("#{==:#{cursor_x}/#{cursor_y}/#{cursor_flag}," + place + "}")
        condition = same[0] if len(same) == 1 else "#{&&:" + ",".join(same) + "}"
        done = f"{command} ; display-message -p {DONE}"
        answered = await self._looks.run("if-shell", "-F", "-t", state.pane_id, condition, done)
        return DONE in answered.split("\n")


def _idle(pid: str, tty: str) -> bool:
    """Whether the program sleeps, as far as the kernel tells."""
    foreground = look_at_foreground(pid, tty)
    return foreground is None or foreground.idle
