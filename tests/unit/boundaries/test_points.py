# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as one case of the boundaries, and what as two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from boundaries.points import Case, cases, next_in, rows


def keys(tmp_path: Path, *lines: dict[str, Any]) -> list[str]:
    journal = tmp_path / "journal"
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return [case.key for case in cases(journal, ["a", "b"])]


def play(number: int) -> dict[str, Any]:
    return {"point": f"play {number}", "name": f"Play {number}"}


def change(host: str, place: str = "1 tasks/main.yml:3") -> list[dict[str, Any]]:
    point = f"{place} {host} 1"
    told = {"point": point, "name": "Change it", "host": host, "seconds": 2.0}
    return [
        {"call": point, "number": 0, "module": True, "changed": True, "took": 1.0},
        {"ran": point},
        told,
    ]


def test_a_play_is_a_case_for_the_controller_and_for_each_host(tmp_path: Path) -> None:
    assert keys(tmp_path, play(1)) == ["controller | play 1 | ", "host | play 1 | a", "host | play 1 | b"]


def test_the_next_play_is_another_case_only_when_something_ran_between(tmp_path: Path) -> None:
    idle = keys(tmp_path, play(1), play(2))
    ran = keys(tmp_path, play(1), {"ran": "1 tasks/main.yml:1 a 1"}, play(2))
    called = keys(
        tmp_path,
        play(1),
        {"call": "1 x:1 a 1", "number": 0, "module": False, "changed": False, "took": 0.1},
        play(2),
    )
    assert not any("play 2" in key for key in idle)
    assert ran == called
    assert [key for key in ran if "play 2" in key] == [
        "controller | play 2 | ", "host | play 2 | a", "host | play 2 | b",
    ]  # fmt: skip


def test_a_change_on_two_hosts_is_two_cases_but_for_the_middle_of_the_task(tmp_path: Path) -> None:
    found = keys(tmp_path, *change("a"), *change("b"), *change("a", "1 tasks/main.yml:9"))
    point = "1 tasks/main.yml"
    assert found == [
        f"controller | {point}:3 a 1 | a", f"during | {point}:3 a 1 | a", f"module | {point}:3 a 1 | a",
        f"host | {point}:3 a 1 | a",
        f"controller | {point}:3 b 1 | b", f"module | {point}:3 b 1 | b", f"host | {point}:3 b 1 | b",
        f"controller | {point}:9 a 1 | a", f"during | {point}:9 a 1 | a", f"module | {point}:9 a 1 | a",
        f"host | {point}:9 a 1 | a",
    ]  # fmt: skip


def test_of_a_task_s_modules_the_one_that_changes_is_cut(tmp_path: Path) -> None:
    first, *rest = change("a")
    last = {**first, "number": 1, "changed": False}
    journal = tmp_path / "journal"
    journal.write_text("".join(json.dumps(line) + "\n" for line in (first, last, *rest)))
    assert [(case.call, case.says) for case in cases(journal, []) if case.deed == "module"] == [(0, True)]
    journal.write_text(
        "".join(json.dumps(line) + "\n" for line in ({**first, "changed": False}, last, *rest))
    )
    assert [(case.call, case.says) for case in cases(journal, []) if case.deed == "module"] == [(1, False)]


def test_a_row_is_of_one_deed_and_one_host_in_the_order_of_the_run() -> None:
    found = [
        Case(str(number), "", deed, host=host)
        for number in range(3)
        for deed in ("controller", "during")
        for host in ("a", "b")
    ]
    made = [[(case.deed, case.host, case.point) for case in row] for row in rows(found, 4)]
    assert made == [
        [("controller", "a", "0"), ("controller", "a", "1"), ("controller", "a", "2")],
        [("controller", "b", "0"), ("controller", "b", "1"), ("controller", "b", "2")],
        [("during", "a", "0"), ("during", "b", "0"), ("during", "a", "1")],
        [("during", "b", "1"), ("during", "a", "2"), ("during", "b", "2")],
    ]
    assert rows(found, 1) == [[case] for row in rows(found, 12) for case in row]


def test_hosts_that_go_on_without_each_other_are_cut_in_the_same_run() -> None:
    found = [Case(str(number), "", "host", host=host) for number in range(2) for host in ("a", "b", "c")]
    made = rows(found, 12, ("b", "c"))
    assert [{case.host for case in row} for row in made] == [{"a"}, {"b", "c"}]
    assert sorted((case.host, case.point) for case in next_in(made[1])) == [("b", "0"), ("c", "0")]
    assert sorted((case.host, case.point) for case in next_in(made[1][1:])) == [("b", "1"), ("c", "0")]
    controller = [Case(str(number), "", "controller", host="b") for number in range(2)]
    assert next_in(controller) == controller[:1], "nothing goes on after it"
