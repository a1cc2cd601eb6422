# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to a pane: a text pasted, a key pressed, each with a mark in the pane that it was done."""

from __future__ import annotations

from .command import Tmux
from .pane_look import PaneLook, View
from .pane_state import BLIND, ENTERED_OPTION, TEXT_OPTION, TYPED_OPTION
from .standing import digest

BUFFER = "mosaic-message"
"""The tmux buffer through which every text goes; one writer at a time has it."""


class PaneKeys:
    """Text and keys for one pane. Who calls has seen what they rest on."""

    def __init__(self, tmux: Tmux, looks: PaneLook) -> None:
        self._tmux = tmux
        self._looks = looks

    async def paste(self, view: View, text: str, token: str) -> None:
        """Paste `text` into the program that was seen, and remember that it has the message of `token`."""
        pasted = f"paste-buffer -d -p -r -b {BUFFER} -t '{view.state.pane_id}'"
        remembered = f"set-option -p -t '{view.state.pane_id}' {TEXT_OPTION} {digest(text)}"
        # Words come by standard input: a list of arguments can be read by everybody.
        await self._tmux.run("load-buffer", "-b", BUFFER, "-", stdin=text.encode("utf-8"))
        await self._do(view, f"{pasted} ; {remembered}", TYPED_OPTION, token)

    async def _do(
        self, view: View, command: str, option: str, token: str, *, blind: bool = False, still: bool = False
    ) -> None:
        """Run a command on the pane and leave a mark of it, both or neither, and only if its program is the same.

        With `still`, the cursor has to be where it was seen as well.
        """
        state = view.state
        same = f"#{{==:#{{pane_pid}},{state.pid}}}"
        if still:
            place = f"#{{==:#{{cursor_x}}/#{{cursor_y}},{state.cursor_x}/{state.cursor_y}}}"
            same = f"#{{&&:{same},{place}}}"
        mark = f"set-option -p -t '{state.pane_id}' {option} '{token}/{state.pid}{BLIND if blind else ''}'"
        # A text that is not pasted does not stay in the server, where every client could read it.
        drop = f"delete-buffer -b {BUFFER}" if option == TYPED_OPTION else ""
        await self._looks.run("if-shell", "-F", "-t", state.pane_id, same, f"{command} ; {mark}", drop)

    async def note(self, view: View, option: str, value: str) -> None:
        """Leave a mark in the pane."""
        await self._looks.run("set-option", "-p", "-t", view.state.pane_id, option, value)

    async def press_enter(self, view: View, token: str, *, blind: bool = False) -> None:
        """Enter, unless the visible cursor has left the place where it was seen: the picture is another then."""
        still = view.state.cursor_visible and not blind
        keys = f"send-keys -t '{view.state.pane_id}' Enter"
        await self._do(view, keys, ENTERED_OPTION, token, blind=blind, still=still)

    async def press(self, view: View, key: str) -> None:
        """Press a key that the program's table names."""
        await self._looks.run("send-keys", "-t", view.state.pane_id, key)
