# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One bridge for one state directory."""

from __future__ import annotations

from pathlib import Path

from ..errors import ConfigError, StateError
from ..locks import Claim


class SingleInstance:
    """The claim on a state directory, which the kernel gives back when the process dies."""

    def __init__(self, state_dir: Path | None) -> None:
        """Claim it; raises `ConfigError` when another bridge has it, `StateError` when it cannot be used."""
        self._claim: Claim | None = None
        if state_dir is None:
            return
        try:
            self._claim = Claim.take(state_dir / "bridge.lock")
        except OSError as error:
            raise StateError(
                f"The state directory {state_dir} cannot be used: {error}. Check its owner."
            ) from error
        if self._claim is None:
            raise ConfigError(
                f"Another bridge runs on the state directory {state_dir}. "
                "Stop it first: systemctl stop mosaic-connector"
            )

    def release(self) -> None:
        """Give the claim back; harmless when called twice."""
        if self._claim is not None:
            self._claim.release()
