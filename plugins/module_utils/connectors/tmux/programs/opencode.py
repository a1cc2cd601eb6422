# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenCode."""

from __future__ import annotations

from .table import Program

PROGRAM = Program(
    name="opencode",
    seen=("1.18.33",),
    marks=(
        r"\bOpenCode\b",
        r"\bctrl\+p\s+commands\b|\bctrl\+p\b",
        r"^ {0,4}┃(?: |$)",
        r"^\s*▣ ",
        r"△ +Permission required",
        r"^\s*┃\s+Build · ",
    ),
    placeholders=(r"^Ask anything",),
    shell_marks=(r"^[\s┃]*Shell\s*$",),
    blank_after=r"(?:^|\s)[@/]\S*$",
    stop_keys=("Escape", "Escape"),
    # In a narrow pane the words are broken: the squares that move stand before them.
    busy=(r"\besc\s+(?:again to )?interrupt\b", r"^\s*[⬝■]{4,}\s+esc\b"),
)
