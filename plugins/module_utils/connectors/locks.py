# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks between processes, which the kernel gives back when a process dies."""

from __future__ import annotations

import os
from pathlib import Path


def try_lock(descriptor: int) -> bool:
    """Lock an open file or directory for this descriptor alone; False when another one has it."""
    # Here, since the platform's sanity check of a file that a module imports must pass anywhere.
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Claim:
    """A file that one process at a time may hold."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path) -> Claim | None:
        """Claim `path`, made where it is missing; None when another process holds it. Raises `OSError`."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if try_lock(descriptor):
            return cls(descriptor)
        os.close(descriptor)
        return None

    def release(self) -> None:
        """Give it back; harmless when called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
