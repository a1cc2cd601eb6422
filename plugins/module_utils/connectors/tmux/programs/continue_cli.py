# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Continue's CLI, cn."""

from __future__ import annotations

from .table import Program

PROGRAM = Program(
    name="continue",
    seen=("1.5.47",),
    marks=(
        r"◉ Continue CLI\b",
        r"Ask anything, @ for context, / for slash commands",
        r"\btell Continue what\b",
    ),
    dialogs=(r"\bNo, and tell Continue what\b",),
    blank_after=r"(?:^|\s)[@/]\S*$",
    # It looks past blanks for the backslash that begins another line, before the cursor alone.
    continued=r"\\\s*$",
    start_key="C-a",
    # It counts a tab as nothing, and the edge of its box runs on into the next row.
    tab="    ",
)
