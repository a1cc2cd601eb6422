# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a pane asks for a secret, and what of it may be told beside the reason why nothing is typed."""

from __future__ import annotations

import re

from . import modal
from .pane_look import View

_TITLE = re.compile(
    r"(?i)^\W*(?:\w+ ){0,4}(?:password|passphrase|passcode|pin|token|secret|api[ _-]?key|code|otp|credentials?)\W*$"
)
"""A line that says no more than what is asked for, as the titles of boxes and of prompts without a colon do."""

_EDGE = " \u00a0│┃|"


def told(view: View) -> str:
    """What a pane shows, for who is told that it holds; nothing while it asks for a secret."""
    return "" if asks_for_secret(view) else "\n".join(view.screen.lines)


def asks_for_secret(view: View) -> bool:
    """Whether a password, a key or a code is asked for, so that nothing of the screen is anybody's business."""
    if view.tty is not None and view.tty.secret:
        return True
    screen, dialog = view.screen, view.reading.dialog
    if dialog is not None and dialog.secret:
        return True
    near = [screen.line(screen.cursor_y - 1), screen.logical(screen.cursor_y)] if screen.rows else []
    if view.reading.block is not None:
        return any(modal.secret(line.strip(_EDGE)) for line in near)
    # Who asks for a key shows no input block, and may say so anywhere.
    # dialog(1) draws its edges as letters where the terminal has no lines.
    lines = [line.strip(f"{_EDGE}x") for line in (*screen.lines, *near)]
    return any(modal.secret(line) or modal.wants_secret(line) or _TITLE.match(line) for line in lines)
