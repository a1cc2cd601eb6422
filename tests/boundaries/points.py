# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The points that an undisturbed run came by, and what is done at each."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

DEEDS = {
    "controller": "the controller is killed at the start of a play, or right after a change",
    "during": "the controller is killed half-way through a task that changes something, on all its hosts",
    "module": "the module is killed on its host, half-way",
    "host": "the host loses its power at the start of a play, or before it can tell of a change",
}


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

    @property
    def key(self) -> str:
        """What tells it from the others of its story."""
        return f"{self.deed} | {self.point} | {self.host}"

    def aim(self, kill: list[str]) -> str:
        """For the callback and for ssh.py."""
        return json.dumps({**asdict(self), "kill": kill})


def read(journal: Path) -> list[dict[str, Any]]:
    """The lines of a run's journal."""
    return [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []


def was_cut(journal: Path) -> bool:
    """Whether the deed was done."""
    return any("cut" in line for line in read(journal))


def cases(journal: Path, hosts: list[str]) -> list[Case]:
    """Every deed at every point of an undisturbed run, in its order; what is the same at two points is one case.

    Nothing differs at the starts of two plays between which no task was run. A task is run on all its hosts at once, so that to
    kill the controller half-way through it is one case, whichever host is asked.
    """
    lines = read(journal)
    modules: dict[str, dict[str, Any]] = {line["call"]: line for line in lines if line.get("module")}
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
        last = modules.get(point)  # the last module of a task is the one that changes
        if last:
            found += [
                Case(point, name, deed, host=host, call=last["number"], took=last["took"])
                for deed in ("module", "host")
            ]
    return found


def by_turns(found: list[Case]) -> list[Case]:
    """The same cases, one of each deed after the other for as long as there are any."""
    came: Counter[str] = Counter()
    turns: list[tuple[int, Case]] = []
    for case in found:
        turns.append((came[case.deed], case))
        came[case.deed] += 1
    return [case for _turn, case in sorted(turns, key=lambda turn: turn[0])]


def spread(found: list[Case]) -> list[Case]:
    """The same cases in an order in which any beginning of it is spread over the whole run."""
    step = 1 << max(len(found) - 1, 1).bit_length()
    order: list[int] = []
    while step >= 1:
        order += [index for index in range(0, len(found), step) if index not in order]
        step //= 2
    return [found[index] for index in order]
