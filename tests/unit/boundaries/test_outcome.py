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


def test_a_row_that_ends_right_is_right_for_each_of_its_cases() -> None:
    outcome = judge(ROW, 5, [], after_cut=False, ended=False)
    assert (names(outcome.right), outcome.told()[0]["result"], again(outcome)) == ("01234", "right", [])


def test_a_case_that_is_not_reached_is_tried_by_itself_and_the_rest_is_another_row() -> None:
    outcome = judge(ROW, 2, [], after_cut=False, ended=True)
    assert (names(outcome.right), outcome.wrong, outcome.not_reached, again(outcome)) == (
        "01",
        [],
        [],
        ["2", "34"],
    )
    assert again(judge(ROW, 0, [], after_cut=False, ended=True)) == ["0", "1234"]
    assert names(judge(ROW[:1], 0, [], after_cut=False, ended=True).not_reached) == "0"


def test_what_the_time_was_over_for_is_another_row() -> None:
    outcome = judge(ROW, 3, [], after_cut=False, ended=False)
    assert (names(outcome.right), again(outcome)) == ("012", ["34"])


def test_a_row_that_ends_wrong_is_tried_in_halves() -> None:
    assert again(judge(ROW, 5, WHY, after_cut=False, ended=False)) == ["012", "34"]
    assert again(judge(ROW, 3, WHY, after_cut=False, ended=True)) == ["01", "2", "3", "4"]
    assert again(judge(ROW, 1, WHY, after_cut=False, ended=True)) == ["0", "1", "234"]


def test_the_case_after_which_something_is_wrong_is_tried_by_itself() -> None:
    assert again(judge(ROW, 3, WHY, after_cut=True, ended=False)) == ["01", "2", "34"]
    assert again(judge(ROW, 1, WHY, after_cut=True, ended=False)) == ["0", "1234"]


@pytest.mark.parametrize("cut", [0, 1])
@pytest.mark.parametrize("after_cut", [False, True])
def test_only_a_case_that_goes_wrong_by_itself_is_wrong(cut: int, after_cut: bool) -> None:
    outcome = judge(ROW[:1], cut, WHY, after_cut=after_cut, ended=not cut)
    assert (names(outcome.wrong), outcome.told()[0]["wrong"], again(outcome)) == ("0", WHY, [])
