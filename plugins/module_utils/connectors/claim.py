# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is held by one writer at a time, so that what was read is what is replaced: the roster, a folder of secrets."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import StateError
from .locks import try_lock

PATIENCE_S = 10.0
"""How long another writer is waited for; one takes milliseconds."""
RUN_S = 60.0
"""How long another run's module is waited for, which talks to a server meanwhile."""


@contextmanager
def claimed(path: str | Path, patience: float = PATIENCE_S) -> Iterator[None]:
    """Hold the roster at `path` against other writers, by a file beside it that is gone afterwards.

    Raises `StateError` when another one has it for longer than `patience` seconds, or nothing can be made
    beside it.
    """
    roster = Path(os.path.realpath(path))
    beside = roster.with_name(f".{roster.name}.lock")
    try:
        descriptor = _take(beside, time.monotonic() + patience)
    except OSError as error:
        raise StateError(f"{roster} cannot be written: {error.strerror}. Nothing was changed.") from error
    if descriptor is None:
        raise StateError(
            f"{roster} is being written by another program, and has been for {patience:.0f} seconds. "
            "Nothing was written; run this again."
        )
    try:
        yield
    finally:
        with suppress(OSError):
            beside.unlink()
        os.close(descriptor)


@contextmanager
def alone_beside(path: str | Path, *, needed: bool = True) -> Iterator[None]:
    """Hold the folder of a file against whoever does the same, with nothing made in it; one that is not there needs no holding.

    The module of a killed run may go on for as long as a server makes it wait, and two would end each other's token.
    Raises `StateError` when another one has it for longer than `RUN_S` seconds.
    """
    if not needed:
        yield
        return
    directory = Path(path).parent
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    except OSError as error:
        raise StateError(f"{directory} cannot be read: {error.strerror}. Nothing was changed.") from error
    try:
        end = time.monotonic() + RUN_S
        while not try_lock(descriptor):
            if time.monotonic() >= end:
                raise StateError(
                    f"Another run works on what is in {directory}, and has for {RUN_S:.0f} seconds. Nothing was changed; run this again."
                )
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def _take(beside: Path, end: float) -> int | None:
    while True:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with suppress(FileNotFoundError):
            # Whoever had it before has removed it: another writer may have made another one by now.
            if try_lock(descriptor) and os.path.samestat(os.fstat(descriptor), beside.stat()):
                return descriptor
        os.close(descriptor)
        if time.monotonic() >= end:
            return None
        time.sleep(0.02)
