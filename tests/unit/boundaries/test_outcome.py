# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a row tells of its cases, and which of them are tried again."""

from __future__ import annotations

import pytest
from boundaries.outcome import Outcome, judge
from boundaries.points import Case

ROW = [Case(str(number), "", "controller") for number in range(5)]
WHY = ["something is wrong"]


def names(row: list[Case]) -> str:
    return "".join(case.point for case in row)


def again(outcome: Outcome) -> list[str]:
    return [names(part) for part in outcome.again]


def later(outcome: Outcome) -> list[str]:
    return [names(part) for part in outcome.later]


def test_a_row_that_ends_right_is_right_for_each_of_its_cases() -> None:
    outcome = judge(ROW, ROW, [], after=[], missed=[])
    assert (names(outcome.right), outcome.told()[0]["result"], again(outcome)) == ("01234", "right", [])


def test_a_case_that_is_not_reached_is_tried_by_itself_and_the_rest_is_another_row() -> None:
    outcome = judge(ROW, ROW[:2], [], after=[], missed=ROW[2:3])
    assert (names(outcome.right), outcome.wrong, outcome.not_reached) == ("01", [], [])
    assert (again(outcome), later(outcome)) == (["34"], ["2"])
    outcome = judge(ROW, [], [], after=[], missed=ROW[:1])
    assert (again(outcome), later(outcome)) == (["1234"], ["0"])
    assert names(judge(ROW[:1], [], [], after=[], missed=ROW[:1]).not_reached) == "0"


def test_what_the_time_was_over_for_is_another_row() -> None:
    outcome = judge(ROW, ROW[:3], [], after=[], missed=[])
    assert (names(outcome.right), again(outcome)) == ("012", ["34"])


def test_a_row_that_ends_wrong_is_tried_in_halves() -> None:
    assert again(judge(ROW, ROW, WHY, after=[], missed=[])) == ["012", "34"]
    outcome = judge(ROW, ROW[:3], WHY, after=[], missed=ROW[3:4])
    assert (again(outcome), later(outcome)) == (["01", "2", "4"], ["3"])
    assert again(judge(ROW, ROW[:1], WHY, after=[], missed=ROW[1:2])) == ["0", "234"]


def test_the_cases_after_which_something_is_wrong_are_tried_by_themselves() -> None:
    assert again(judge(ROW, ROW[:3], WHY, after=ROW[2:3], missed=[])) == ["01", "2", "34"]
    assert again(judge(ROW, ROW[:3], WHY, after=ROW[1:3], missed=[])) == ["0", "1", "2", "34"]


def test_a_module_that_was_quicker_is_killed_sooner() -> None:
    quick = Case("0", "", "module", host="a", took=2.0)
    (again,) = judge([quick, ROW[1]], [], [], after=[], missed=[quick]).later
    assert [(case.key, case.took) for case in again] == [(quick.key, 1.0)]


@pytest.mark.parametrize("done", [[], ROW[:1]], ids=["not cut", "cut"])
def test_only_a_case_that_goes_wrong_by_itself_is_wrong(done: list[Case]) -> None:
    outcome = judge(ROW[:1], done, WHY, after=done, missed=[] if done else ROW[:1])
    assert (names(outcome.wrong), outcome.told()[0]["wrong"], again(outcome)) == ("0", WHY, [])
