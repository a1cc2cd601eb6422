# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Qwen Code."""

from __future__ import annotations

from .table import Program

PROGRAM = Program(
    name="qwen",
    seen=("0.15.10",),
    marks=(
        r"(?i)\bQwen Code\b",
        r"^>   Type your message or @path/to/file",
        r"^\s*(?:✦|ℹ) ",
        r"No, suggest changes \(esc\)",
    ),
    digits=True,
    interrupts=True,
    placeholders=(r"^Type your message\b",),
    blank_after=r"(?:(?:^|\s)[@/]\S*|\\)$",
    busy=(r"\(esc to cancel, \d+", r"^\s*[\u2800-\u28ff] .*\besc to cancel\)"),
)
