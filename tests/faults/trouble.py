# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to the fleet while it talks."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from hosts import Host, RunError

TMUX = "runuser -u mosaic -- tmux -N -S /run/mosaic-orchestrator/tmux.sock"
SESSION = f"{TMUX} has-session -t =orchestrator 2>/dev/null"
Fault = Callable[[], Awaitable[None]]


class Trouble:
    """Four kinds of trouble, each spread over the run at moments of its own, so that they meet."""

    def __init__(
        self, homeserver: Host, orchestrator: Host, chance: random.Random, say: Callable[[str], None]
    ):
        self.homeserver, self.orchestrator, self.chance, self.say = homeserver, orchestrator, chance, say
        self.done: Counter[str] = Counter()
        self._servers_killed = 0

    async def prepare(self) -> None:
        """Learn the addresses that are to be cut."""
        ask = "getent ahostsv4 {} | awk 'NR == 1 {{ print $1 }}'"
        self._to = (await self.orchestrator.run(ask.format(self.homeserver.name))).strip()
        self._from = (await self.homeserver.run(ask.format(self.orchestrator.name))).strip()

    async def spread(self, seconds: float, counts: dict[str, int]) -> None:
        """Do each kind so many times within the seconds."""
        began = time.monotonic()
        await asyncio.gather(*(self._series(name, count, began, seconds) for name, count in counts.items()))

    async def _series(self, name: str, count: int, began: float, seconds: float) -> None:
        fault: Fault = getattr(self, name)
        slot = seconds / count
        for number in range(count):
            due = began + slot * (number + self.chance.uniform(0.1, 0.9))
            await asyncio.sleep(max(due - time.monotonic(), 0.0))
            self.say(f"{name} {number + 1} of {count}")
            await fault()
            self.done[name] += 1

    async def kill_connector(self) -> None:
        """SIGKILL, to whatever the bridge is doing; one that is still on its way up is waited for."""
        pid = "systemctl show -p MainPID --value mosaic-connector.service"
        await self.orchestrator.run(f'until [ "$({pid})" != 0 ]; do sleep 0.1; done; kill -KILL "$({pid})"')

    async def stop_homeserver(self) -> None:
        """A stop and a start, with some seconds of nobody there."""
        await self.homeserver.run("systemctl stop mosaic-synapse.service", timeout=120)
        await asyncio.sleep(self.chance.uniform(0.5, 2.5))
        await self.homeserver.run("systemctl start mosaic-synapse.service", timeout=120)

    async def kill_session(self) -> None:
        """The session and its program; the third time the whole tmux server, without a word."""
        self._servers_killed += 1
        if self._servers_killed == 3:
            kill = 'kill -KILL "$(systemctl show -p MainPID --value mosaic-orchestrator.service)"'
        else:
            kill = f"{TMUX} kill-session -t =orchestrator"
        await self.orchestrator.run(f"until {SESSION}; do sleep 0.1; done; {kill}")
        status, _said = await self.orchestrator.shell(
            f"sleep 0.5; until {SESSION}; do sleep 0.1; done", timeout=30
        )
        if status != 0:
            raise RunError("the session did not come back")

    async def cut_network(self) -> None:
        """Some seconds of no way: refused at the near end, or answers lost in silence at the far end."""
        near = self.chance.random() < 0.4
        host, route = (
            (self.orchestrator, f"unreachable {self._to}/32")
            if near
            else (self.homeserver, f"blackhole {self._from}/32")
        )
        seconds = self.chance.uniform(2.0, 5.0)
        # One script for both, so that a run that is broken off leaves no host cut off.
        await host.run(f"ip route add {route}; sleep {seconds:.1f}; ip route del {route}")
