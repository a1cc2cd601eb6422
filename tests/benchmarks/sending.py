# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sent message costs the client alone: a homeserver that answers at once, and a thousand messages, in turns.

    python tests/benchmarks/sending.py [--rounds 3]

A real homeserver takes its time, in which a client's data leave the processor's cache; how much that adds depends on what else the
machine does. Here it does not.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.contestants import CONTESTANTS, Seat
from benchmarks.figures import keep, say, told
from benchmarks.matrix import HERE, IN_FLIGHT, LONGEST, bench_python

MESSAGES = 1000
ROOM = "!room:mosaic.test"


class Homeserver(BaseHTTPRequestHandler):
    """Takes every message, and knows one room, which is not encrypted."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one write

    def do_PUT(self) -> None:
        """A message."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer(200, {"event_id": "$event"})

    def do_GET(self) -> None:
        """What a client asks before its first message."""
        if "/state/" in self.path:
            self._answer(404, {"errcode": "M_NOT_FOUND", "error": "There is none."})
        else:
            self._answer(200, {"joined_rooms": [ROOM], "user_id": "@bot:mosaic.test", "versions": ["v1.11"]})

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """All connections may come at once."""

    daemon_threads = True
    request_queue_size = 64


def send(python: Path, name: str, url: str, in_flight: int) -> float:
    """CPU of one message in ms."""
    with tempfile.TemporaryDirectory() as folder:
        seat = asdict(Seat(url, "@bot:mosaic.test", "DEVICE", "not-a-real-one", ROOM, folder))
        asked = {"name": name, "deed": "send", "messages": MESSAGES, "in_flight": in_flight, "seat": seat}
        done = subprocess.run(
            [str(python), str(HERE / "contestant.py")],
            input=json.dumps(asked) + "\n",
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=LONGEST,
        )
    return float(json.loads(done.stdout.splitlines()[-1])["cpu"]) * 1000


def main() -> None:
    """Measure, keep and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    python = bench_python()
    server = Server(("127.0.0.1", 0), Homeserver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    figures: dict[str, dict[str, list[float]]] = {name: {} for name in CONTESTANTS}
    for _round in range(options.rounds):
        for in_flight in IN_FLIGHT:
            for name in CONTESTANTS:
                cost = send(python, name, f"http://127.0.0.1:{server.server_port}", in_flight)
                figures[name].setdefault(f"CPU ms, {in_flight} in flight", []).append(cost)
    server.shutdown()
    keep("sending", {"rounds": options.rounds, "figures": figures})
    for name, row in figures.items():
        say(f"{name:<26} " + "; ".join(f"{what} {told(values, 2)}" for what, values in row.items()))


if __name__ == "__main__":
    main()
