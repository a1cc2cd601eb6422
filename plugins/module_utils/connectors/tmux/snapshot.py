# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A live pane as a fixture: its picture and its cursor at one moment."""

from __future__ import annotations

from ..errors import TmuxTargetError
from .command import Tmux
from .fixture import Fixture

_FIELDS = (
    *("pane_id", "pane_dead", "pane_width", "pane_height", "cursor_x", "cursor_y", "cursor_flag"),
    *("history_size", "alternate_on"),
)
_FORMAT = " ".join(f"#{{{name}}}" for name in _FIELDS)


async def snapshot(tmux: Tmux, session: str) -> Fixture:
    """What the first pane of a session shows.

    Raises `TmuxError`: no server, no session, or a program that has ended.
    """
    listing = await tmux.run("list-panes", "-s", "-t", f"={session}:", "-F", "#{pane_id}")
    panes = sorted(listing.split(), key=lambda name: int(name[1:]))
    if not panes:
        raise TmuxTargetError(f"The session {session!r} has no pane. Look what closed it.")
    shown = await tmux.run(
        "display-message", "-p", "-t", panes[0], _FORMAT, ";", "capture-pane", "-e", "-p", "-t", panes[0]
    )
    state, _feed, text = shown.partition("\n")
    fields = dict(zip(_FIELDS, state.split(), strict=True))
    if fields.pop("pane_dead") == "1":
        raise TmuxTargetError(f"The program in session {session!r} has ended. Look why it did.")
    numbers = {name: int(value) for name, value in fields.items() if name != "pane_id"}
    return Fixture(
        text=text,
        columns=numbers["pane_width"],
        rows=numbers["pane_height"],
        cursor_x=numbers["cursor_x"],
        cursor_y=numbers["cursor_y"],
        cursor_visible=numbers["cursor_flag"] == 1,
        history=numbers["history_size"],
        alternate=numbers["alternate_on"] == 1,
    )
