# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the cases of a row when it was tried.

What is said of a row that ends right holds for each of its cases. One that does not is tried again in parts, until the case is
alone that goes wrong.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from points import Case

    Row = list[Case]
else:
    Row = list


@dataclass
class Outcome:
    """What came of a row."""

    row: Row
    right: Row = field(default_factory=list)
    wrong: Row = field(default_factory=list)
    not_reached: Row = field(default_factory=list)
    again: list[Row] = field(default_factory=list)
    """What is to be tried in other rows before it is known."""
    later: list[Row] = field(default_factory=list)
    """The same of what was not reached, which takes whole runs by itself."""
    why: list[str] = field(default_factory=list)
    """What is wrong at the end of the row, or after one of its cuts."""
    seconds: list[float] = field(default_factory=list)

    def told(self) -> list[dict[str, Any]]:
        """What is noted of each of its cases that is known now."""
        results = {"right": self.right, "wrong": self.wrong, "not reached": self.not_reached}
        return [
            {"key": case.key, "result": result, "wrong": self.why if result == "wrong" else []} | asdict(case)
            for result, cases in results.items()
            for case in cases
        ]


def sooner(case: Case) -> Case:
    """The same case, for a module that was quicker than it had been in the undisturbed run."""
    return replace(case, took=case.took / 2)


def judge(row: Row, done: Row, why: list[str], *, after: Row, missed: Row) -> Outcome:
    """What is known when these cases of a row were cut, and that is wrong: after the run that cut the last, or at the end.

    A run that is cut nowhere comes to its end, and has done what the rest of the row would have cut: `missed` is what it was to be
    cut at.
    """
    outcome = Outcome(row, why=why)
    if len(row) == 1:
        known = outcome.wrong if why else outcome.right if done else outcome.not_reached
        known += row
        return outcome
    rest = [case for case in row if case not in done]
    half = (len(done) + 1) // 2
    if after:
        outcome.again = [[case for case in done if case not in after], *([case] for case in after)]
    elif why:
        outcome.again = [done[:half], done[half:]]
    else:
        outcome.right = done
    outcome.again += [[case for case in rest if case not in missed]]
    outcome.later = [[sooner(case)] for case in missed]
    outcome.again = [part for part in outcome.again if part]
    return outcome
