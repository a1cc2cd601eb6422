# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One bridge for one state directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from ..errors import ConfigError, StateError


class SingleInstance:
    """The claim on a state directory, which the kernel gives back when the process dies."""

    def __init__(self, state_dir: Path | None) -> None:
        """Claim it; raises `ConfigError` when another bridge has it, `StateError` when it cannot be used."""
        self._handle: int | None = None
        if state_dir is None:
            return
        try:
            state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(state_dir / "bridge.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StateError(
                f"The state directory {state_dir} cannot be used: {error}. Check its owner."
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise ConfigError(
                f"Another bridge runs on the state directory {state_dir}. "
                "Stop it first: systemctl stop mosaic-connector"
            ) from None
        self._handle = handle

    def release(self) -> None:
        """Give the claim back; harmless when called twice."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
