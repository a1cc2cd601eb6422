# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a pane, judged: the live input block first, and a dialog only where there is none."""

from __future__ import annotations

from . import modal
from .block import find
from .dialogs import read_dialog
from .programs import Programs
from .reading import Dialog, InputBlock, Reading
from .screen import Screen


def read_screen(screen: Screen, programs: Programs | None = None, shown_block: bool = False) -> Reading:
    """Judge a screen; `shown_block` says that its program has shown an input block before."""
    programs = programs or Programs()
    program = None
    found = find(screen)
    block, why = found.block, found.why
    own = _own_draft(screen, programs)
    if own is not None:
        block, why = own, "a draft pattern of the settings finds the input line"
    reason = modal.veto(screen, found) if own is None else None
    if reason is not None:
        block, why = None, reason
    top = block.top if block else 0
    asked = next((line for line in screen.lines[top:] if any(p.search(line) for p in programs.dialogs)), None)
    if asked is not None:
        block, why = None, f"a dialog pattern of the settings finds: {asked.strip()}"
    if block is not None:
        return Reading(block, None, program, f"Input block: {why}.")
    dialog = read_dialog(screen, found, line=asked)
    if dialog is None and reason is not None and found.area is not None:
        dialog = Dialog(next(filter(None, (screen.line(n).strip() for n in range(found.area.top, len(screen.lines)))), reason))
    if dialog is not None:
        return Reading(None, dialog, program, f"Dialog: {why}.")
    if shown_block:
        why += "; the program showed an input block before, so it is modal or reads nothing now"
    return Reading(None, None, program, f"Unknown: {why}.")


def _own_draft(screen: Screen, programs: Programs) -> InputBlock | None:
    for number in range(len(screen.lines) - 1, -1, -1):
        for pattern in programs.drafts:
            match = pattern.search(screen.lines[number])
            if match:
                draft = (match.group(1) if pattern.groups else match.group(0)) or ""
                return InputBlock(draft.strip(), number, number)
    return None
