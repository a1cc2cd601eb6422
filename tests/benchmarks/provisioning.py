# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What provisioning costs: once for new hosts, and again with nothing to change, beside `ansible -m ping` over the same hosts.

    python tests/benchmarks/provisioning.py [--rounds 3] [--sizes 1 5 10 20] [--no-example]

Runs and pings take turns. Every fleet is provisioned with docs/examples/ansible.cfg; the largest one and the example
inventory's are run without it as well. Counts and CPU tell more than time on a machine that does other things, too. The
hosts are containers of this machine, so what a host does costs the controller's processor as well.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.counted import Counted, count, spend
from benchmarks.figures import keep, say, told
from benchmarks.fleets import BARE, RECOMMENDED, Fleet, down, environment, example_fleet, tmux_fleets

Run = dict[str, Any]


def figures_of(run: Counted) -> Run:
    """What is kept of a run."""
    if run.status != 0:
        say(run.output[-4000:])
        sys.exit("a provisioning failed: there is nothing to measure")
    return {
        "headers": len(run.headers),
        "calls": run.of_hosts(),
        "changed": run.changed(),
        "wall": run.spent.wall,
        "cpu": run.spent.cpu,
    }


def first(fleet: Fleet) -> Run:
    """Provision new hosts."""
    run = figures_of(count(fleet.playbook(), environment()))
    say(f"{fleet.name}, new: {run['headers']} headers, {run['wall']:.1f} s, {run['cpu']:.1f} s of CPU")
    return run


def again(fleet: Fleet, config: Path) -> Run:
    """One ping, one run that changes nothing."""
    ping, status, output = spend(fleet.ping(), environment(config))
    if status != 0:
        sys.exit(f"{fleet.name} could not be pinged:\n{output[-2000:]}")
    run = figures_of(count(fleet.playbook(), environment(config)))
    if run["changed"]:
        sys.exit(f"{fleet.name}: an unchanged run changed {run['changed']} things")
    most = max(run["calls"].values())
    say(
        f"{fleet.name}{'' if config == RECOMMENDED else ', no ansible.cfg'}: {run['headers']} headers, at most {most} calls for a host, "
        f"{run['wall']:.1f} s (ping {ping.wall:.1f}), {run['cpu']:.1f} s of CPU (ping {ping.cpu:.1f})"
    )
    return {**run, "ping": {"wall": ping.wall, "cpu": ping.cpu}}


def main() -> None:
    """Measure, keep and print it; the hosts are gone afterwards."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 5, 10, 20])
    parser.add_argument("--no-example", action="store_true", help="leave the example inventory's hosts out")
    options = parser.parse_args()
    groups = ["bench-tmux"]
    try:
        fleets = tmux_fleets(sorted(options.sizes))
        new = {fleets[-1].name: first(fleets[-1])}
        if not options.no_example:
            groups.append("bench-example")
            fleets.insert(0, example_fleet())
            new[fleets[0].name] = first(fleets[0])
        bare = [fleet for fleet in fleets if fleet.name in new]
        runs: dict[str, list[Run]] = {}
        plain: dict[str, list[Run]] = {}
        for _round in range(options.rounds):
            for fleet in fleets:
                runs.setdefault(fleet.name, []).append(again(fleet, RECOMMENDED))
            for fleet in bare:
                plain.setdefault(fleet.name, []).append(again(fleet, BARE))
    finally:
        for group in groups:
            down(group)
    hosts = {fleet.name: len(fleet.hosts) for fleet in fleets}
    keep(
        "provisioning",
        {"rounds": options.rounds, "hosts": hosts, "new": new, "unchanged": runs, "bare": plain},
    )
    for name, found in runs.items():
        ratios = told([run["wall"] / run["ping"]["wall"] for run in found])
        say(f"{name}: {told(run['wall'] for run in found)} s, {ratios} times a ping")


if __name__ == "__main__":
    main()
