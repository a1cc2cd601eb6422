# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who delivers what was said while they were down? Ours beside matrix-nio, on one real Synapse.

Each takes its place in the room and goes down; messages are sent; each comes up again and is
counted. Run it from the repository's root:

    python tests/benchmarks/catch_up.py [--messages 300] [--nio-python PYTHON]

matrix-nio lives in an environment of its own, `.cache/nio-venv` unless another interpreter is
given, made on demand.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from integration.matrix.people import Operator, new_pair
from integration.synapse import Account, Synapse, running_synapse

HERE = Path(__file__).resolve().parent
QUIET = 3.0


@dataclass(frozen=True)
class Outcome:
    """What one contestant received of what was sent."""

    name: str
    received: list[str]
    seconds: float
    cpu: float

    def row(self, said: list[str]) -> str:
        """One line of the table."""
        once = list(dict.fromkeys(self.received))
        doubled = len(self.received) - len(once)
        order = "yes" if once == [text for text in said if text in set(once)] else "NO"
        lost = len(set(said) - set(once))
        return f"{self.name:<34} {len(once):>8} {lost:>6} {doubled:>8} {order:>9} {self.seconds:>8.2f} {self.cpu:>7.2f}"


def main() -> int:
    """Run the comparison and print the table; fails when ours lost or doubled anything."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--nio-python", type=Path)
    options = parser.parse_args()
    nio = options.nio_python or _nio_python()
    with tempfile.TemporaryDirectory() as directory, running_synapse(Path(directory)) as server:
        root = Path(directory)
        (root / "ours").mkdir()
        operator, ours = new_pair(server)
        theirs = [(_guest(server, operator), limit) for limit in (0, 100)]
        contestants = [("mosaic.fleet", _our_command(server, ours, operator, root / "ours"), ours)]
        for account, limit in theirs:
            name = f"matrix-nio, {'limit 100' if limit else 'no filter'}"
            contestants.append(
                (name, _nio_command(nio, server, account, root / f"nio.{limit}", operator.room_id), account)
            )
        for _name, command, account in contestants:
            _run(command, account)
        said = [f"message {number}" for number in range(options.messages)]
        for text in said:
            operator.say(text)
        outcomes = [_outcome(*contestant) for contestant in contestants]
    sys.stdout.write(f"{options.messages} messages sent while everybody was down\n")
    sys.stdout.write(
        f"{'':<34} {'received':>8} {'lost':>6} {'doubled':>8} {'in order':>9} {'wall s':>8} {'cpu s':>7}\n"
    )
    sys.stdout.write("".join(outcome.row(said) + "\n" for outcome in outcomes))
    return 0 if outcomes[0].received == said else 1


def _guest(server: Synapse, operator: Operator) -> Account:
    account = server.register(f"nio_{os.urandom(4).hex()}")
    room = f"/_matrix/client/v3/rooms/{operator.room_id}"
    server.call("POST", f"{room}/invite", {"user_id": account.user_id}, token=operator.account.access_token)
    server.call("POST", f"{room}/join", {}, token=account.access_token)
    return account


def _our_command(server: Synapse, account: Account, operator: Operator, store: Path) -> list[str]:
    script = str(HERE / "our_receiver.py")
    return [sys.executable, script, server.url, account.user_id, operator.room_id, str(store), str(QUIET)]


def _nio_command(python: Path, server: Synapse, account: Account, store: Path, room_id: str) -> list[str]:
    who = [server.url, account.user_id, account.access_token, room_id]
    limit = store.suffix.removeprefix(".")
    return [str(python), str(HERE / "nio_receiver.py"), *who, str(store), limit, str(QUIET)]


def _run(command: list[str], account: Account) -> str:
    environment = {**os.environ, "MATRIX_ACCESS_TOKEN": account.access_token}
    return subprocess.run(
        command, env=environment, check=True, stdout=subprocess.PIPE, text=True, timeout=300
    ).stdout


def _outcome(name: str, command: list[str], account: Account) -> Outcome:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    output = _run(command, account)
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Outcome(name, output.splitlines(), ended - began - QUIET, cpu)


def _nio_python() -> Path:
    venv = Path(".cache") / "nio-venv"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, timeout=120)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "matrix-nio"], check=True, timeout=600)
    return python


if __name__ == "__main__":
    sys.exit(main())
