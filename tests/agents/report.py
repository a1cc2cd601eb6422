# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the person who runs it sees: a line as it happens, a table at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from .verdict import Kind, Verdict

_BEGAN = time.monotonic()


@dataclass(frozen=True)
class Row:
    """One check of one program in one size."""

    program: str
    version: str
    size: tuple[int, int]
    check: str
    verdict: Verdict

    def __str__(self) -> str:
        """As it is told at once."""
        return f"{self.program} {self.size[0]}x{self.size[1]} {self.check}: {self.verdict}"


def say(text: str) -> None:
    """A line, with the time since the start."""
    sys.stdout.write(f"[{time.monotonic() - _BEGAN:5.0f}s] {text}\n")
    sys.stdout.flush()


def table(rows: Sequence[Row], skipped: Sequence[str]) -> str:
    """Checks down, programs across; below it, what is not plainly exact or held, in words."""
    programs = list(dict.fromkeys(row.program for row in rows))
    lines = list(dict.fromkeys((row.size, row.check) for row in rows))
    cells = {(row.program, row.size, row.check): row.verdict.kind.value for row in rows}
    widths = {name: max(len(name), 10) for name in programs}
    label = max([len(_label(*line)) for line in lines], default=0)
    text = ["", f"{'':{label}}  " + "  ".join(f"{name:{widths[name]}}" for name in programs)]
    for size, check in lines:
        row = "  ".join(f"{cells.get((name, size, check), ''):{widths[name]}}" for name in programs)
        text.append(f"{_label(size, check):{label}}  {row}".rstrip())
    told = [row for row in rows if row.verdict.kind in (Kind.FAILED, Kind.UNVERIFIED)]
    text += ["", *(str(row) for row in told), *(f"SKIPPED {one}" for one in skipped)]
    counts = {kind: sum(row.verdict.kind is kind for row in rows) for kind in Kind}
    total = ", ".join(f"{number} {kind.value}" for kind, number in counts.items() if kind is not Kind.NONE)
    return "\n".join([*text, f"{len(rows)} checks: {total}; {len(skipped)} skipped", ""])


def _label(size: tuple[int, int], check: str) -> str:
    return f"{size[0]}x{size[1]} {check}"
