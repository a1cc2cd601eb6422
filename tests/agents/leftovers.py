# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program leaves running behind its terminal is found by its home, which no other run has, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

END_SECONDS = 5.0
"""How long a process may take to end when it is asked, before it is made to."""


def end_processes_of(home: Path) -> None:
    """End every process with this home: Codex starts a daemon that outlives it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + END_SECONDS
        while (left := _processes_of(home)) and time.monotonic() < deadline:
            for process in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, number)
            time.sleep(0.1)  # nothing tells of the end of a process that is not our child


def _processes_of(home: Path) -> list[int]:
    mark, found = f"HOME={home}".encode(), []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found
