# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pi, the coding agent."""

from __future__ import annotations

from .table import Program

PROGRAM = Program(
    name="pi",
    seen=("0.73.1",),
    marks=(
        r"^\s*pi v\d",
        r"escape interrupt · ctrl\+c/ctrl\+d",
        r"^(?:[↑↓]\S+ )*\d+(?:\.\d+)?%/\d+k \(auto\)",
        r"Pi can explain its own features",
    ),
    busy=(r"^\s*[\u2800-\u28ff] Working\.\.\.$",),
    blank_after=r"(?:(?:^|\s)[@/]\S*|\\)$",
)
