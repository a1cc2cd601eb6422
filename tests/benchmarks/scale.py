# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty real hosts in one inventory: new, unchanged, changed in one variable, one of them lost in the middle, and whole again.

    python tests/benchmarks/scale.py [--matrix 4] [--tmux 15]

A homeserver, four orchestrators of the kind matrix and fifteen of the kind tmux, provisioned with docs/examples/ansible.cfg. It takes
a quarter of an hour, ends with a failure when a run did anything but what it had to, and its hosts are gone afterwards.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.counted import Counted, count
from benchmarks.figures import keep, say
from benchmarks.fleets import Fleet, container, down, environment, mixed_fleet

CUT_AT = "Write the settings"
"""The header at which it is lost; its settings are not written then."""
WAIT = 900.0


def settings(seconds: int) -> list[str]:
    """One variable, changed for the orchestrators."""
    return ["-e", json.dumps({"orchestrator_settings": {"hold_interval": seconds}})]


class Stage:
    """The fleet, and the rows of the table."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.victim = fleet.hosts[-len(fleet.hosts) // 3]
        self.rows: list[dict[str, Any]] = []

    def run(self, what: str, *more: str, lost: bool = False) -> Counted:
        """One run and its row; it has to end well, unless a host is lost in it."""
        done = count(self.fleet.playbook(*more), environment(), self._lose if lost else None)
        changed = {host: number for host, number in done.recap("changed").items() if number}
        row = {
            "what": what,
            "wall": done.spent.wall,
            "cpu": done.spent.cpu,
            "headers": len(done.headers),
            "most": max(done.of_hosts().values()),
            "hosts": len(done.recap("ok")),
            "changed": changed,
            "lost": [
                host
                for word in ("unreachable", "failed")
                for host, number in done.recap(word).items()
                if number
            ],
        }
        self.rows.append(row)
        say(
            f"{what}: {row['wall']:.0f} s, {row['cpu']:.0f} s of CPU, {row['headers']} headers, changed {changed}, lost {row['lost']}"
        )
        if bool(done.status) != lost:
            say(done.output[-5000:])
            sys.exit(f"{what}: ansible-playbook ended with status {done.status}")
        return done

    def _lose(self, journal: Path) -> None:
        """Take the power from one host when the run has come so far."""
        deadline = time.monotonic() + WAIT
        while CUT_AT not in journal.read_text() and time.monotonic() < deadline:
            time.sleep(0.1)  # another process writes it
        engine, name = container(self.fleet, self.victim)
        subprocess.run([engine, "kill", name], check=True, capture_output=True, timeout=60)

    def heal(self) -> None:
        """Give it power again, and wait until systemd has booted."""
        engine, name = container(self.fleet, self.victim)
        subprocess.run([engine, "start", name], check=True, capture_output=True, timeout=60)
        booted = "until systemctl is-system-running --wait | grep -Eq 'running|degraded'; do sleep 0.2; done"
        subprocess.run(
            [engine, "exec", name, "timeout", "60", "sh", "-c", booted],
            check=True,
            capture_output=True,
            timeout=90,
        )


def check(right: bool, what: str) -> None:
    """End with a failure where a run did something else than it had to."""
    if not right:
        sys.exit(f"expected: {what}")


def main() -> None:
    """Go through a fleet's days."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--matrix", type=int, default=4)
    parser.add_argument("--tmux", type=int, default=15)
    options = parser.parse_args()
    try:
        stage = Stage(mixed_fleet(options.matrix, options.tmux))
        victim, orchestrators = stage.victim, set(stage.fleet.hosts) - {"hs"}
        stage.run("new")
        check(not stage.run("nothing to change").changed(), "an unchanged run changes nothing")
        stage.run("one variable changed", *settings(7))
        check(
            set(stage.rows[-1]["changed"]) == orchestrators, "every orchestrator changes, and no other host"
        )
        stage.run("another value, one host lost in the middle", *settings(8), lost=True)
        check(stage.rows[-1]["lost"] == [victim], f"{victim} alone is lost")
        check(
            set(stage.rows[-1]["changed"]) == orchestrators - {victim}, "the others are brought to their end"
        )
        stage.heal()
        stage.run("the next run", *settings(8))
        check(set(stage.rows[-1]["changed"]) == {victim}, f"the next run changes {victim} alone")
        stage.run("the same with --limit, one host", "--limit", victim, *settings(8))
        stage.run("a third value, fleet_batch=1,25%", *settings(9), "-e", "fleet_batch=1,25%")
        check(
            set(stage.rows[-1]["changed"]) == orchestrators, "every orchestrator changes, batch after batch"
        )
        keep("scale", {"hosts": len(stage.fleet.hosts), "rows": stage.rows})
    finally:
        down("bench-scale")


if __name__ == "__main__":
    main()
