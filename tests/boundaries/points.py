# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The points that an undisturbed run came by, and what is done at each."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

DEEDS = {
    "controller": "the controller is killed at the start of a play, or right after a change",
    "during": "the controller is killed half-way through a task that changes something, on all its hosts",
    "module": "the module is killed on its host, half-way",
    "host": "the host loses its power at the start of a play, or before it can tell of a change",
}
EACH_BY_ITSELF = ("module", "host")
"""After these the run goes on, with the other hosts."""


@dataclass(frozen=True)
class Case:
    """One deed at one point."""

    point: str
    name: str
    deed: str
    host: str = ""
    seconds: float = 0.0
    call: int = -1
    took: float = 0.0
    says: bool = False
    """Whether the module's own answer tells that it changed something."""

    @property
    def key(self) -> str:
        """What tells it from the others of its story."""
        return f"{self.deed} | {self.point} | {self.host}"

    def aim(self, kill: list[str]) -> dict[str, Any]:
        """For the callback and for ssh.py, with the command that takes its host's power."""
        return {**asdict(self), "key": self.key, "kill": kill}


def read(journal: Path) -> list[dict[str, Any]]:
    """The lines of a run's journal."""
    return [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []


def cut_at(journal: Path) -> set[str]:
    """The keys of the cases whose deed was done."""
    return {line["cut"] for line in read(journal) if "cut" in line}


def cases(journal: Path, hosts: list[str]) -> list[Case]:
    """Every deed at every point of an undisturbed run, in its order; what is the same at two points is one case.

    Nothing differs at the starts of two plays between which no task was run. A task is run on all its hosts at once, so that to
    kill the controller half-way through it is one case, whichever host is asked.
    """
    lines = read(journal)
    modules: dict[str, dict[str, Any]] = {}
    for line in lines:
        # Of a task's modules the one that changes, or the last, where what is changed is not for a module to say.
        if line.get("module") and (line["changed"] or not modules.get(line["call"], {}).get("changed")):
            modules[line["call"]] = line
    found: list[Case] = []
    halves: set[str] = set()
    same = False
    for line in lines:
        same = same and not ("ran" in line or "call" in line or "host" in line)
        if "name" not in line:
            continue
        point, name, host = line["point"], line["name"], line.get("host", "")
        if not host:
            if not same:
                found.append(Case(point, name, "controller"))
                found += [Case(point, name, "host", host=lost) for lost in hosts]
            same = True
            continue
        found.append(Case(point, name, "controller", host=host))
        place, _host, times = point.rsplit(" ", 2)
        if f"{place} {times}" not in halves:
            halves.add(f"{place} {times}")
            found.append(Case(point, name, "during", host=host, seconds=line["seconds"]))
        module = modules.get(point)
        if module:
            found += [
                Case(
                    point, name, deed,
                    host=host, call=module["number"], took=module["took"], says=module["changed"],
                )
                for deed in ("module", "host")
            ]  # fmt: skip
    return found


def rows(found: list[Case], size: int, side_by_side: tuple[str, ...] = ()) -> list[list[Case]]:
    """The same cases in rows of no more than so many: a row is cut one after the other, on hosts that go on as they are.

    So what a case cuts must not have been done when an earlier one of its row was cut. A row is of one deed, in the order of the
    undisturbed run, and of one host: where one was cut, the others may have gone on. But a task that is cut half-way is so on all,
    and of hosts that go on `side_by_side` when another is lost each is cut in the same run, at places of its own.
    """
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in found:
        together = case.deed == "during" or (case.deed in EACH_BY_ITSELF and case.host in side_by_side)
        groups.setdefault((case.deed, "" if together else case.host), []).append(case)
    made = []
    for group in groups.values():
        parts = -(-len(group) // size)
        bounds = [len(group) * part // parts for part in range(parts + 1)]
        made += [group[begin:end] for begin, end in pairwise(bounds)]
    return made


def next_in(row: list[Case]) -> list[Case]:
    """What one run is cut at: the first case of a row, or that of each of its hosts where the others go on."""
    first = {case.host: case for case in reversed(row) if case.deed in EACH_BY_ITSELF}
    return list(first.values()) or row[:1]


def by_turns(found: list[list[Case]]) -> list[list[Case]]:
    """The same rows, one of each deed after the other for as long as there are any."""
    came: Counter[str] = Counter()
    turns: list[tuple[int, list[Case]]] = []
    for row in found:
        turns.append((came[row[0].deed], row))
        came[row[0].deed] += 1
    return [row for _turn, row in sorted(turns, key=lambda turn: turn[0])]


def spread(found: list[T]) -> list[T]:
    """The same in an order in which any beginning of it is spread over the whole run."""
    step = 1 << max(len(found) - 1, 1).bit_length()
    order: list[int] = []
    while step >= 1:
        order += [index for index in range(0, len(found), step) if index not in order]
        step //= 2
    return [found[index] for index in order]
