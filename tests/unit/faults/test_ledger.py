# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault run's count: what it must not overlook."""

from __future__ import annotations

import pytest
from faults.ledger import Ledger


def line(number: int, mark: str = "") -> str:
    return f"[operator @op:example.org thread=$x{mark}] in 1 {number}"


def ledger(*lines: str) -> Ledger:
    found = Ledger("in", threads=1, count=3)
    found.take(lines)
    return found


def test_every_number_once_and_in_order_is_right() -> None:
    found = ledger(line(1), line(2), line(3))
    assert found.complete()
    assert found.faults() == []


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([line(1), line(3)], "lost: [2]"),
        ([line(1), line(2), line(2), line(3)], "doubled: [2]"),
        ([line(1), line(3), line(2)], "out of order: [2]"),
    ],
)
def test_what_is_wrong_is_named(lines: list[str], fault: str) -> None:
    assert ledger(*lines).faults() == [f"in thread 1: {fault}"]


def test_a_repeat_that_says_so_is_counted_apart() -> None:
    found = ledger(line(1), line(1, " repeated"), line(2), line(3))
    assert (found.faults(), found.repeats) == ([], 1)


def test_the_first_arrival_counts_though_it_is_marked() -> None:
    found = ledger(line(1), line(2, " repeated"), line(3))
    assert (found.faults(), found.repeats) == ([], 0)


def test_a_text_nobody_sent_is_a_stray() -> None:
    assert ledger(line(1), "in 1 2 and more").strays == ["in 1 2 and more"]


def test_what_the_homeserver_made_twice_is_not_called_doubled_by_the_bridge() -> None:
    found = ledger(line(1), line(2), line(1), line(3), line(3))
    found.heard(["in 1 1", "in 1 1", "in 1 2", "in 1 3", "not a numbered one"])
    assert found.faults() == [
        "in thread 1: doubled: [3]",
        "in thread 1: the homeserver made 2 events of one transaction: [1]",
    ]
