# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that are known, one small table each, and what the settings add to them.

A table is Python and not a data file: data files do not travel inside an Ansible module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import aider, claude, cline, codex, continue_cli, copilot, gemini, opencode, pi, plain, qwen
from .table import Program, anywhere

__all__ = ["BUILT_IN", "FIELDS", "Program", "Programs", "program_of"]

BUILT_IN: tuple[Program, ...] = (
    *(claude.PROGRAM, codex.PROGRAM, qwen.PROGRAM, gemini.PROGRAM, opencode.PROGRAM, copilot.PROGRAM),
    *(
        pi.PROGRAM,
        aider.PROGRAM,
        continue_cli.PROGRAM,
        cline.PROGRAM,
        plain.SHELL,
        plain.PYTHON,
        plain.IPYTHON,
    ),
)

FIELDS: dict[str, type] = {
    **dict.fromkeys(
        ("marks", "prompts", "placeholders", "dialogs", "busy", "popup", "shell_marks", "stop_keys"), list
    ),
    **dict.fromkeys(("popup_key", "shell_key", "blank_after", "continued", "start_key", "tab"), str),
    **dict.fromkeys(("digits", "interrupts", "is_shell"), bool),
}
"""What the settings may say of a program, and whether it is a list of patterns, a text, or yes or no."""


@dataclass(frozen=True)
class Programs:
    """The programs to recognise, and the patterns that the settings add to the general rule."""

    known: tuple[Program, ...] = BUILT_IN
    dialogs: tuple[re.Pattern[str], ...] = ()
    drafts: tuple[re.Pattern[str], ...] = ()

    @classmethod
    def build(
        cls,
        dialogs: Iterable[str] = (),
        drafts: Iterable[str] = (),
        own: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Programs:
        """The built-in tables and what the settings say: their patterns, and programs of their own or corrected."""
        tables = {program.name: program for program in BUILT_IN}
        mine = {name: program_of(name, said, tables.get(name)) for name, said in (own or {}).items()}
        return cls(
            (*mine.values(), *(program for name, program in tables.items() if name not in mine)),
            tuple(re.compile(one) for one in dialogs),
            tuple(re.compile(one) for one in drafts),
        )

    def named(self, name: str | None) -> Program | None:
        """The table of that name."""
        return next((program for program in self.known if program.name == name), None)

    def recognise(self, lines: Iterable[str], prompt: str | None = None) -> Program | None:
        """Whose picture it is; `prompt` is the cursor's line where that is a prompt of letters."""
        if prompt is not None:
            for program in self.known:
                if program.shows(program.prompts, (prompt,)):
                    return program
        text = "\n".join(line for line in lines if line.strip())
        scores = {
            program: sum(bool(anywhere(mark).search(text)) for mark in program.marks)
            for program in self.known
        }
        most = max(scores.values(), default=0)
        best = [program for program, score in scores.items() if score == most]
        return best[0] if most and len(best) == 1 else None  # two that look alike are neither


def program_of(name: str, said: Mapping[str, Any], base: Program | None = None) -> Program:
    """A program by what the settings say of it; what they do not say is as in the built-in table of that name."""
    values = {field: tuple(value) if FIELDS[field] is list else value for field, value in said.items()}
    shape = dict(vars(base)) if base else {}
    return Program(**{**shape, "name": name, **values})
