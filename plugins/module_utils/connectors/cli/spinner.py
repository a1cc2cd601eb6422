# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sign of life for whoever waits at a terminal longer than two seconds."""

from __future__ import annotations

import sys
import time

from ..terminal import redraw

TYPE_CHECKING = False  # as type checkers know it: `typing` is a tenth of what a `send` takes

if TYPE_CHECKING:
    import threading
    from types import TracebackType
    from typing import TextIO

QUIET_SECONDS = 2.0
"""What is done before that needs no word."""


class Spinner:
    """Around a wait: says on standard error, if that is a terminal, what is waited for and how long already.

    The line is taken away at the end, so that nothing of it stays in what the command prints.
    """

    def __init__(self, what: str, *, stream: TextIO | None = None, quiet: float = QUIET_SECONDS) -> None:
        self.what = what
        self._stream = sys.stderr if stream is None else stream
        self._quiet = quiet
        self._over: threading.Event | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Spinner:
        if self._stream.isatty():
            import threading

            self._over = threading.Event()
            self._thread = threading.Thread(target=self._tell, args=(self._over,), daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._thread is not None and self._over is not None:
            self._over.set()
            self._thread.join()

    def _tell(self, over: threading.Event) -> None:
        began = time.monotonic()
        pause, said = self._quiet, False
        while not over.wait(pause):
            pause, said = 1.0, True
            redraw(self._stream, f"… {self.what} ({time.monotonic() - began:.0f} s)")
        if said:
            redraw(self._stream)
