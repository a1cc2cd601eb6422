# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet whose controller, modules and hosts are killed wherever that may matter, and what comes of it.

For each case the hosts are as they were before the playbook, the playbook is run and cut, and run again: the fleet has to be
what an undisturbed run makes of it, and what a run that is cut must not leave is looked for in between.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fleet import CACHE, ROOT, Fleet, FleetError, now
from judge import aftermath, differences, expected, units_differ
from points import DEEDS, Case, by_turns, cases, spread, was_cut
from stories import STORIES, Story, prepare, recipients
from table import table, write_page

BEGAN = now()
PATIENCE = 30.0
"""Seconds that units get to be what they should be."""


def say(text: str) -> None:
    """A line for the person who watches."""
    sys.stdout.write(f"[{now() - BEGAN:6.1f}s] {text}\n")
    sys.stdout.flush()


def wish(story: Story) -> dict[str, Any]:
    """What the playbook is given."""
    return story.given() | {"backup_recipients": recipients()}


def learn(fleet: Fleet, story: Story) -> None:
    """Run it undisturbed, twice: where it can be cut, and what comes of it."""
    looks = []
    for number in (1, 2):
        prepare(fleet, story.start)
        journal = story.folder / f"journal-{number}"
        for path in (journal, Path(f"{journal}.calls")):  # whose calls would be counted on from another run's
            path.unlink(missing_ok=True)
        began = now()
        log = story.folder / f"undisturbed-{number}.log"
        log.unlink(missing_ok=True)
        noted = {"BOUNDARY_CALLS": "1"} if number == 1 else {}
        status = fleet.play(story.playbook, wish(story), log, BOUNDARY_JOURNAL=str(journal), **noted)
        if status != 0:
            raise FleetError(f"{story.playbook} ended with status {status}, undisturbed: see {log}")
        looks.append(fleet.look())
        say(f"{story.playbook}: undisturbed in {now() - began:.0f} s; {fleet.left_on_controller()} left")
    (story.folder / "expected.json").write_text(json.dumps(expected(*looks)))


def try_case(fleet: Fleet, story: Story, case: Case) -> dict[str, Any]:
    """Cut it, and run it again; what is wrong then."""
    wanted = json.loads((story.folder / "expected.json").read_text())
    prepare(fleet, story.start)
    journal, log = story.folder / "journal-cut", story.folder / "last.log"
    for path in (journal, Path(f"{journal}.calls"), log):
        path.unlink(missing_ok=True)
    aim = case.aim(fleet.killer(case.host) if case.deed == "host" else [])
    fleet.play(story.playbook, wish(story), log, BOUNDARY_JOURNAL=str(journal), BOUNDARY_AIM=aim)
    if not was_cut(journal):
        return {"result": "not reached", "wrong": []}
    fleet.heal()
    wrong = [
        f"cut: {line}"
        for line in wait(
            lambda: aftermath(fleet.look("quick"), provisioned=story.provisioned, guarded=story.guarded)
        )
    ]
    status = fleet.play(story.playbook, wish(story), log)
    if status != 0:
        wrong.append(f"the next run ends with status {status}")
    wait(lambda: units_differ(wanted, fleet.look("quick")))
    wrong += differences(wanted, fleet.look())
    wrong += [f"controller: {path} is left over" for path in fleet.left_on_controller()]
    if wrong:
        number = len(list(story.folder.glob("failed-*.log")))
        log.rename(story.folder / f"failed-{number}.log")
        return {"result": "wrong", "wrong": wrong, "log": f"failed-{number}.log"}
    return {"result": "right", "wrong": []}


def wait(ask: Callable[[], list[str]]) -> list[str]:
    """What is still wrong when the units have had their time."""
    end = now() + PATIENCE
    wrong: list[str] = ask()
    while wrong and now() < end:
        wrong = ask()
    return wrong


def known(story: Story) -> dict[str, dict[str, Any]]:
    """The cases that were tried, by their keys."""
    path = story.folder / "results.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return {told["key"]: told for told in map(json.loads, lines)}


def tell(story: Story, options: argparse.Namespace, end: float) -> int:
    """Try the cases of a story until the time is over; how many went wrong."""
    fleet = Fleet(CACHE / "desk")
    if options.fresh or not (story.folder / "expected.json").exists():
        learn(fleet, story)
        (story.folder / "results.jsonl").unlink(missing_ok=True)
    found = cases(story.folder / "journal-1", fleet.hosts)
    found = [
        case
        for case in by_turns(spread(found))
        if options.deed in ("", case.deed) and options.only in case.key
    ]
    done = known(story)
    failed = 0
    say(
        f"{story.playbook}: {len(found)} cases, {sum(case.key in done for case in found)} of them tried before"
    )
    for case in found:
        if now() > end:
            break
        if case.key in done and not (options.again and done[case.key]["result"] != "right"):
            continue
        told = {"key": case.key, "name": case.name, "deed": case.deed, "host": case.host, "point": case.point}
        told |= try_case(fleet, story, case)
        with (story.folder / "results.jsonl").open("a") as results:
            results.write(json.dumps(told) + "\n")
        failed += told["result"] == "wrong"
        say(f"{story.playbook}: {told['result']}: {case.key} ({case.name})")
        for line in told["wrong"][:12]:
            say(f"    {line}")
    return failed


def sample(options: argparse.Namespace) -> int:
    """One case of each deed, on hosts that are up; the exit status. The choice is the same each time."""
    fleet = Fleet(CACHE / "desk-sample", options.group, options.inventory)
    story = Story(options.stories[0], "", provisioned=True)
    learn(fleet, story)
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
        told = try_case(fleet, story, case)
        failed += told["result"] != "right"
        say(f"{story.playbook}: {told['result']}: {case.key} ({case.name})")
        for line in told["wrong"]:
            say(f"    {line}")
    return 1 if failed else 0


def page() -> int:
    """Write the table of what has been tried; the exit status."""
    told = {story.playbook: list(known(story).values()) for story in STORIES}
    hosts = Fleet(CACHE / "desk").hosts
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
    failed = sum(tell(story, options, BEGAN + options.minutes * 60) for story in chosen)
    say(f"{failed} cases went wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FleetError as error:
        sys.exit(f"boundaries: {error}")
