# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet whose controller, modules and hosts are killed wherever that may matter, and what comes of it.

The hosts are as they were before the playbook, the playbook is run and cut, at one case of a row after the other, and run to its
end: the fleet has to be what an undisturbed run makes of it, and what a run that is cut must not leave is looked for in between.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

from fleet import CACHE, GROUP, ROOT, SIDE_BY_SIDE, SPECS, Fleet, FleetError, now
from judge import expected
from outcome import Outcome, Row, sooner
from points import DEEDS, by_turns, cases, rows, spread
from stories import STORIES, Story, prepare
from table import table, write_page
from trying import try_row

BEGAN = now()
SAYS = threading.RLock()
"""Held by the fleet that says something, or takes or notes a case."""


def say(*lines: str) -> None:
    """Lines for the person who watches."""
    with SAYS:
        for line in lines:
            sys.stdout.write(f"[{now() - BEGAN:6.1f}s] {line}\n")
        sys.stdout.flush()


def learn(fleets: list[Fleet], story: Story) -> None:
    """Run it undisturbed, twice: where it can be cut, and what comes of it."""
    prepare(fleets[0], story.start)  # the others are made of it
    with ThreadPoolExecutor(len(fleets)) as pool:
        looks = list(pool.map(partial(undisturbed, story=story), (fleets * 2)[:2], (1, 2)))
    (story.folder / "expected.json").write_text(json.dumps(expected(*looks)))


def undisturbed(fleet: Fleet, number: int, story: Story) -> dict[str, Any]:
    """What comes of such a run; the first one is noted."""
    prepare(fleet, story.start)
    journal = story.folder / f"journal-{number}"
    log = story.folder / f"undisturbed-{number}.log"
    # Or else what another run noted would be counted on from.
    for path in (journal, Path(f"{journal}.calls"), log):
        path.unlink(missing_ok=True)
    began = now()
    noted = {"BOUNDARY_CALLS": "1"} if number == 1 else {}
    status = fleet.play(story.playbook, story.given(fleet), log, BOUNDARY_JOURNAL=str(journal), **noted)
    if status != 0:
        raise FleetError(f"{story.playbook} ended with status {status}, undisturbed: see {log}")
    found = fleet.look()
    say(f"{story.playbook}: undisturbed in {now() - began:.0f} s; {fleet.left_on_controller()} left")
    return found


def known(story: Story) -> dict[str, dict[str, Any]]:
    """The cases that were tried, by their keys."""
    path = story.folder / "results.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return {told["key"]: told for told in map(json.loads, lines)}


def to_do(story: Story, fleets: list[Fleet], options: argparse.Namespace) -> list[Row]:
    """The rows that are to be tried, learnt first where nothing is known; any beginning of them is spread over the whole run."""
    if options.fresh or not (story.folder / "expected.json").exists() or not fleets[0].has(story.start):
        learn(fleets, story)
        for name in ("results.jsonl", "rows.jsonl"):
            (story.folder / name).unlink(missing_ok=True)
    found = [
        case
        for case in cases(story.folder / "journal-1", fleets[0].hosts)
        if options.deed in ("", case.deed) and options.only in case.key
    ]
    done = known(story)
    say(
        f"{story.playbook}: {len(found)} cases, {sum(case.key in done for case in found)} of them tried before"
    )
    fresh = [case for case in found if case.key not in done]
    again = [case for case in found if case.key in done and done[case.key]["result"] != "right"]
    waiting = [[case] for case in again if options.again] + by_turns(
        spread(rows(fresh, options.row, SIDE_BY_SIDE))
    )
    if options.cases is None:
        return waiting
    chosen = [case for row in waiting for case in row][: options.cases]
    return [part for row in waiting if (part := [case for case in row if case in chosen])]


def tell(stories: list[Story], fleets: list[Fleet], options: argparse.Namespace, end: float) -> int:
    """Try the rows of the stories in turn until the time is over, one on each fleet at a time; how many cases went wrong."""
    queues = [[(story, row) for row in to_do(story, fleets, options)] for story in stories]
    waiting = [each for turn in zip_longest(*queues) for each in turn if each]
    with ThreadPoolExecutor(len(fleets)) as pool:
        return sum(pool.map(partial(work_off, waiting=waiting, end=end), fleets))


def work_off(fleet: Fleet, waiting: list[tuple[Story, Row]], end: float) -> int:
    """Try what no other fleet has taken; how many cases went wrong."""
    failed = broken = 0
    while now() < end:
        with SAYS:
            if not waiting:
                break
            story, row = waiting.pop(0)
        try:
            outcome = try_row(fleet, story, row, end)
        except (FleetError, subprocess.SubprocessError) as error:
            say(f"{story.playbook}: the hosts cannot be used: {row[0].key}: {error}")
            broken += 1
            if broken == 3:
                raise
            continue
        broken = 0
        failed += len(outcome.wrong)
        with SAYS:
            waiting[:0] = [(story, part) for part in outcome.again]
            waiting += [(story, part) for part in outcome.later]
            note(story, outcome)
    return failed


def note(story: Story, outcome: Outcome) -> None:
    """Write down and say what came of a row."""
    path = story.folder / "rows.jsonl"
    number = len(path.read_text().splitlines()) + 1 if path.exists() else 1
    told = outcome.told()
    with path.open("a") as noted:
        keys = [case.key for case in outcome.row]
        noted.write(
            json.dumps({"row": number, "keys": keys, "why": outcome.why, "seconds": outcome.seconds}) + "\n"
        )
    with (story.folder / "results.jsonl").open("a") as results:
        results.writelines(json.dumps(line | {"row": number}) + "\n" for line in told)
    first = outcome.row[0]
    say(
        f"{story.playbook}: row {number}, {len(outcome.row)} cases from {first.key} ({first.name}): "
        f"{len(outcome.right)} right, {len(outcome.wrong)} wrong, {len(outcome.not_reached)} not reached, "
        f"{sum(map(len, outcome.again + outcome.later))} to be tried in other rows {outcome.seconds}",
        *(f"    {line}" for line in outcome.why[:12]),
    )


def sample(options: argparse.Namespace) -> int:
    """One case of each deed, on hosts that are up; the exit status. The choice is the same each time."""
    fleet = Fleet(CACHE / "desk-sample", options.group, options.inventory)
    story = Story(options.stories[0], "", provisioned=True)
    learn([fleet], story)
    found = spread(cases(story.folder / "journal-1", fleet.hosts))
    failed = 0
    for deed in DEEDS:
        case = next(
            case
            for case in found
            if case.deed == deed
            and not case.point.startswith("play ")
            and (deed != "host" or case.host == options.lose)
        )
        outcome = try_row(fleet, story, [case])
        if outcome.not_reached:
            outcome = try_row(fleet, story, [sooner(case)])
        failed += not outcome.right
        say(
            f"{story.playbook}: {'right' if outcome.right else 'not right'}: {case.key} ({case.name})",
            *(f"    {line}" for line in outcome.why),
        )
    return 1 if failed else 0


def page() -> int:
    """Write the table of what has been tried; the exit status."""
    told = {story.playbook: list(known(story).values()) for story in STORIES}
    hosts = sorted(SPECS)
    there = {
        story.playbook: Counter(case.deed for case in cases(story.folder / "journal-1", hosts))
        for story in STORIES
    }
    made = table(told, there)
    if not write_page(ROOT / "docs/reliability.md", made):
        say(f"docs/reliability.md has no place for it:\n{made}")
        return 1
    return 0


def main() -> int:
    """Do what is asked for; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "stories", nargs="*", help=f"of {', '.join(story.playbook for story in STORIES)}; all without one"
    )
    parser.add_argument("--deed", default="", help="only this one: controller, during, module, host")
    parser.add_argument("--only", default="", help="only the cases whose key holds this")
    parser.add_argument("--minutes", type=float, default=600, help="end after so many; the next run goes on")
    parser.add_argument("--cases", type=int, help="try no more than so many of a story")
    parser.add_argument(
        "--row",
        type=int,
        default=12,
        help="how many cases are tried before the hosts are restored; 1 is each by itself",
    )
    parser.add_argument(
        "--fleets", type=int, default=min(os.cpu_count() or 1, 4), help="how many fleets work side by side"
    )
    parser.add_argument("--fresh", action="store_true", help="forget what is known of the stories")
    parser.add_argument("--again", action="store_true", help="try those once more that went wrong")
    parser.add_argument("--page", action="store_true", help="only write the table into docs/reliability.md")
    parser.add_argument("--sample", action="store_true", help="one case of each deed, on hosts that are up")
    parser.add_argument("--lose", default="", help="the host that loses its power in the sample")
    parser.add_argument("--group", default="", help="the group of tests/hosts for the sample")
    parser.add_argument("--inventory", type=Path, help="the inventory for the sample")
    options = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    if options.sample:
        return sample(options)
    chosen = [story for story in STORIES if not options.stories or story.playbook in options.stories]
    if options.page:
        return page()
    fleets = [
        Fleet(CACHE / f"desk-{number}", GROUP if number == 1 else f"{GROUP}-{number}")
        for number in range(1, options.fleets + 1)
    ]
    failed = tell(chosen, fleets, options, BEGAN + options.minutes * 60)
    say(f"{failed} cases went wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FleetError as error:
        sys.exit(f"boundaries: {error}")
