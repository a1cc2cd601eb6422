# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task with nothing to change costs, in CPU and wall time, beside ansible.builtin.uri.

    python tests/benchmarks/modules.py [ROUNDS]

Starts a Synapse of its own, provisions an account and a room once, then times plays of ten equal
tasks against plays of none: the difference is the tasks', controller and module together. The
budget is the whole desired state in at most four tasks and 2.5 seconds of CPU.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_ROOT / "tests"))

from integration.synapse import Synapse, running_synapse  # noqa: E402

REPEATS = 10
BUDGET_CPU = 2.5
BUDGET_TASKS = 4

Task = dict[str, Any]


def play(folder: Path, tasks: list[Task]) -> tuple[float, float]:
    """Run tasks and return CPU and wall seconds; anything changed ends the benchmark."""
    document = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]
    (folder / "play.json").write_text(json.dumps(document))
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ansible",
            "playbook",
            "-e",
            f"ansible_python_interpreter={sys.executable}",
            "play.json",
        ],
        cwd=folder,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(_ROOT / ".cache" / "collections")},
        capture_output=True,
        text=True,
        check=False,
    )
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def tasks_of(server: Synapse, folder: Path) -> dict[str, Task]:
    """The desired state of one orchestrator, and the yardstick."""
    operator = server.register("operator")
    secret = folder / "secret"
    secret.write_text(server.registration_shared_secret)
    secret.chmod(0o600)
    common = {"homeserver_url": server.url, "credentials_path": str(folder / "connector.env")}
    return {
        "matrix_user": {
            "mosaic.fleet.matrix_user": {
                **common,
                "user_id": "@mos:mosaic.test",
                "shared_secret_path": str(secret),
                "display_name": "Orchestrator",
            }
        },
        "matrix_room": {
            "mosaic.fleet.matrix_room": {
                **common,
                "alias": "#fleet:mosaic.test",
                "name": "The fleet",
                "topic": "Orders and reports",
                "invite": [operator.user_id],
                "power_levels": {"users": {operator.user_id: 100}},
                "history_visibility": "invited",
            }
        },
    }


def yardstick(server: Synapse, folder: Path) -> Task:
    """Asking who one is by ansible.builtin.uri."""
    lines = (folder / "connector.env").read_text().splitlines()
    token = dict(line.split("=", 1) for line in lines)["MATRIX_ACCESS_TOKEN"]
    return {
        "ansible.builtin.uri": {
            "url": f"{server.url}/_matrix/client/v3/account/whoami",
            "headers": {"Authorization": f"Bearer {token}"},
        }
    }


def measure(folder: Path, task: Task, rounds: int) -> tuple[float, float]:
    """Median CPU and wall seconds of one task."""
    costs = []
    for _round in range(rounds):
        empty, full = play(folder, []), play(folder, [task] * REPEATS)
        costs.append(((full[0] - empty[0]) / REPEATS, (full[1] - empty[1]) / REPEATS))
    return statistics.median(cost[0] for cost in costs), statistics.median(cost[1] for cost in costs)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as name, running_synapse(Path(name)) as server:
        folder = Path(name)
        desired = tasks_of(server, folder)
        play(folder, list(desired.values()))
        rows = {"ansible.builtin.uri whoami": yardstick(server, folder), **desired}
        sys.stdout.write("| task, nothing to change | CPU ms | wall ms |\n|---|---|---|\n")
        total = 0.0
        for label, task in rows.items():
            cpu, wall = measure(folder, task, rounds)
            total += cpu if label in desired else 0
            sys.stdout.write(f"| {label} | {cpu * 1000:.0f} | {wall * 1000:.0f} |\n")
        kept = total <= BUDGET_CPU and len(desired) <= BUDGET_TASKS
        sys.stdout.write(
            f"\nThe whole desired state: {len(desired)} tasks, {total:.2f} s of CPU; the budget of "
            f"{BUDGET_TASKS} tasks and {BUDGET_CPU} s is {'kept' if kept else 'EXCEEDED'}.\n"
        )
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
