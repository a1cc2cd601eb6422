# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, kept until the page is made of it: figures of every round, and the machine they were taken on."""

from __future__ import annotations

import datetime
import json
import os
import platform
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".cache" / "bench"


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def machine() -> dict[str, str]:
    """The machine in words, and how busy it was."""
    cpuinfo = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(
        (line.split(": ", 1)[1] for line in cpuinfo if line.startswith("model name")), platform.machine()
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1024 / 1024
    return {
        "date": f"{datetime.datetime.now(tz=datetime.timezone.utc):%Y-%m-%d %H:%M} UTC",
        "processor": f"{len(os.sched_getaffinity(0))} cores of {model.strip()}",
        "memory": f"{memory:.0f} GiB",
        "system": f"Linux {platform.release().split('-')[0]}, Python {platform.python_version()}",
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def keep(section: str, figures: dict[str, Any]) -> None:
    """Keep what a section found."""
    KEPT.mkdir(parents=True, exist_ok=True)
    document = {"machine": machine(), **figures}
    (KEPT / f"{section}.json").write_text(json.dumps(document, indent=1) + "\n")


def kept(section: str) -> dict[str, Any] | None:
    """What a section found when it was last measured."""
    place = KEPT / f"{section}.json"
    return json.loads(place.read_text()) if place.exists() else None


def told(values: Iterable[float], digits: int = 1) -> str:
    """The median of the rounds, and their range."""
    ordered = sorted(values)
    if not ordered:
        return ""
    middle = f"{statistics.median(ordered):.{digits}f}"
    if len(ordered) == 1:
        return middle
    return f"{middle} ({ordered[0]:.{digits}f} to {ordered[-1]:.{digits}f})"


def quantile(values: list[float], part: float) -> float:
    """The value that this part of them does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]
