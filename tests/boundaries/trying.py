# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A row of cases, tried: the same hosts are cut at one after the other, and are then to be what an undisturbed run makes of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from fleet import Fleet, now
from judge import aftermath, differences, units_differ
from outcome import Outcome, Row, judge
from points import cut_at, next_in
from stories import Story, prepare

PATIENCE = 30.0
"""Seconds that units get to be what they should be."""


def try_row(fleet: Fleet, story: Story, row: Row, end: float = float("inf")) -> Outcome:
    """Cut it at each of its cases, and run it to its end. No case is begun when the time is over."""
    wanted = json.loads((story.folder / "expected.json").read_text())
    steps = [now()]
    prepare(fleet, story.start)
    log = fleet.desk / "last.log"
    log.unlink(missing_ok=True)
    steps.append(now())
    done, last, missed, why = Row(), Row(), Row(), list[str]()
    status = None
    while len(done) < len(row) and not (done and now() > end):
        aimed = next_in([case for case in row if case not in done])
        last, status = run_cut(fleet, story, aimed, log)
        steps.append(now())
        done += last
        missed = [] if last else aimed
        why = look_after(fleet, story) if last else []
        if missed or why:
            break
    after = last if why else []
    if not after or len(row) == 1:
        why += run_whole(fleet, story, wanted, log, status if missed else None)
        steps.append(now())
    outcome = judge(row, done, why, after=after, missed=missed)
    outcome.seconds = [round(after - before, 1) for before, after in pairwise(steps)]
    if why:
        kept = story.folder / f"failed-{len(list(story.folder.glob('failed-*.log')))}.log"
        shutil.copyfile(log, kept)
        outcome.why = [*why, f"see {kept.name}"]
    return outcome


def run_cut(fleet: Fleet, story: Story, aimed: Row, log: Path) -> tuple[Row, int]:
    """Run it and cut it at these, and give power to the hosts that lost it; those that it was cut at, and its status."""
    journal = fleet.desk / "journal-cut"
    for path in (journal, Path(f"{journal}.calls")):
        path.unlink(missing_ok=True)
    aims = [case.aim(fleet.killer(case.host) if case.deed == "host" else []) for case in aimed]
    noted = {"BOUNDARY_JOURNAL": str(journal), "BOUNDARY_AIMS": json.dumps(aims)}
    status = fleet.play(story.playbook, story.given(fleet), log, **noted)
    cut = cut_at(journal)
    fleet.heal()
    with log.open("a") as said:
        said.writelines(f"===== not cut: {case.key}\n" for case in aimed if case.key not in cut)
    return [case for case in aimed if case.key in cut], status


def look_after(fleet: Fleet, story: Story) -> list[str]:
    """What a run that was cut must not leave, even if there is no next one."""
    told = wait(lambda: aftermath(fleet.look("quick"), provisioned=story.provisioned, guarded=story.guarded))
    return [f"cut: {line}" for line in told]


def run_whole(fleet: Fleet, story: Story, wanted: dict[str, Any], log: Path, status: int | None) -> list[str]:
    """What differs from what an undisturbed run makes, when one has come to its end: with that status, or now."""
    if status is None:
        status = fleet.play(story.playbook, story.given(fleet), log)
    wrong = [] if status == 0 else [f"the next run ends with status {status}"]
    wait(lambda: units_differ(wanted, fleet.look("quick")))
    wrong += differences(wanted, fleet.look())
    return wrong + [f"controller: {path} is left over" for path in fleet.left_on_controller()]


def wait(ask: Callable[[], list[str]]) -> list[str]:
    """What is still wrong when the units have had their time."""
    end = now() + PATIENCE
    wrong: list[str] = ask()
    while wrong and now() < end:
        wrong = ask()
    return wrong
