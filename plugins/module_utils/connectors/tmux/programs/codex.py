# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenAI Codex."""

from __future__ import annotations

from .table import Program

PROGRAM = Program(
    name="codex",
    seen=("0.171.0",),
    marks=(
        r">_ OpenAI Codex\b",
        r"^› ?Ask Codex\b",
        r"^\s*Worked for .* • ",
        r"⚠ \d+ warnings?\b.*\bf2 to view",
        r"\b(?:tell|let) Codex\b",
        r"^[›•■] ",
        r"Press enter to confirm or esc to cancel",
    ),
    # No `digits`: the question whether a folder is trusted, the first of a fresh host, takes none.
    popup=(r"\benter/tab insert · esc close\b", r"\benter insert · esc close\b"),
    popup_key="Escape",
    blank_after=r"(?:^|\s)[@$/]\S*$",
    busy=(r"\besc to interrupt\b",),
)
