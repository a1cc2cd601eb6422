# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check by its name, with the programs and the sizes it is for."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .bench import Bench
from .busy import busy, busy_draft
from .checks import at_once, dialog, draft, first_question, panel, panels, prose, shell_mode, text
from .dropped import dropped
from .model.script import Cue
from .programs import Program
from .texts import TEXTS
from .verdict import Verdict


@dataclass(frozen=True)
class Check:
    """One row of the table."""

    name: str
    run: Callable[[Bench], Awaitable[Verdict]]
    applies: Callable[[Program], object] = lambda _program: True
    every_size: bool = False
    quick: bool = False


def _texts() -> list[Check]:
    quick = {"short", "three lines", "quoted list", "[y/N] end", "@word end", "\\ end"}
    small = {"short", "three lines", "60 lines", "quoted list"}
    return [
        Check(name, functools.partial(text, words=words), every_size=name in small, quick=name in quick)
        for name, words in TEXTS.items()
    ]


def _dialog(cue: Cue, field: str) -> Callable[[Bench], Awaitable[Verdict]]:
    async def run(bench: Bench) -> Verdict:
        return await dialog(bench, cue, getattr(bench.program, field))

    return run


def _below_an_empty_line(bench: Bench) -> Awaitable[Verdict]:
    return draft(bench, before=(bench.program.newline,))


def _above_a_draft(bench: Bench) -> Awaitable[Verdict]:
    return draft(bench, before=(bench.program.newline,), after=("Up", "C-a"), back=("Down",))


OPENINGS: tuple[Check, ...] = (
    Check("at once", at_once, quick=True),
    Check("question at its start", first_question, lambda program: program.at_start),
)
"""Before the program is ready, each on a start of its own."""

CHECKS: tuple[Check, ...] = (
    *_texts(),
    Check("draft", draft, every_size=True, quick=True),
    Check("draft below an empty line", _below_an_empty_line, lambda program: program.newline),
    Check("draft, cursor in an empty line above it", _above_a_draft, lambda program: program.newline),
    Check("draft, cursor at its start", functools.partial(draft, after=("C-a",))),
    Check(
        "permission to run", _dialog(Cue.RUN, "run"), lambda program: program.run, every_size=True, quick=True
    ),
    Check("permission to write", _dialog(Cue.WRITE, "write"), lambda program: program.write, quick=True),
    Check("question", _dialog(Cue.ASK, "ask"), lambda program: program.ask, every_size=True),
    Check("picker", panel, lambda program: program.panel),
    Check("panels", panels, lambda program: program.panels),
    Check("shell mode", shell_mode),
    Check("the agent's prose", prose, every_size=True),
    Check("busy", functools.partial(busy, count=1)),
    Check("three while busy", functools.partial(busy, count=3), every_size=True, quick=True),
    Check("draft while busy", busy_draft, lambda program: program.reads_while_busy),
    Check("a text that it drops", dropped, lambda program: program.database),
)
"""In the order they run."""
