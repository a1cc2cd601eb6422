# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault run: messages both ways while the fleet is being broken; all arrive, none doubled, order kept.

Prints its seed first: `--seed` repeats the same faults at the same moments.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from pathlib import Path

from hosts import Host, RunError, find_hosts
from ledger import Ledger
from operator_side import Operator
from trouble import Trouble

FAULTS = {"kill_connector": 20, "stop_homeserver": 5, "kill_session": 5, "cut_network": 5}
WORDS = {
    "kill_connector": "the bridge is killed (SIGKILL)",
    "stop_homeserver": "the homeserver is stopped and started",
    "kill_session": "the agent's session is killed, once with the whole tmux server",
    "cut_network": "the network between the two is cut, refused or in silence",
}
JOURNAL = "/var/lib/mosaic/fault/received"
BEGAN = time.monotonic()


def say(text: str) -> None:
    """A line for the person who watches."""
    sys.stdout.write(f"[{time.monotonic() - BEGAN:6.1f}s] {text}\n")
    sys.stdout.flush()


class FaultRun:
    """The two sides, the trouble between them, and the count of what arrived."""

    def __init__(self, options: argparse.Namespace, operator: Operator, orchestrator: Host) -> None:
        self.options, self.operator, self.orchestrator = options, operator, orchestrator
        self.inbound = Ledger("in", options.threads, options.count)
        self.outbound = Ledger("out", options.threads, options.count)
        self.notices: list[str] = []
        self._read = 0
        self._roots: dict[int, str] = {}

    async def talk(self, seconds: float) -> None:
        """The operator's side: every thread by itself, in order, spread over the seconds."""
        await asyncio.gather(
            *(self._thread(thread, seconds) for thread in range(1, self.options.threads + 1))
        )
        say(f"the operator has sent everything ({self.operator.retries} calls had to be repeated)")

    async def _thread(self, thread: int, seconds: float) -> None:
        began = time.monotonic()
        for number in range(1, self.options.count + 1):
            name = f"{self.options.seed}-{thread}-{number}"
            event_id = await self.operator.say(f"in {thread} {number}", name, self._roots.get(thread))
            self._roots.setdefault(thread, event_id)
            due = began + seconds * number / self.options.count
            await asyncio.sleep(max(due - time.monotonic(), 0.0))

    async def collect(self) -> None:
        """Count until nothing is missing."""
        while not (self.inbound.complete() and self.outbound.complete()):
            await self.look()
            await asyncio.sleep(1.0)
        await asyncio.sleep(self.options.grace)  # a doubled one would come now
        await self.look()

    async def look(self) -> None:
        """Take in what arrived since the last look, on both sides."""
        _status, text = await self.orchestrator.shell(f"tail -c +{self._read + 1} {JOURNAL}")
        whole = text[: text.rfind("\n") + 1] if _status == 0 else ""
        self._read += len(whole.encode())
        self.inbound.take(json.loads(line) for line in whole.splitlines())
        news = await self.operator.news()
        self.inbound.heard(event.body for event in news if event.sender == self.operator.user_id)
        said = [event for event in news if event.sender != self.operator.user_id]
        numbered = [event for event in said if event.body.startswith("out ")]
        self.notices += [event.body for event in said if event not in numbered]
        self.outbound.take(event.body for event in numbered)
        self.outbound.strays += [
            f"{event.body} in the wrong thread"
            for event in numbered
            if event.thread != self._roots.get(int(event.body.split()[1]))
        ]

    async def watch(self) -> None:
        """Say how far it is, now and then."""
        while True:
            await asyncio.sleep(15)
            say(
                f"arrived: {self.inbound.total()} at the orchestrator, {self.outbound.total()} at the operator"
            )

    def verdict(self) -> list[str]:
        """What is wrong, if anything."""
        wrong = self.inbound.faults() + self.outbound.faults()
        return wrong + [f"stray: {line}" for line in self.inbound.strays + self.outbound.strays]


async def run(options: argparse.Namespace) -> int:
    """Do it all; the exit status."""
    chance = random.Random(options.seed)  # noqa: S311 (to be repeatable)
    hosts = find_hosts(options.inventory)
    homeserver, orchestrator = hosts[options.homeserver], hosts[options.orchestrator]
    operator = Operator(f"http://{homeserver.published}")
    await operator.enter(options.operator, options.token_file, options.account)
    await operator.join(options.room)
    trouble = Trouble(homeserver, orchestrator, chance, say)
    await trouble.prepare()
    # What an earlier run left behind; the agent begins anew.
    await orchestrator.run(f"rm -rf {Path(JOURNAL).parent}; systemctl restart mosaic-orchestrator.service")
    fault_run = FaultRun(options, operator, orchestrator)
    watching = asyncio.ensure_future(fault_run.watch())
    work = asyncio.gather(
        fault_run.talk(options.seconds), trouble.spread(options.seconds, FAULTS), fault_run.collect()
    )
    late = False
    try:
        await asyncio.wait_for(work, options.limit)
    except asyncio.TimeoutError:
        late = True
        await fault_run.look()
    finally:
        watching.cancel()
        await operator.close()
    return await report(fault_run, trouble, orchestrator, late=late)


async def report(fault_run: FaultRun, trouble: Trouble, orchestrator: Host, *, late: bool) -> int:
    """Say what came of it."""
    wrong = fault_run.verdict() + (["it was not over in time"] if late else [])
    wrong += [
        f"{name}: {trouble.done[name]} of {count} done"
        for name, count in FAULTS.items()
        if trouble.done[name] != count
    ]
    say(f"faults: {', '.join(f'{count} x {name}' for name, count in trouble.done.items())}")
    say(
        f"arrived: {fault_run.inbound.total()} at the orchestrator"
        f" (and {fault_run.inbound.repeats} marked repeats), {fault_run.outbound.total()} at the operator"
        f" (and {len(fault_run.notices)} notices of the bridge)"
    )
    for notice in sorted(set(fault_run.notices)):
        say(f"notice: {notice.splitlines()[0][:160]}")
    if wrong:
        journal = (
            "journalctl --no-pager -o short-precise -u mosaic-connector -u mosaic-orchestrator | tail -n 80"
        )
        say("the end of the journal:\n" + await orchestrator.run(journal))
        say("\n".join(["what is wrong:", *wrong]))
        say(f"FAILED with seed {fault_run.options.seed}")
        return 1
    say(f"passed with seed {fault_run.options.seed}: every message once, in order")
    if fault_run.options.result:
        fault_run.options.result.write_text(json.dumps(passed(fault_run, trouble)))
    return 0


def passed(fault_run: FaultRun, trouble: Trouble) -> dict[str, object]:
    """What docs/reliability.md says of a run."""
    options = fault_run.options
    return {
        "seed": options.seed,
        "threads": options.threads,
        "sent": options.threads * options.count,
        "repeats": fault_run.inbound.repeats,
        "faults": {WORDS[name]: count for name, count in trouble.done.items()},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inventory", type=Path, required=True, help="written by tests/hosts/up")
    parser.add_argument("--token-file", type=Path, required=True, help="the operator's registration token")
    parser.add_argument("--account", type=Path, required=True, help="keeps the operator's account")
    parser.add_argument("--operator", default="operator")
    parser.add_argument("--homeserver", default="fault-homeserver")
    parser.add_argument("--orchestrator", default="fault-orchestrator")
    parser.add_argument("--room", default="#fault-orchestrator:fleet.example")
    parser.add_argument("--threads", type=int, default=5)
    parser.add_argument("--count", type=int, default=100, help="messages per thread and direction")
    parser.add_argument("--seconds", type=float, default=110, help="the time over which all is spread")
    parser.add_argument("--limit", type=float, default=900, help="seconds after which it is given up")
    parser.add_argument("--grace", type=float, default=3, help="seconds to wait for what should not come")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    parser.add_argument("--result", type=Path, help="a file for what came of a run that passed")
    options = parser.parse_args()
    say(f"seed {options.seed}")
    try:
        return asyncio.run(run(options))
    except RunError as error:
        say(f"FAILED with seed {options.seed}: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
