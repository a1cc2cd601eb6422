# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sign of life for whoever waits at a terminal longer than two seconds."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TextIO

from ..terminal import redraw

QUIET_SECONDS = 2.0
"""What is done before that needs no word."""


class Waiting:
    """Around a wait: says on standard error, if that is a terminal, what is waited for and how long already.

    The line is taken away at the end, so that nothing of it stays in what the command prints.
    """

    def __init__(self, what: str, *, stream: TextIO | None = None, quiet: float = QUIET_SECONDS) -> None:
        self.what = what
        self._stream = sys.stderr if stream is None else stream
        self._quiet = quiet
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Waiting:
        if self._stream.isatty():
            self._thread = threading.Thread(target=self._tell, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _tell(self) -> None:
        began = time.monotonic()
        pause, said = self._quiet, False
        while not self._over.wait(pause):
            pause, said = 1.0, True
            redraw(self._stream, f"… {self.what} ({time.monotonic() - began:.0f} s)")
        if said:
            redraw(self._stream)
