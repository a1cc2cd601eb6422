# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a controller: Ansible's workers have sessions of their own, so that a signal to its group does not reach them."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

ROUNDS = 100
"""How often it is looked for workers that were begun meanwhile."""


def below(root: int) -> list[int]:
    """The processes that a process has begun, and those that they have, but for the ones that have left them."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                children.setdefault(int(parent), []).append(int(entry.name))
    found = list(children.get(root, []))
    for process in found:  # which grows
        found += children.get(process, [])
    return found


def kill_below(root: int) -> None:
    """Kill them all at once, until there is none."""
    for _round in range(ROUNDS):
        found = below(root)
        if not found:
            return
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
