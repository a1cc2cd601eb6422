# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cline's CLI."""

from __future__ import annotations

from .table import Program

PROGRAM = Program(
    name="cline",
    seen=("3.0.65",),
    marks=(r"\bCline\b", r"\bClinePass\b", r"⏵⏵ Auto-approve", r"○ Plan|● Act"),
    dialogs=(
        r"^\s*Cline (?:needs permission|is asking a question)$",
        r"\bany other key to close\b",
    ),
    blank_after=r"(?:^|\s)[@/]\S*$",
)
