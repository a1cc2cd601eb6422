# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A terminal tells how it hands on what is typed, and what nobody has read; where it does not, nothing is guessed."""

from __future__ import annotations

import os
import pty
import termios
import time
import tty

import pytest
from mosaic_connectors.tmux.tty_state import TtyState, look_at_tty


def test_a_terminal_is_seen_as_it_is() -> None:
    ours, theirs = pty.openpty()
    try:
        name = os.ttyname(theirs)
        assert look_at_tty(name) == TtyState(lines=True, echo=True, unread=0)
        modes = termios.tcgetattr(theirs)
        modes[3] &= ~termios.ECHO
        termios.tcsetattr(theirs, termios.TCSANOW, modes)
        secret = look_at_tty(name)
        assert secret is not None
        assert secret.secret
        tty.setraw(theirs)
        os.write(ours, b"abc")
        deadline = time.monotonic() + 5
        while (seen := look_at_tty(name)) and seen.unread < 3 and time.monotonic() < deadline:
            time.sleep(0.01)  # the kernel hands it on in a thread of its own
        assert seen == TtyState(lines=False, echo=False, unread=3)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("name", ["", "/nowhere", "/dev/null", "a\0b"])
def test_what_is_no_terminal_is_not_known(name: str) -> None:
    assert look_at_tty(name) is None
