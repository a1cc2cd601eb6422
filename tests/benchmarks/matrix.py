# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Matrix connector beside matrix-nio, mautrix and httpx by hand, in turns on one real Synapse.

    python tests/benchmarks/matrix.py [--rounds 4] [--only NAME …]

CPU of a sent message with 1, 8 and 32 in flight; the time until a message is received; a burst; a catch-up after absence; memory
while nothing happens; what the import takes. All are installed into one virtual environment (.cache/bench-venv), the
connector as its wheel. Nothing here is a test: a shared machine is no judge of time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.contestants import CONTESTANTS, Seat
from benchmarks.figures import ROOT, keep, quantile, say, told
from integration.matrix.people import Operator, new_pair
from integration.synapse import Account, Synapse, running_synapse

HERE = Path(__file__).resolve().parent
PEERS = ["matrix-nio", "mautrix", "httpx-aiohttp"]
IN_FLIGHT = (1, 8, 32)
SENT = 100
LIVE = 30
BURST = 400
MISSED = 300
QUIET = 4.0
"""Seconds of silence after which nothing more is expected."""
LONGEST = 120.0

Figures = dict[str, dict[str, list[float]]]


def bench_python() -> Path:
    """The interpreter of an environment with the peers and this tree's library."""
    venv = ROOT / ".cache" / "bench-venv"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, timeout=120)
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([*pip, *PEERS, str(ROOT)], check=True, timeout=600, env=environment)
    subprocess.run(
        [*pip, "--force-reinstall", "--no-deps", str(ROOT)], check=True, timeout=600, env=environment
    )
    return python


class Running:
    """A contestant that listens: what it heard, and when."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.heard: list[tuple[float, str]] = []
        self.ended: dict[str, float] = {}
        self.ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            if line == "ready\n":
                self.ready.set()
            elif line.startswith("{"):
                self.ended = json.loads(line)
            else:
                moment, _space, text = line.rstrip("\n").partition(" ")
                self.heard.append((float(moment), text))

    def wait_quiet(self, expected: int) -> None:
        """Until so many came, or none for a while."""
        last, seen = time.monotonic(), 0
        while len(self.heard) < expected and time.monotonic() - last < QUIET:
            if len(self.heard) != seen:
                last, seen = time.monotonic(), len(self.heard)
            time.sleep(0.02)  # silence has no event

    def end(self) -> None:
        """Let it leave, its place kept."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(LONGEST)
        self._reader.join(LONGEST)


class Arena:
    """One Synapse, and for each contestant a room with its operator."""

    def __init__(self, server: Synapse, root: Path, python: Path, names: list[str]) -> None:
        self._python = python
        self.seats: dict[str, tuple[Operator, Seat]] = {}
        for number, name in enumerate(names):
            operator, account = new_pair(server)
            folder = root / str(number)
            folder.mkdir()
            self.seats[name] = (operator, _seat(server, account, operator.room_id, folder))

    def operator(self, name: str) -> Operator:
        """Who speaks to a contestant."""
        return self.seats[name][0]

    def send(self, name: str, in_flight: int) -> dict[str, Any]:
        """Let it send; its own figures."""
        process = self._start(name, {"deed": "send", "messages": SENT, "in_flight": in_flight})
        output, _errors = process.communicate(timeout=LONGEST)
        result: dict[str, Any] = json.loads(output.splitlines()[-1])
        return result

    @contextmanager
    def listening(self, name: str) -> Iterator[Running]:
        """Let it listen for a while."""
        running = Running(self._start(name, {"deed": "listen"}))
        try:
            if not running.ready.wait(LONGEST):
                raise RuntimeError(f"{name} did not begin to listen")
            yield running
        finally:
            running.end()

    def _start(self, name: str, asked: dict[str, Any]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [str(self._python), str(HERE / "contestant.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        )
        if process.stdin is None:
            raise RuntimeError("no way to speak to it")
        process.stdin.write(json.dumps({"name": name, "seat": asdict(self.seats[name][1]), **asked}) + "\n")
        process.stdin.flush()
        return process


def _seat(server: Synapse, account: Account, room_id: str, folder: Path) -> Seat:
    return Seat(server.url, account.user_id, account.device_id, account.access_token, room_id, str(folder))


def sending(arena: Arena, name: str, figures: Figures) -> None:
    """CPU of a message at each number in flight."""
    for in_flight in IN_FLIGHT:
        spent = arena.send(name, in_flight)
        _add(figures, name, f"send CPU ms, {in_flight} in flight", spent["cpu"] * 1000)
        _add(figures, name, f"sent a second, {in_flight} in flight", SENT / spent["wall"])


def receiving(arena: Arena, name: str, figures: Figures) -> None:
    """Messages one after the other, then many at once."""
    operator = arena.operator(name)
    with arena.listening(name) as running:
        said = {}
        for number in range(LIVE):
            said[f"live {number}"] = time.monotonic()
            operator.say(f"live {number}")
        running.wait_quiet(LIVE)
        waited = [(moment - said[text]) * 1000 for moment, text in running.heard if text in said]
        _add(figures, name, "received after ms, p50", quantile(waited, 0.5))
        _add(figures, name, "received after ms, p95", quantile(waited, 0.95))
        began = time.monotonic()
        texts = [f"burst {number}" for number in range(BURST)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(operator.say, texts))
        running.wait_quiet(LIVE + BURST)
        came = [(moment, text) for moment, text in running.heard if text.startswith("burst")]
        _add(figures, name, "burst: s until the last", (came[-1][0] if came else time.monotonic()) - began)
        _add(figures, name, "burst: lost", BURST - len({text for _moment, text in came}))
        _add(figures, name, "burst: doubled", len(came) - len({text for _moment, text in came}))
    _add(figures, name, "received CPU ms", running.ended["cpu"] * 1000 / max(1, len(running.heard)))


def absence(arena: Arena, name: str, figures: Figures) -> None:
    """It is away while messages come."""
    with arena.listening(name) as running:
        time.sleep(QUIET)  # nothing happens: that is what is measured
    _add(figures, name, "idle RSS MiB", running.ended["rss"])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(arena.operator(name).say, [f"missed {number}" for number in range(MISSED)]))
    began = time.monotonic()
    with arena.listening(name) as running:
        running.wait_quiet(MISSED)
        came = [(moment, text) for moment, text in running.heard if text.startswith("missed")]
    _add(figures, name, "catch-up: got", len({text for _moment, text in came}))
    _add(figures, name, "catch-up: doubled", len(came) - len({text for _moment, text in came}))
    _add(figures, name, "catch-up: s until the last", came[-1][0] - began if came else 0.0)


def importing(python: Path, name: str, figures: Figures) -> None:
    """Seconds until its users have what they import, a bare Python's start taken off."""

    def took(code: str) -> float:
        began = time.monotonic()
        subprocess.run([str(python), "-I", "-c", code], check=True, timeout=LONGEST)
        return time.monotonic() - began

    took(CONTESTANTS[name].modules)
    bare = took("")
    _add(figures, name, "import s", max(0.0, took(CONTESTANTS[name].modules) - bare))


def _add(figures: Figures, name: str, what: str, value: float) -> None:
    figures.setdefault(name, {}).setdefault(what, []).append(value)


def main() -> None:
    """Measure all of it in turns, and keep and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--only", nargs="+", choices=list(CONTESTANTS), default=list(CONTESTANTS))
    options = parser.parse_args()
    python = bench_python()
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder, running_synapse(Path(folder)) as server:
        for number in range(options.rounds):
            root = Path(folder) / f"round{number}"
            root.mkdir()
            arena = Arena(server, root, python, options.only)
            for deed in (sending, receiving, absence):
                for name in options.only:
                    deed(arena, name, figures)
            for name in options.only:
                importing(python, name, figures)
            say(f"round {number + 1} of {options.rounds} is over")
    keep("matrix", {"rounds": options.rounds, "figures": figures})
    for name, rows in figures.items():
        say(f"\n{name}")
        for what, values in rows.items():
            say(f"  {what:<34} {told(values, 2)}")


if __name__ == "__main__":
    main()
