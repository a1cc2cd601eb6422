# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a pane, judged: the live input block first, and a dialog only where there is none."""

from __future__ import annotations

import re
from dataclasses import replace

from . import modal
from .block import Found, find
from .dialogs import read_dialog
from .programs import Program, Programs
from .programs.table import compiled
from .reading import Dialog, InputBlock, Reading
from .screen import Screen

ALL_PROGRAMS = Programs()

_SHELL_MODE = re.compile(
    r"(?i)\b(?:exit|leave) shell mode\b|\bshell mode (?:is )?(?:enabled|on|active)\b|\bin shell mode\b"
)
"""What programs write beside an input block whose words run as a command of the host."""


def read_screen(screen: Screen, programs: Programs = ALL_PROGRAMS, shown_block: bool = False) -> Reading:
    """Judge a screen; `shown_block` says that its program has shown an input block before."""
    found = find(screen)
    program = programs.recognise(screen.lines, _prompt(screen, found))
    found = _without_placeholder(found, program)
    own = _own_draft(screen, programs)
    reason = modal.veto(screen, found) if own is None else None
    block, why = (
        (own, "a draft pattern of the settings finds the input line") if own else (found.block, found.why)
    )
    asked = _asked(screen, programs, program, block.top if block else 0)
    if asked is not None:
        reason = f"a dialog pattern finds: {asked.strip()}"
    name = program.name if program else None
    if block is not None and reason is None:
        if _in_shell_mode(screen, block, program):
            block = replace(block, commands=True)
        return Reading(block, None, name, f"Input block: {why}.")
    dialog = read_dialog(screen, found, digits=bool(program and program.digits), line=asked)
    if dialog is None and reason is not None:
        dialog = _panel(screen, found, reason)
    why = reason or why
    if dialog is not None:
        return Reading(None, dialog, name, f"Dialog: {why}.")
    if shown_block:
        why += "; the program showed an input block before, so it is modal or reads nothing now"
    return Reading(None, None, name, f"Unknown: {why}.")


def _in_shell_mode(screen: Screen, block: InputBlock, program: Program | None) -> bool:
    """Whether the block's own lines, or those beside it, say that words typed there run as a command."""
    beside = screen.lines[max(block.top - 2, 0) : block.bottom + 5]
    return any(_SHELL_MODE.search(line) for line in beside) or (
        program is not None and program.shows(program.shell_marks, beside)
    )


def _prompt(screen: Screen, found: Found) -> str | None:
    return screen.line(found.area.top) if found.area and found.area.kind == "prompt" else None


def _without_placeholder(found: Found, program: Program | None) -> Found:
    """What the program's table knows for a placeholder is no draft, if the cursor stands before it."""
    block = found.block
    if block is None or program is None or found.typed or not block.draft:
        return found
    if any(compiled(pattern).search(block.draft) for pattern in program.placeholders):
        return replace(found, block=replace(block, draft=""))
    return found


def _asked(screen: Screen, programs: Programs, program: Program | None, top: int) -> str | None:
    """The line at or below `top` that a pattern of a dialog finds."""
    patterns = (*programs.dialogs, *(map(compiled, program.dialogs) if program else ()))
    return next((line for line in screen.lines[top:] if any(one.search(line) for one in patterns)), None)


def _own_draft(screen: Screen, programs: Programs) -> InputBlock | None:
    """The input line that a draft pattern of the settings finds, from the bottom up."""
    for number in range(len(screen.lines) - 1, -1, -1):
        for pattern in programs.drafts:
            match = pattern.search(screen.lines[number])
            if match:
                draft = (match.group(1) if pattern.groups else match.group(0)) or ""
                return InputBlock(draft.strip(), number, number)
    return None


def _panel(screen: Screen, found: Found, reason: str) -> Dialog:
    """What is modal by its place alone: known by the first line that is written in it."""
    top = found.area.top if found.area else 0
    line = next((text.strip(" │┃") for text in screen.lines[top:] if text.strip(" │┃")), reason)
    return Dialog(line, title=line)
