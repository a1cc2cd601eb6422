# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What arrived, held against what was sent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

MARKED = re.compile(r"^\[operator [^\]]* repeated\]")


@dataclass
class Ledger:
    """One direction: the numbers that arrived, by thread, in the order of their arrival."""

    word: str
    threads: int
    count: int
    arrived: dict[int, list[int]] = field(default_factory=dict)
    repeats: int = 0
    """Arrivals that said of themselves that they may be repeats, and were."""
    strays: list[str] = field(default_factory=list)
    said: Counter[tuple[int, int]] = field(default_factory=Counter)
    """How often the far side holds a message, where that is known: what it made twice is to arrive twice."""

    def heard(self, lines: Iterable[str]) -> None:
        """Count what the far side holds to be delivered."""
        for line in lines:
            found = re.fullmatch(rf"{self.word} (\d+) (\d+)", line)
            if found is not None:
                self.said[int(found[1]), int(found[2])] += 1

    def take(self, lines: Iterable[str]) -> None:
        """Count texts such as `in 3 17`, behind a bracket or not; others are strays."""
        for line in lines:
            found = re.search(rf"(?:^|\] ){self.word} (\d+) (\d+)$", line)
            if found is None:
                self.strays.append(line)
                continue
            numbers = self.arrived.setdefault(int(found[1]), [])
            if MARKED.match(line) and int(found[2]) in numbers:
                self.repeats += 1
            else:
                numbers.append(int(found[2]))

    def total(self) -> int:
        """How many different messages arrived."""
        return sum(len(set(numbers)) for numbers in self.arrived.values())

    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.total() >= self.threads * self.count

    def faults(self) -> list[str]:
        """What is wrong, as sentences; none when every number arrived once and in order."""
        wrong = []
        for thread in range(1, self.threads + 1):
            numbers = self.arrived.get(thread, [])
            lost = sorted(set(range(1, self.count + 1)) - set(numbers))
            doubled = sorted(
                number
                for number, times in Counter(numbers).items()
                if times > max(self.said[thread, number], 1)
            )
            late = [
                b for a, b in pairwise(numbers) if b < a and self.said[thread, b] < 2 and b not in doubled
            ]
            for what, which in (("lost", lost), ("doubled", doubled), ("out of order", late)):
                if which:
                    wrong.append(f"{self.word} thread {thread}: {what}: {which}")
        return wrong + [
            f"{self.word} thread {thread}: the homeserver made {times} events of one transaction: [{number}]"
            for (thread, number), times in sorted(self.said.items())
            if times > 1
        ]
