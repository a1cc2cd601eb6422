# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gemini CLI."""

from __future__ import annotations

from .table import Program

PROGRAM = Program(
    name="gemini",
    seen=("0.61.0",),
    marks=(
        r"\bGemini CLI\b",
        r"^ > +Type your message or @path/to/file",
        r"^ workspace(?: \(/directory\))?\s+sandbox\b",
        r"^\s*(?:✦|ℹ) ",
        r"Shift\+Tab to accept edits",
        r"^ > ",
        r"No, suggest changes \(esc\)",
    ),
    digits=True,
    interrupts=True,
    placeholders=(r"^Type your (?:message|shell command)\b",),
    shell_key="Escape",
    blank_after=r"(?:(?:^|\s)[@/]\S*|\\)$",
    busy=(r"\(esc to cancel, \d+",),
)
