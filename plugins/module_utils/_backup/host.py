# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host around an archive: its disk, its services, and an end that leaves nothing behind."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess  # systemctl is a program
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from .manifest import BackupError

SYSTEMCTL_SECONDS = 300
MARGIN = 16 << 20


@contextlib.contextmanager
def explained(what: str) -> Iterator[None]:
    """Put what the system refuses into a sentence: raises `BackupError` instead of `OSError`."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise BackupError(
            f"{what} could not go on: {error.strerror or error}{where}. Mend that, and run again; nothing was changed."
        ) from error


@contextlib.contextmanager
def ending_in_order() -> Iterator[None]:
    """Let a signal that ends the program have it clean up first."""

    def leave(number: int, frame: FrameType | None) -> None:
        del frame
        raise SystemExit(128 + number)

    before = {
        number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class Stop:
    """A unit that was stopped, and for how long; no unit when none had to be."""

    unit: str = ""
    seconds: float = 0.0


@contextlib.contextmanager
def stopped(unit: str | None) -> Iterator[Stop]:
    """Stop a unit of systemd, and start it again whatever happens, also when this process is killed.

    One that does not run is left alone. Raises `BackupError` when it cannot be stopped or started.
    """
    if not unit or _systemctl("is-active", unit).returncode != 0:
        yield Stop()
        return
    stop, began = Stop(unit), time.monotonic()
    with _guarded(unit):
        try:
            _must("stop", unit)
            yield stop
        finally:
            _must("start", unit)
            stop.seconds = round(time.monotonic() - began, 1)


@contextlib.contextmanager
def _guarded(unit: str) -> Iterator[None]:
    """Have systemd start a unit should this process end without a word: a signal, or no memory left."""
    guard = f"mosaic-backup-guard-{os.getpid()}.service"
    # By our end and not by a time: a unit that starts while its data is copied would spoil the copy.
    wait = 'tail --pid="$1" -f /dev/null; exec systemctl start "$2"'
    words = ["--quiet", "--collect", f"--unit={guard}", "/bin/sh", "-c", wait, "sh", str(os.getpid()), unit]
    done = _run("systemd-run", *words)
    if done.returncode != 0:
        raise BackupError(
            f"{unit} must be started again whatever happens, but systemd-run cannot see to it: "
            f"{done.stderr.strip() or 'it gave no reason'}. It was not stopped."
        )
    try:
        yield
    finally:
        _systemctl("stop", guard)


def check_free(folder: Path, needed: int) -> None:
    """Refuse to begin what does not fit on the disk of a folder, which may not be there yet; bytes. Raises `BackupError`."""
    free = shutil.disk_usage(next(parent for parent in (folder, *folder.parents) if parent.exists())).free
    if free < needed + MARGIN:
        raise BackupError(
            f"The archive may need {needed + MARGIN} bytes in {folder}, and there are {free} left. "
            "Make room, or name a folder on another disk by backup_work_dir."
        )


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _systemctl(*words: str) -> subprocess.CompletedProcess[str]:
    return _run("systemctl", *words)


def _run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which(program) or program
    try:
        # Not a module's run_command: this knows of no module.
        return subprocess.run(  # noqa: S603  # pylint: disable=ansible-bad-function
            [found, *words], capture_output=True, text=True, timeout=SYSTEMCTL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BackupError(
            f"{program} {' '.join(words)} did not end within {SYSTEMCTL_SECONDS} seconds. Look at journalctl -u {words[-1]}."
        ) from error


def _must(verb: str, unit: str) -> None:
    done = _systemctl(verb, unit)
    if done.returncode != 0:
        raise BackupError(
            f"systemctl {verb} {unit} failed: {done.stderr.strip() or 'it gave no reason'}. Look at journalctl -u {unit}."
        )
