# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a terminal hands on what is typed, and what of it nobody has read yet; sources: termios(3), ioctl_tty(2)."""

from __future__ import annotations

import array
import fcntl
import os
import termios
from dataclasses import dataclass

_LOCAL_MODES = 3
"""The place of the local modes in what tcgetattr returns."""


@dataclass(frozen=True)
class TtyState:
    """A terminal at one moment."""

    lines: bool
    """Whether a reader gets whole lines, and not every key at once."""
    echo: bool
    """Whether the terminal shows what is typed."""
    unread: int
    """How many bytes wait that no program has read."""

    @property
    def secret(self) -> bool:
        """Whether a line is read that must not be seen: a password, in whatever language it is asked for."""
        return self.lines and not self.echo


def look_at_tty(tty: str) -> TtyState | None:
    """The state of a terminal; None where it cannot be seen."""
    try:
        handle = os.open(tty, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        modes = termios.tcgetattr(handle)[_LOCAL_MODES]
        waiting = array.array("i", [0])
        fcntl.ioctl(handle, termios.FIONREAD, waiting)
    except (OSError, termios.error):
        return None
    finally:
        os.close(handle)
    return TtyState(bool(modes & termios.ICANON), bool(modes & termios.ECHO), waiting[0])
