# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The orchestrator of the fault run: the agent that stands in the pane, and senders beside it.

Every line it is given goes to JOURNAL as a JSON string. As soon as a thread's id is known from a received line, a
sender of its own sends COUNT numbered messages into that thread with `mosaic-connector send`, each under an id of
its own, and repeats one until it is accepted: killed at any moment, it goes on where it was.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import termios
import threading
import time
import tty
from pathlib import Path

from agent import Agent

ADDRESSED = re.compile(r"\[operator \S+ thread=(?P<root>\$\S+?)(?: [^\]]*)?\] in (?P<thread>\d+) ")


class Sender(threading.Thread):
    """Sends the messages of one thread, in order."""

    def __init__(self, place: Path, thread: str, root: str, options: argparse.Namespace) -> None:
        super().__init__(daemon=True)
        self.done = place.with_name(f"sent-{thread}")
        self.thread, self.root, self.options = thread, root, options

    def run(self) -> None:
        first = int(self.done.read_text()) + 1 if self.done.exists() else 1
        for number in range(first, self.options.count + 1):
            began = time.monotonic()
            while not self.send(number):
                time.sleep(0.2)
            note = self.done.with_suffix(".new")
            note.write_text(str(number))
            note.replace(self.done)
            time.sleep(max(self.options.every - (time.monotonic() - began), 0.0))

    def send(self, number: int) -> bool:
        # No two runs share a thread; its id may begin with a sign that an id of ours must not begin with.
        name = f"in{self.root[1:20]}-{number}"
        text = f"out {self.thread} {number}"
        command = ["mosaic-connector", "send", "--id", name, "--thread", self.root, "--", text]
        return subprocess.run(command, capture_output=True, check=False, timeout=120).returncode == 0


def start_senders(journal: Path, options: argparse.Namespace) -> None:
    """Watch the journal for threads, for ever."""
    known: set[str] = set()
    while True:
        for found in ADDRESSED.finditer(journal.read_text() if journal.exists() else ""):
            if found["thread"] not in known:
                known.add(found["thread"])
                Sender(journal, found["thread"], found["root"], options).start()
        time.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("journal", type=Path)
    parser.add_argument("--count", type=int, default=100, help="messages per thread")
    parser.add_argument("--every", type=float, default=1.5, help="seconds from one to the next")
    options = parser.parse_args()
    options.journal.parent.mkdir(parents=True, exist_ok=True)
    threading.Thread(target=start_senders, args=(options.journal, options), daemon=True).start()
    before = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        Agent(options.journal, swallow=0).run()
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


if __name__ == "__main__":
    sys.exit(main())
