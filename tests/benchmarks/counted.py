# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one run of a playbook consists of and what it costs the controller.

    python tests/benchmarks/counted.py [--list] ARGUMENTS OF ansible-playbook

for example, over the demo's hosts:

    python tests/benchmarks/counted.py --list -i docs/examples/inventory -i .cache/demo/inventory mosaic.fleet.provision

Counted are the TASK and RUNNING HANDLER headers, skipped ones too; the executions of modules for each host, those on the
controller apart; user and system time of ansible-playbook and its children; and what a host reported.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
LONGEST = 1800.0
"""Seconds that a run may take."""

Line = dict[str, str]


@dataclass(frozen=True)
class Spent:
    """What a command cost: seconds of wall clock, and of user and system time with its children's."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Counted:
    """One run of a playbook."""

    status: int
    output: str
    spent: Spent
    lines: list[Line] = field(repr=False)

    @property
    def headers(self) -> list[Line]:
        """Every TASK and RUNNING HANDLER header, in order."""
        return [line for line in self.lines if line.get("header", "PLAY") != "PLAY"]

    @property
    def calls(self) -> list[Line]:
        """Every execution of a module that was not on the controller."""
        return [line for line in self.lines if line.get("transport", "local") != "local"]

    @property
    def calls_here(self) -> list[Line]:
        """Every execution of a module on the controller."""
        return [line for line in self.lines if line.get("transport") == "local"]

    def of_hosts(self) -> dict[str, int]:
        """How many executions each host saw."""
        return dict(sorted(Counter(line["host"] for line in self.calls).items()))

    def recap(self, word: str) -> dict[str, int]:
        """What the hosts reported in the recap: `ok`, `changed`, `unreachable` or `failed`."""
        found = re.findall(rf"^(\S+) +: .*{word}=(\d+)", self.output, re.MULTILINE)
        return {host: int(number) for host, number in found}

    def changed(self) -> int:
        """How many changes the hosts reported together."""
        return sum(self.recap("changed").values())


def spend(command: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[Spent, int, str]:
    """Run a command to its end; what it cost, its status, what it printed."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=LONGEST,
    )
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(wall, cpu), done.returncode, done.stdout


def count(
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    watch: Callable[[Path], None] | None = None,
) -> Counted:
    """Run ansible-playbook with these arguments, counted; `watch` is called beside it with the journal."""
    with tempfile.TemporaryDirectory(prefix="mosaic-count-") as folder:
        journal = Path(folder) / "journal"
        journal.touch()
        given = {
            "ANSIBLE_CALLBACKS_ENABLED": "counting",
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "plugins" / "callback"),
            "COUNTING_JOURNAL": str(journal),
            **(environment or {}),
        }
        beside = threading.Thread(target=watch, args=[journal]) if watch else None
        if beside:
            beside.start()
        spent, status, output = spend(["ansible-playbook", *arguments], given)
        if beside:
            beside.join()
        text = journal.read_text(encoding="utf-8")
    return Counted(status, output, spent, [json.loads(line) for line in text.splitlines()])


def listed(run: Counted) -> list[str]:
    """The run for a reader: every header, and below it what was executed where."""
    told, number = [], 0
    for line in run.lines:
        if line.get("header") == "PLAY":
            told.append(f"\nPLAY {line['name']}")
        elif "header" in line:
            number += 1
            place = "/".join(line["place"].split("/")[-3:])
            told.append(f"{number:4} {line['header']} {line['name']}  [{line['action']}] {place}")
        else:
            where = "controller" if line["transport"] == "local" else line["host"]
            told.append(f"       -> {where}: {line['module']}")
    return told


def summed(run: Counted) -> list[str]:
    """The run in figures."""
    return [
        f"headers: {len(run.headers)} (of these handlers: {sum(line['header'] != 'TASK' for line in run.headers)})",
        *(f"modules on {host}: {calls}" for host, calls in run.of_hosts().items()),
        f"modules on the controller: {len(run.calls_here)}",
        f"changes: {run.changed()}",
        f"wall: {run.spent.wall:.1f} s; CPU of the controller: {run.spent.cpu:.1f} s; status {run.status}",
    ]


def main() -> int:
    """Count one run and print it; its status is ansible-playbook's."""
    arguments = sys.argv[1:]
    wanted = "--list" in arguments
    run = count([argument for argument in arguments if argument != "--list"])
    if run.status != 0:
        sys.stdout.write(run.output[-4000:])
    told = [*(listed(run) if wanted else []), "", *summed(run)]
    sys.stdout.write("\n".join(told) + "\n")
    return run.status


if __name__ == "__main__":
    sys.exit(main())
