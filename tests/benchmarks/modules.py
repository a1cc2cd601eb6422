# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task with nothing to change costs, in CPU and wall time, beside ansible.builtin.uri.

    [FAMEDLY=COPY OF famedly.matrix] python tests/benchmarks/modules.py [--rounds 3]

Starts a Synapse of its own, provisions an account and a room once, then times plays of ten equal
tasks against plays of none, in turns: the difference is the tasks', controller and module together.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.counted import Spent, spend
from benchmarks.figures import ROOT, keep, say, told
from benchmarks.matrix import bench_python
from integration.synapse import Synapse, running_synapse

REPEATS = 10

Task = dict[str, Any]


@contextmanager
def collections() -> Iterator[str]:
    """Where Ansible finds this collection, and the peer's when a copy of it is given."""
    own = str(ROOT / ".cache" / "collections")
    copy = os.environ.get("FAMEDLY")
    if not copy:
        yield own
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "ansible_collections" / "famedly" / "matrix"
        place.parent.mkdir(parents=True)
        place.symlink_to(Path(copy).resolve())
        yield f"{own}{os.pathsep}{folder}"


def play(folder: Path, python: Path, paths: str, tasks: list[Task]) -> Spent:
    """Run tasks on this machine; a failure ends the benchmark."""
    document = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]
    place = folder / "play.json"
    place.write_text(json.dumps(document))
    command = ["ansible-playbook", "-e", f"ansible_python_interpreter={python}", str(place)]
    spent, status, output = spend(command, {"ANSIBLE_COLLECTIONS_PATH": paths})
    if status != 0:
        sys.exit(output)
    return spent


def tasks_of(server: Synapse, folder: Path) -> dict[str, Task]:
    """The desired state of one orchestrator, and the yardstick."""
    operator = server.register("operator")
    secret = folder / "secret"
    secret.write_text(server.registration_shared_secret)
    secret.chmod(0o600)
    common = {"homeserver_url": server.url, "credentials_path": str(folder / "connector.env")}
    return {
        "mosaic.fleet.matrix_user": {
            "mosaic.fleet.matrix_user": {
                **common,
                "user_id": "@mos:mosaic.test",
                "shared_secret_path": str(secret),
                "display_name": "Orchestrator",
            }
        },
        "mosaic.fleet.matrix_room": {
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
    return {
        "ansible.builtin.uri": {
            "url": f"{server.url}/_matrix/client/v3/account/whoami",
            "headers": {"Authorization": f"Bearer {_token(folder)}"},
        }
    }


def _token(folder: Path) -> str:
    lines = (folder / "connector.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)["MATRIX_ACCESS_TOKEN"]


def peers_tasks(server: Synapse, folder: Path) -> dict[str, Task]:
    """The same room, and one piece of its state, by famedly.matrix."""
    token = _token(folder)
    room = server.call("GET", "/_matrix/client/v3/directory/room/%23fleet:mosaic.test")["room_id"]
    common = {"hs_url": server.url, "token": token, "user_id": "@mos:mosaic.test"}
    return {
        "famedly.matrix.matrix_room": {
            "famedly.matrix.matrix_room": {**common, "alias": "#fleet:mosaic.test"}
        },
        "famedly.matrix.matrix_state": {
            "famedly.matrix.matrix_state": {
                **common,
                "event_type": "m.room.name",
                "state_key": "",
                "content": {"name": "The fleet"},
                "room_id": room,
            }
        },
    }


def main() -> None:
    """Measure, keep and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    python = bench_python()
    figures: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as name, running_synapse(Path(name)) as server, collections() as paths:
        folder = Path(name)
        desired = tasks_of(server, folder)
        play(folder, python, paths, list(desired.values()))
        rows = {"ansible.builtin.uri, whoami": yardstick(server, folder), **desired}
        if os.environ.get("FAMEDLY"):
            rows |= peers_tasks(server, folder)
        for _round in range(options.rounds):
            for label, task in rows.items():
                empty, full = play(folder, python, paths, []), play(folder, python, paths, [task] * REPEATS)
                row = figures.setdefault(label, {"cpu": [], "wall": []})
                row["cpu"].append((full.cpu - empty.cpu) / REPEATS * 1000)
                row["wall"].append((full.wall - empty.wall) / REPEATS * 1000)
    keep("modules", {"rounds": options.rounds, "figures": figures})
    for label, row in figures.items():
        say(f"{label:<32} CPU {told(row['cpu'], 0)} ms, wall {told(row['wall'], 0)} ms")


if __name__ == "__main__":
    main()
