# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether anybody reads what is typed: a live input block, a plain reader that waits, or what the settings say."""

from __future__ import annotations

from ..errors import PaneHeldError
from .hidden import told
from .pane_look import View
from .programs import Programs
from .reading import Reading

BLANK_SECONDS = 60.0
"""How long a program may show nothing before it is asked whether it reads: some take a minute to draw."""


def require_reader(view: View, session: str, reader: str, *, looks_like_a_shell: bool = False) -> None:
    """Return if `view` may be typed into; raises `PaneHeldError` with the reason otherwise.

    The pane shows neither a dialog nor a draft; that was looked at before.
    """
    foreground = view.foreground
    if view.tty is not None and view.tty.secret and reader != "plain":
        raise _held(
            view, "dialog", f"The program in session {session!r} hides what is typed: it asks for a secret."
        )
    # A shell behind another program (ssh, sudo, script) shows by its prompt alone.
    shell = looks_like_a_shell or (foreground is not None and foreground.shell)
    if shell and reader != "shell":
        raise _held(
            view,
            "shell",
            f"The program in session {session!r} has ended, and {foreground.name if foreground and foreground.shell else 'a shell'} is there "
            "instead. Start the program again, or set session_reader: shell if the shell is what is wanted.",
        )
    block = view.reading.block
    name = foreground.name if foreground else ""
    unseen = foreground is not None and foreground.far and view.reading.program is None
    if unseen and block is not None and block.bare and reader == "agent":
        raise _held(
            view,
            "shell",
            f"The program in session {session!r} hands its terminal on ({name or 'to another user'}), and a "
            "sign alone stands before its input line, as before a shell's. Set session_reader: shell if a shell is "
            "what is wanted, or name the agent's marks under programs.",
        )
    if block or reader == "plain":
        return
    if view.state.shown_block:
        raise _held(
            view,
            "busy",
            f"The program in session {session!r} shows no input line now: it works without reading, or shows "
            "something that has to be closed first.",
        )
    if view.waits_in_a_read or (foreground and foreground.shell):
        return
    if not view.screen.tail() and (foreground is None or foreground.age < BLANK_SECONDS):
        raise _held(view, "starting", f"The program in session {session!r} has shown nothing yet.")
    raise _held(
        view,
        "unread",
        f"The program in session {session!r} shows no input line that is known, and does not wait for a line. "
        "See: mosaic-connector screen --explain; set session_reader: plain if it reads lines without showing them.",
    )


def aside(reading: Reading, programs: Programs, reader: str) -> str | None:
    """Why nothing is typed into an empty input block that the picture alone shows; None where it is."""
    program = programs.named(reading.program)
    if program is not None and program.is_shell and reader != "shell":
        return "Held: it is a shell's, and session_reader says that none is wanted."
    if reading.block and reading.block.commands and not (program and program.shell_key):
        return "Held: words typed there run as a command, and no key is known that leaves that mode."
    return None


def _held(view: View, reason: str, sentence: str) -> PaneHeldError:
    return PaneHeldError(sentence, reason=reason, screen=told(view))
