# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aider."""

from __future__ import annotations

from .table import Program

PROGRAM = Program(
    name="aider",
    seen=("0.86.2",),
    marks=(
        r"(?i)^Aider v\d",
        r"^Tokens: [\d.]+k? sent, [\d.]+k? received",
        r"^Repo-map: ",
        r"\(Y\)es/\(N\)o",
        r"^\W*Waiting for \S+/",
    ),
    interrupts=True,
    busy=(r"\bWaiting for \S+", r"[░█]{2}"),
)
