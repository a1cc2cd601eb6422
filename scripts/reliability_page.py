# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run what breaks things, and write into docs/reliability.md what came of it.

    scripts/reliability [faults | faults=FILE] [wire] [fleet=FILE]

`faults` are the tests that bear the mark `fault` (those of one file keep the rows of all others), `wire` is the wire run, `fleet=FILE` what
`tests/faults/run.py --result` wrote. A row is there because its test passed; a section that was not asked for stays as it is. Other sections are put
by whoever makes them: `put(NAME, LINES)`.
"""

from __future__ import annotations

import ast
import asyncio
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reliability.md"
TESTS = ROOT / "tests"
WIRE_SECONDS = 100.0

Mark = tuple[str, str, str]
"""What is tried, what happens, and the file of the test, relative to the tree."""


@dataclass
class Row:
    """One line of the table of faults."""

    mark: Mark
    cases: int = 0
    seen: str = ""
    failed: bool = False

    def __str__(self) -> str:
        tried, outcome, file = self.mark
        seen = self.seen or (f"{self.cases} cases" if self.cases > 1 else "")
        return f"| {tried} | {outcome} | {seen} | [{Path(file).stem}](../{file}) |"


class Collector:
    """Beside pytest: takes in what became of every test that bears the mark."""

    def __init__(self) -> None:
        self.rows: dict[Mark, Row] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Any:
        report: pytest.TestReport = yield
        mark = item.get_closest_marker("fault")
        if mark is not None:
            named: Mark = (*mark.args, str(item.path.relative_to(ROOT)))
            row = self.rows.setdefault(named, Row(named))
            row.failed |= report.outcome != "passed"
            if report.when == "call":
                row.cases += 1
                seen = dict(report.user_properties).get("seen")
                row.seen = ", ".join(filter(None, [row.seen, str(seen)])) if seen else row.seen
        return report


def marks() -> list[Mark]:
    """The marks of the tests as they stand in the files, without running any."""
    found = []
    for file in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
                tried, outcome = (ast.literal_eval(argument) for argument in node.args)
                found.append((tried, outcome, str(file.relative_to(ROOT))))
    return found


def fence(name: str) -> tuple[str, str]:
    """The lines between which a section's generated part stands."""
    return f"<!-- made: {name} -->", f"<!-- end: {name} -->"


def section(name: str) -> str:
    """The generated part of a section."""
    begin, end = fence(name)
    return PAGE.read_text(encoding="utf-8").partition(begin)[2].partition(end)[0].strip("\n")


def put(name: str, lines: Iterable[str]) -> None:
    """Write the generated part of a section."""
    begin, end = fence(name)
    text = PAGE.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    if not found or end not in rest:
        raise SystemExit(f"{PAGE} is expected to have the lines {begin} and {end}.")
    body = "\n".join(lines)
    PAGE.write_text(f"{before}{begin}\n{body}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def table(head: tuple[str, ...], rows: Iterable[str]) -> Iterator[str]:
    """A table of Markdown; each row is a line of it."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from rows


def listed() -> dict[Mark, str]:
    """The rows of the table of faults as the page has them."""
    row = re.compile(r"^\| (.+?) \| (.+?) \| [^|]*\| \[\w+\]\(\.\./(\S+)\) \|$", re.MULTILINE)
    return {(found[1], found[2], found[3]): found[0] for found in row.finditer(section("faults"))}


def make_faults(file: str) -> bool:
    """Run the tests that bear the mark, in one file or in all, and list those that passed."""
    collector = Collector()
    places = [file] if file else [str(TESTS / "unit"), str(TESTS / "integration")]
    pytest.main(["-q", "-m", "fault", *places], plugins=[collector])
    kept = {mark: row for mark, row in listed().items() if file and mark[2] != file}
    passed = {row.mark: str(row) for row in collector.rows.values() if row.cases and not row.failed}
    rows = {**kept, **passed}
    put(
        "faults",
        table(
            ("what is tried", "what happens", "seen", "held by"),
            (rows[mark] for mark in marks() if mark in rows),
        ),
    )
    return all(mark in rows for mark in marks())


def make_wire() -> bool:
    """Run the wire run, and list what went wrong in it; nothing is written of a run that failed."""
    sys.path.insert(0, str(TESTS))
    from faults.wire import SEED, run

    outcome = asyncio.run(run(WIRE_SECONDS, SEED))
    if outcome.wrong:
        sys.stdout.write("\n".join([outcome.log, *outcome.wrong, ""]))
        return False
    put(
        "wire",
        [
            f"{outcome.each_way} messages each way in {WIRE_SECONDS:.0f} seconds (seed {outcome.seed}): each arrived once,",
            "in order, and the bridge was the same process at the end. Its resident memory was at most"
            f" {outcome.memory} MiB.",
            "",
            *table(
                ("what goes wrong", "requests", "what `status` said of the channel at its end"),
                (f"| {name} | {count} | {outcome.said[name]} |" for name, count in outcome.hit.items()),
            ),
        ],
    )
    return True


def make_fleet(result: Path) -> bool:
    """List what the fault run did."""
    found = json.loads(result.read_text(encoding="utf-8"))
    put(
        "fleet",
        [
            f"{found['sent']} messages each way in {found['threads']} threads (seed {found['seed']}): each arrived once, in"
            f" order within its thread; {found['repeats']} came again, marked as repeated.",
            "",
            *table(
                ("what is done to the fleet", "times"),
                (f"| {what} | {times} |" for what, times in found["faults"].items()),
            ),
        ],
    )
    return True


def main(asked: list[str]) -> int:
    """Make the sections that are asked for; 1 when something failed, and is therefore not on the page."""
    good = True
    for one in asked or ["faults", "wire"]:
        name, _equals, value = one.partition("=")
        if name == "fleet":
            good &= make_fleet(Path(value))
        elif name == "faults":
            good &= make_faults(value)
        else:
            good &= make_wire()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
