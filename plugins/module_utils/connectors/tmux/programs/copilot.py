# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GitHub Copilot CLI."""

from __future__ import annotations

from .table import Program

PROGRAM = Program(
    name="copilot",
    seen=("1.0.102",),
    marks=(
        r"\bGitHub Copilot\b",
        r"(?i)\bCopilot (?:CLI|v\d)",
        r"Enter @ to mention files",
        r"← open sidebar\b|· Manual Approval ·|^ \[Current\]\s+Sessions\b",
        r"(?i)@ files · # issues|/ commands · \? help|shift\+tab switch mode",
        r"No, and tell Copilot",
    ),
    shell_key="Escape",
    blank_after=r"(?:(?:^|\s)[@#/]\S*|\\)$",
    busy=(r"\(Esc to cancel\b", r"\besc (?:esc|again to) interrupt\b"),
    stop_keys=("Escape", "Escape"),
    interrupts=True,
)
