# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One program, run without a shell: bounded in time and in what it prints, and gone with all its children afterwards."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, cast

from ..errors import ConnectorError
from . import MOST_OUTPUT

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_TICK = 0.05
"""Seconds between two looks at whether it has ended."""
_KEPT_COMPLAINT = 2000
"""Bytes that are kept of the end of what it says on standard error."""
_END_SECONDS = 5.0
"""For ending what it left behind."""
_PIECE = 65_536


class ProgramError(ConnectorError):
    """A program that could not be started, failed, or kept no bound; `complaint` is the end of what it said of it."""

    def __init__(self, message: str, complaint: str = "") -> None:
        super().__init__(message)
        self.complaint = complaint


def adopt_orphans() -> None:
    """Have what a child leaves behind become a child of ours, so that it can be ended. Source: prctl(2)."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run_program(
    command: Sequence[str],
    words: Path,
    environment: Mapping[str, str],
    *,
    folder: str,
    seconds: float,
    asker: socket.socket | None,
) -> bytes:
    """What a command prints that is run in `folder` and reads the file `words` as its standard input.

    It has `seconds`, and less when an `asker` that is given hangs up. Nothing of it is left when this returns. Raises `ProgramError`.
    """
    deadline = time.monotonic() + seconds
    with contextlib.ExitStack() as stack:
        stack.callback(_end_children)
        try:
            process = subprocess.Popen(  # noqa: S603  # pylint: disable=ansible-bad-function
                list(command),  # the user's own, of a file of root's
                stdin=stack.enter_context(words.open("rb")),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise ProgramError(f"{command[0]} cannot be started: {why}") from error
        stack.callback(_end, process)
        output = _Output(process, asker)
        stack.callback(output.close)
        try:
            output.read_until(deadline)
        except TimeoutError:
            raise ProgramError(f"it took longer than {seconds:g} s", output.complaint()) from None
    if process.returncode:
        raise ProgramError(f"it ended with status {process.returncode}", output.complaint())
    return bytes(output.said)


class _Output:
    """What a process prints, while it lives."""

    def __init__(self, process: subprocess.Popen[bytes], asker: socket.socket | None) -> None:
        self.said = bytearray()
        self._complaint = bytearray()
        self._process = process
        self._asker = asker
        self._streams = selectors.DefaultSelector()
        pipes = cast("tuple[IO[bytes], IO[bytes]]", (process.stdout, process.stderr))
        for stream, kept in zip(pipes, (self.said, self._complaint), strict=True):
            os.set_blocking(stream.fileno(), False)
            self._streams.register(stream, selectors.EVENT_READ, kept)

    def complaint(self) -> str:
        """The end of what it said on standard error."""
        return self._complaint.decode("utf-8", "replace").strip()

    def close(self) -> None:
        """Read no more."""
        self._streams.close()

    def read_until(self, deadline: float) -> None:
        """Read until the process ends; raises `TimeoutError` or `ProgramError`.

        What it printed is in the pipes by then: who else still holds them open is not waited for.
        """
        while self._process.poll() is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if self._asker is not None and _has_hung_up(self._asker):
                raise ProgramError("nobody waits for it any more")
            self._take(min(_TICK, left))
        while self._take(0.0):
            pass

    def _take(self, seconds: float) -> bool:
        """Read what there is now; whether there was anything."""
        if not self._streams.get_map():
            time.sleep(seconds)
            return False
        found = False
        for key, _events in self._streams.select(seconds):
            found = self._read(key.fileobj, key.data) or found  # type: ignore[arg-type]  # the streams that were registered
        return found

    def _read(self, stream: IO[bytes], kept: bytearray) -> bool:
        try:
            piece = os.read(stream.fileno(), _PIECE)
        except BlockingIOError:
            return False
        if not piece:
            self._streams.unregister(stream)
            return False
        kept += piece
        if kept is self._complaint:
            del kept[:-_KEPT_COMPLAINT]
        elif len(kept) > MOST_OUTPUT:
            raise ProgramError(f"it printed more than {MOST_OUTPUT} bytes", self.complaint())
        return True


def _has_hung_up(asker: socket.socket) -> bool:
    """Whether the other end has closed the connection, or says more, which it has no reason to."""
    poll = select.poll()
    poll.register(asker.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process itself; a program that may be ended in the middle has no need to be asked."""
    process.kill()
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _end_children() -> None:
    """End whatever the program left behind, which is a child of ours by now; each one that ends leaves us its own."""
    until = time.monotonic() + _END_SECONDS
    while time.monotonic() < until:
        for child in _children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.01)
        except ChildProcessError:
            return


def _children() -> list[int]:
    """The children of this process. Source: proc(5), /proc/PID/stat; the name in it may hold anything, `)` included."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdecimal():
            with contextlib.suppress(OSError, ValueError, IndexError):
                if int((place / "stat").read_bytes().rpartition(b")")[2].split()[1]) == os.getpid():
                    found.append(int(place.name))
    return found
