# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claude Code."""

from __future__ import annotations

from .table import Program

PROGRAM = Program(
    name="claude",
    seen=("2.1.197",),
    marks=(
        r"\bClaude Code v?\d",
        r"^❯\u00a0",
        r"^\s*⎿",
        r"^[✻✽✶✢✳·] \w+(?:…| for \d)",
        r"\? for shortcuts\b.*← for agents",
        r"(?i)\bClaude (?:Code|wants to|has|needs)\b",
        r"Esc to cancel · Tab to amend",
        r"! for shell mode",
    ),
    digits=True,
    interrupts=True,
    shell_key="BSpace",
    blank_after=r"(?:(?:^|\s)[@/]\S*|\\)$",
    dialogs=(r"^\s*search prompts:", r"^\s*Showing detailed transcript\b"),
    busy=(r"\besc to interrupt\b", r"^[✻✽✶✢✳·] \w+…"),
)
