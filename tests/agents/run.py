# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make agents`: every program through every check, a table, and a status that says whether one failed."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .bench import Bench
from .catalogue import CHECKS, OPENINGS, Check
from .install import Installed, Missing, Store
from .model.ledger import Ledger
from .model.script import Say, Script, Use
from .model.server import Model, serving
from .programs import PROGRAMS, Program
from .report import Row, say, table
from .session import NotStarted, Session, session
from .verdict import Kind, Verdict, failed

SIZES = ((120, 40), (80, 24), (40, 12), (220, 60))
"""The first one sees every check, the others those of every size."""

QUICK_PROGRAMS = ("qwen", "aider")
QUICK_SECONDS = 80.0
"""For each program."""
LONGEST_SECONDS = 7200.0

CACHE = Path(__file__).resolve().parents[2] / ".cache"


@dataclass
class Plan:
    """What is to be run."""

    checks: Sequence[Check] = CHECKS
    openings: Sequence[Check] = OPENINGS
    sizes: Sequence[tuple[int, int]] = SIZES
    deadline: float = float("inf")
    rows: list[Row] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def at(self, program: Program, size: tuple[int, int]) -> list[Check]:
        """The checks of a program in a size."""
        here = [one for one in self.checks if one.applies(program)]
        return [one for one in here if one.every_size or size == self.sizes[0]]

    def note(self, program: Program, size: tuple[int, int], check: str, verdict: Verdict) -> None:
        """A row of the table, told at once."""
        row = Row(program.name, program.package.version, size, check, verdict)
        self.rows.append(row)
        say(str(row))


def main(arguments: Sequence[str] | None = None) -> int:
    """The status: 0 when nothing failed and something ran."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that programs and terminals end as well
    options = _options(arguments)
    plan = Plan()
    names = options.programs or list(PROGRAMS)
    if options.quick:
        names = options.programs or list(QUICK_PROGRAMS)
        plan = Plan(_quick(CHECKS), _quick(OPENINGS), SIZES[:1])
    if options.only:
        plan.checks = [one for one in CHECKS if options.only in one.name]
        plan.openings = [one for one in OPENINGS if options.only in one.name]
    if options.size:
        plan.sizes = [options.size]
    store = Store(CACHE / "agents")
    there = [(PROGRAMS[name], got) for name in names if (got := _get(store, PROGRAMS[name], plan))]
    plan.deadline = time.monotonic() + (QUICK_SECONDS * len(there) if options.quick else LONGEST_SECONDS)
    for program, installed in there:
        run_program(program, installed, plan)
    sys.stdout.write(table(plan.rows, plan.skipped))
    if not plan.rows:
        return 2
    return int(any(row.verdict.kind is Kind.FAILED for row in plan.rows))


def _get(store: Store, program: Program, plan: Plan) -> Installed | None:
    say(f"{program.name}: {program.package.name} {program.package.version}")
    try:
        return store.get(program.package)
    except Missing as missing:
        _skip(program, plan, str(missing))
        return None


def run_program(program: Program, installed: Installed, plan: Plan) -> None:
    """All checks of one program, in all sizes."""
    for size in plan.sizes:
        openings = [one for one in plan.openings if one.applies(program)] if size == plan.sizes[0] else []
        todo: Sequence[Check] = plan.at(program, size)
        try:
            for opening in openings:
                asyncio.run(_run(program, installed, size, plan, [opening], ready=False))
            while todo:
                left = asyncio.run(_run(program, installed, size, plan, todo))
                assert len(left) < len(todo), "every start does at least one check"
                todo = left
        except NotStarted as error:
            _skip(program, plan, f"{size[0]}x{size[1]}: {error}")
            return


async def _run(
    program: Program,
    installed: Installed,
    size: tuple[int, int],
    plan: Plan,
    todo: Sequence[Check],
    *,
    ready: bool = True,
) -> Sequence[Check]:
    """Checks on one start of the program, up to one that leaves it in doubt; the others are returned."""
    script = Script({}, toolless=program.toolless)
    ledger = Ledger(program.unwrap, program.rewrites, toolless=program.toolless)
    with serving(Model(script, ledger)) as model, session(program, installed, size, model.url) as here:
        script.calls.update({cue: _filled(call, here) for cue, call in program.calls.items()})
        bench = Bench(here, model)
        if ready:
            await here.ready()
        for number, check in enumerate(todo, 1):
            if time.monotonic() > plan.deadline:
                plan.skipped.append(f"{program.name}: {len(todo) - number + 1} checks, the time is over")
                return []
            verdict = await _one(check, bench)
            plan.note(program, size, check.name, verdict)
            if not verdict.clean:
                here.keep(CACHE / "agents" / "failed", check.name.replace("/", "slash"), str(verdict))
                return todo[number:]
    return []


async def _one(check: Check, bench: Bench) -> Verdict:
    try:
        return await check.run(bench)
    except NotStarted as error:
        return failed(f"the terminal is gone: {error}")
    except Exception as error:  # whatever the pane raises beside what it promises is a fault of its own
        return failed(f"{type(error).__name__}: {error}")


def _filled(call: Say | Use, here: Session) -> Say | Use:
    if isinstance(call, Say):
        return Say(here.fill(call.text))
    return Use(call.tool, json.loads(here.fill(json.dumps(dict(call.arguments)))))


def _skip(program: Program, plan: Plan, why: str) -> None:
    plan.skipped.append(f"{program.name} {program.package.version}: {why}")
    say(f"SKIPPED {plan.skipped[-1]}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/agents", description=__doc__)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=f"some of: {', '.join(PROGRAMS)}")
    parser.add_argument("--quick", action="store_true", help="a bounded part, as `make test` runs it")
    parser.add_argument("--only", metavar="WORDS", help="the checks whose name holds these words")
    parser.add_argument("--size", type=_size, metavar="COLUMNSxROWS", help="one size alone")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.programs if name not in PROGRAMS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are: {', '.join(PROGRAMS)}")
    return options


def _quick(checks: Sequence[Check]) -> list[Check]:
    return [one for one in checks if one.quick]


def _size(word: str) -> tuple[int, int]:
    columns, rows = word.split("x")
    return int(columns), int(rows)


if __name__ == "__main__":
    sys.exit(main())
