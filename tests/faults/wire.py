# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire run: messages both ways through a bridge whose way to a real homeserver goes wrong in every way of the list.

    PYTHONPATH=tests python tests/faults/wire.py [--seconds 100] [--seed N]

A Synapse, a bridge as a process of its own, a tmux with an agent. Every message is to arrive once and in order, and
the bridge to be the same process at the end. Prints its seed first: `--seed` repeats the same order of the faults.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fakes.bad_wire import FAULTS, BadWire
from faults.ledger import Ledger
from integration.matrix.people import Operator, new_pair
from integration.synapse import Account, running_synapse
from integration.tmux_server import TmuxServer, submitted, tmux_server, wait_for
from mosaic_connectors.bridge.client import call

SETTLED_SECONDS = 120.0
"""How long everything may take to arrive once nothing goes wrong any more."""

SEED = 12
"""The order of the faults on the page."""

EVERY = 0.8
"""Seconds from one message to the next, each way."""


@dataclass
class Outcome:
    """What came of a run."""

    seed: int
    each_way: int = 0
    wrong: list[str] = field(default_factory=list)
    hit: dict[str, int] = field(default_factory=dict)
    """How many requests met which fault."""
    said: dict[str, str] = field(default_factory=dict)
    """What the bridge said of its channel at the end of each."""
    memory: int = 0
    """The bridge's largest resident memory, in MiB."""
    log: str = ""


@contextmanager
def bridge_process(
    tmux: TmuxServer, bot: Account, operator: Operator, url: str
) -> Iterator[subprocess.Popen[bytes]]:
    """This file as a bridge, with waits that are shorter than the faults."""
    place = tmux.directory
    settings = {
        "operators": [operator.account.user_id],
        "tmux_socket": tmux.socket,
        "socket_path": str(place / "bridge.sock"),
        "hold_interval": 0.2,
        "health_interval": 2,
        "send_timeout": 10,
        "max_attempts": 1000,
    }
    (place / "settings.yaml").write_text(json.dumps(settings))
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "MOSAIC_SETTINGS": str(place / "settings.yaml"),
        "MOSAIC_STATE_DIR": str(place / "state"),
        "MATRIX_ACCESS_TOKEN": bot.access_token,
    }
    command = [sys.executable, __file__, "--bridge", url, bot.user_id, operator.room_id]
    with (place / "bridge.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stderr=log)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


async def run_bridge(url: str, user_id: str, room_id: str) -> int:
    """The bridge as it is, but for the length of its waits."""
    from mosaic_connectors.bridge.service import Bridge
    from mosaic_connectors.matrix.connector import MatrixConnector
    from mosaic_connectors.matrix.settings import MatrixSettings
    from mosaic_connectors.secrets import Secret
    from mosaic_connectors.settings import load_settings
    from mosaic_connectors.state import state_directory

    waits = MatrixSettings(
        request_timeout=2.0,
        health_timeout=2.0,
        token_doubt=0.1,
        sync_timeout=1.0,
        sync_grace=1.0,
        backoff_first=0.1,
        backoff_cap=0.5,
        send_bound=5.0,
    )
    connector = MatrixConnector(
        homeserver_url=url,
        user_id=user_id,
        room_id=room_id,
        access_token=Secret(os.environ["MATRIX_ACCESS_TOKEN"]),
        settings=waits,
        state_dir=state_directory(),
    )
    return await Bridge(load_settings(), connector, state_directory()).run()


class WireRun:
    """The operator on one side, the agent on the other, and what goes wrong between."""

    def __init__(self, wire: BadWire, operator: Operator, bot: str, tmux: TmuxServer, log: Path) -> None:
        self.wire, self.operator, self.bot, self.tmux, self.log = wire, operator, bot, tmux, log
        self._over = False
        self.said = self.answered = 0
        self.told: dict[str, str] = {}

    async def break_it(self, names: list[str], seconds: float) -> None:
        """One fault after the other, with a moment between in which all is well."""
        for name in names:
            self.wire.fault = name
            await asyncio.sleep(seconds * 0.8)
            self.told[name] = await asyncio.to_thread(self.status)
            self.wire.fault = None
            await asyncio.sleep(seconds * 0.2)
        self._over = True

    def status(self) -> str:
        """What the bridge says of its channel now."""
        health = call(str(self.tmux.directory / "bridge.sock"), {"op": "status"}, patience=60)["health"]
        up = "up" if health["authenticated"] else "refused" if health["reachable"] else "unreachable"
        said = str(health["detail"]).replace(self.wire.url, "the homeserver")
        said = said.replace(self.bot, "the bot").replace(self.operator.room_id, "the room")
        return f"{up}: {said.partition('. ')[0].partition(' the homeserver refused')[0]}".replace("|", "/")

    async def talk(self) -> None:
        """The operator speaks, past the wire."""
        while not self._over:
            self.said += 1
            await asyncio.to_thread(self.operator.say, f"in 1 {self.said}")
            await asyncio.sleep(EVERY)

    async def answer(self) -> None:
        """The agent speaks, as its command does it."""
        while not self._over:
            self.answered += 1
            request = {"op": "send", "text": f"out 1 {self.answered}", "txn": f"txn-{self.answered}"}
            await asyncio.to_thread(call, str(self.tmux.directory / "bridge.sock"), request, patience=60)
            await asyncio.sleep(EVERY)

    async def settle(self) -> list[str]:
        """Wait until everything has arrived; returns what is wrong."""
        deadline = time.monotonic() + SETTLED_SECONDS
        while True:
            inbound, outbound = Ledger("in", 1, self.said), Ledger("out", 1, self.answered)
            inbound.take(submitted(self.log))
            events = await asyncio.to_thread(whole_timeline, self.operator)
            outbound.take(body for sender, body in events if sender == self.bot and body.startswith("out "))
            if inbound.complete() and outbound.complete():
                return [*inbound.faults(), *outbound.faults(), *inbound.strays]
            if time.monotonic() > deadline:
                return [*inbound.faults(), *outbound.faults(), "it was not over in time"]
            await asyncio.sleep(0.5)


def peak_of(pid: int) -> int:
    """The largest resident memory that a process had, in MiB; 0 when it is gone."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


def whole_timeline(operator: Operator) -> list[tuple[str, str]]:
    """Sender and text of every message in the room, oldest first."""
    found: list[tuple[str, str]] = []
    place = ""
    while True:
        path = f"{operator._room()}/messages?dir=f&limit=500{place}"
        page = operator.server.call("GET", path, token=operator.account.access_token)
        found += [(one["sender"], one["content"].get("body", "")) for one in page["chunk"]]
        if not page.get("end"):
            return found
        place = f"&from={page['end']}"


async def run(seconds: float, seed: int, faults: list[str] | None = None) -> Outcome:
    """Break the wire in every way of the list, in an order that the seed says."""
    names = list(faults or FAULTS)
    random.Random(seed).shuffle(names)  # noqa: S311 (to be repeatable)
    outcome = Outcome(seed)
    with tempfile.TemporaryDirectory(prefix="wire-") as place, running_synapse(Path(place)) as synapse:
        operator, bot = new_pair(synapse)
        with tmux_server() as tmux:
            agent = tmux.start_agent()
            async with BadWire(("127.0.0.1", synapse.port)) as wire:
                with bridge_process(tmux, bot, operator, wire.url) as process:
                    socket = str(tmux.directory / "bridge.sock")
                    await asyncio.to_thread(call, socket, {"op": "status"}, patience=60)
                    # A first start begins with the present, which is to lie before the first message.
                    journal = tmux.directory / "bridge.log"
                    await asyncio.to_thread(
                        wait_for, lambda: "ready:" in journal.read_text(), "a bridge that is up"
                    )
                    course = WireRun(wire, operator, bot.user_id, tmux, agent)
                    await asyncio.gather(
                        course.break_it(names, seconds / len(names)), course.talk(), course.answer()
                    )
                    outcome.wrong = await course.settle()
                    if process.poll() is not None:
                        outcome.wrong.append(f"the bridge ended with status {process.returncode}")
                    outcome.wrong += [f"nothing met: {name}" for name in names if not wire.hit[name]]
                    outcome.each_way, outcome.hit = min(course.said, course.answered), wire.hit
                    outcome.said, outcome.memory = course.told, peak_of(process.pid)
            outcome.log = (tmux.directory / "bridge.log").read_text()
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=100.0, help="the time over which all is spread")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    parser.add_argument(
        "--only", action="append", choices=sorted(FAULTS), metavar="FAULT", help="some of the list"
    )
    parser.add_argument("--bridge", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bridge:
        from mosaic_connectors.bridge.logs import set_up_logging

        set_up_logging()
        return asyncio.run(run_bridge(*options.bridge))
    sys.stdout.write(f"seed {options.seed}\n")
    sys.stdout.flush()
    outcome = asyncio.run(run(options.seconds, options.seed, options.only))
    for name, count in outcome.hit.items():
        sys.stdout.write(f"{count:4} requests met: {name}; {outcome.said.get(name)}\n")
    if outcome.wrong:
        sys.stdout.write(
            "\n".join([outcome.log, "what is wrong:", *outcome.wrong, f"FAILED with seed {options.seed}\n"])
        )
        return 1
    sys.stdout.write(
        f"passed with seed {options.seed}: {outcome.each_way} messages each way, every one once, in order; {outcome.memory} MiB\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
