# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole bridge between a real Synapse and a real tmux: from the chat into the pane, and from the shell into the chat.

    python tests/benchmarks/bridge.py [--rounds 3]

Measured are the time from the operator's PUT until the agent in the pane was given the text; a start of `mosaic-connector
send` beside a bare Python's; and the time until what it sent is in the room.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.counted import spend
from benchmarks.figures import keep, quantile, say, told
from benchmarks.matrix import bench_python
from integration.matrix.people import Operator, new_pair
from integration.synapse import Account, running_synapse
from integration.tmux_server import TmuxServer, submitted, tmux_server, wait_for

MESSAGES = 15
STARTS = 10

Figures = dict[str, list[float]]


@contextmanager
def running_bridge(
    python: Path, tmux: TmuxServer, operator: Operator, account: Account
) -> Iterator[dict[str, str]]:
    """The bridge of one orchestrator; yields the environment of its commands."""
    folder = tmux.directory
    (folder / "roster.yaml").write_text(
        f"connector:\n  kind: matrix\n  matrix:\n    homeserver_url: {operator.server.url}\n"
        f"    user_id: '{account.user_id}'\n    room_id: '{operator.room_id}'\n"
    )
    settings = {
        "roster_path": str(folder / "roster.yaml"),
        "tmux_socket": tmux.socket,
        "socket_path": str(folder / "sock"),
        "operators": [operator.account.user_id],
    }
    (folder / "settings.yaml").write_text(json.dumps(settings))
    (folder / "state").mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "MOSAIC_SETTINGS": str(folder / "settings.yaml"),
        "MATRIX_ACCESS_TOKEN": account.access_token,
        "MOSAIC_STATE_DIR": str(folder / "state"),
    }
    command = [str(python.parent / "mosaic-connector"), "run"]
    with (folder / "bridge.log").open("w") as log:
        bridge = subprocess.Popen(command, env=environment, stderr=log)
    try:
        wait_for(
            lambda: (
                " ready: " in (folder / "bridge.log").read_text()
            ),  # before that it has no place in the room
            "the bridge",
        )
        yield environment
    finally:
        bridge.terminate()
        bridge.wait(30)


def into_the_pane(operator: Operator, log: Path, figures: Figures) -> None:
    """One message after the other, each until the agent has it."""
    waits = []
    for number in range(MESSAGES):
        text, began = f"order {number} {time.monotonic()}", time.monotonic()
        operator.say(text)
        wait_for(lambda text=text: any(text in one for one in submitted(log)), "the order in the pane", 60)
        waits.append((time.monotonic() - began) * 1000)
    figures.setdefault("chat to pane ms, p50", []).append(quantile(waits, 0.5))
    figures.setdefault("chat to pane ms, p95", []).append(quantile(waits, 0.95))


def from_the_shell(python: Path, environment: dict[str, str], operator: Operator, figures: Figures) -> None:
    """`send`, as an agent's hook starts it: many times a day."""
    command = str(python.parent / "mosaic-connector")
    for number in range(STARTS):
        bare, _status, _output = spend([str(python), "-I", "-S", "-c", ""])
        text, began = f"report {number} {time.monotonic()}", time.monotonic()
        sent, status, output = spend([command, "send", text], environment)
        if status != 0:
            sys.exit(f"send ended with {status}: {output}")
        wait_for(
            lambda text=text: any(text in _body(event) for event in operator.timeline()), "the report", 60
        )
        figures.setdefault("send to room ms", []).append((time.monotonic() - began) * 1000)
        figures.setdefault("send wall ms", []).append(sent.wall * 1000)
        figures.setdefault("send CPU ms", []).append(sent.cpu * 1000)
        figures.setdefault("bare Python CPU ms", []).append(bare.cpu * 1000)
        figures.setdefault("bare Python wall ms", []).append(bare.wall * 1000)


def _body(event: dict[str, object]) -> str:
    content = event.get("content")
    return str(content.get("body", "")) if isinstance(content, dict) else ""


def main() -> None:
    """Measure, keep and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    python = bench_python()
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder, running_synapse(Path(folder)) as server:
        for _round in range(options.rounds):
            operator, account = new_pair(server)
            with tmux_server() as tmux:
                log = tmux.start_agent()
                with running_bridge(python, tmux, operator, account) as environment:
                    into_the_pane(operator, log, figures)
                    from_the_shell(python, environment, operator, figures)
    keep("bridge", {"rounds": options.rounds, "figures": figures})
    for what, values in figures.items():
        say(f"{what:<24} {told(values, 0)}")


if __name__ == "__main__":
    main()
