# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One contestant in a process of its own, so that its CPU and memory are its own. Started by matrix.py.

On standard input: one line of JSON with its name, its deed and its seat; for `listen`, then an end of input when it is to leave.
On standard output: for `send` one line of JSON; for `listen` the lines `ready`, `TIME TEXT` for each message, and JSON at the end.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from contestants import CONTESTANTS, Contestant, Seat

WARM_UP = 5


def cpu() -> float:
    """Seconds of user and system time of this process."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def resident() -> float:
    """Resident memory of this process in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def send(contestant: Contestant, messages: int, in_flight: int) -> dict[str, Any]:
    """Send so many, so many of them at a time."""
    numbers = iter(range(messages))
    latencies: list[float] = []

    async def sender() -> None:
        for number in numbers:
            began = time.monotonic()
            await contestant.send(f"message {number}")
            latencies.append(time.monotonic() - began)

    for number in range(WARM_UP):
        await contestant.send(f"warm-up {number}")
    began, spent = time.monotonic(), cpu()
    await asyncio.gather(*(sender() for _one in range(in_flight)))
    return {"cpu": (cpu() - spent) / messages, "wall": time.monotonic() - began, "latencies": latencies}


async def listen(contestant: Contestant) -> dict[str, Any]:
    """Receive until the end of input."""
    loop = asyncio.get_running_loop()
    await contestant.listen(lambda text: say(f"{time.monotonic()} {text}"))
    say("ready")
    began = cpu()
    await loop.run_in_executor(None, sys.stdin.read)
    return {"cpu": cpu() - began, "rss": resident()}


async def main() -> None:
    """Do what the first line asks for."""
    asked = json.loads(sys.stdin.readline())
    contestant = CONTESTANTS[asked["name"]](Seat(**asked["seat"]))
    await contestant.open()
    if asked["deed"] == "send":
        told = await send(contestant, asked["messages"], asked["in_flight"])
    else:
        told = await listen(contestant)
    await contestant.close()
    say(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main())
