# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dialog as a value."""

from __future__ import annotations

from . import modal
from .block import Found
from .reading import Dialog
from .screen import Screen


def read_dialog(screen: Screen, found: Found, asked: str | None = None) -> Dialog | None:
    """What holds the screen, or None where nothing says that it is a dialog."""
    line = asked or _line(screen, found)
    if line is None:
        return None
    return Dialog(line.strip(" │┃"), secret=modal.secret(line))


def _line(screen: Screen, found: Found) -> str | None:
    cursor_line = screen.line(screen.cursor_y)
    if modal.question(cursor_line) or modal.secret(cursor_line) or modal.pager(cursor_line):
        return cursor_line
    if modal.editor(screen):
        return next((line for line in reversed(screen.lines) if line.strip()), "")
    written = [line for line in screen.lines if line.strip()][-30:]
    footer = next((line for line in reversed(written) if modal.footer(line)), None)
    if footer:
        return footer
    if found.menu or (written and modal.question(written[-1])):
        return cursor_line if cursor_line.strip() else written[-1]
    if modal.asks(cursor_line) and screen.cursor_visible:
        return cursor_line
    return None
