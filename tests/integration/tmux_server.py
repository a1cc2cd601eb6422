# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real tmux server on a private socket, and the agent of fakes/agent.py in one of its sessions."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

AGENT = Path(__file__).parents[1] / "fakes" / "agent.py"


class TmuxServer:
    """One server; its directory is short, as a socket's path has to be."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.socket = str(directory / "tmux.sock")

    def __call__(self, *arguments: str, check: bool = True) -> str:
        """Run a tmux command against this server."""
        command = ["tmux", "-u", "-f", "/dev/null", "-S", self.socket, *arguments]
        return subprocess.run(command, check=check, capture_output=True, text=True, timeout=20).stdout

    def start(self, *program: str, session: str = "orchestrator") -> None:
        """Open a session that runs a program."""
        self("new-session", "-d", "-s", session, "-x", "100", "-y", "30", *program)

    def start_agent(self, *options: str, session: str = "orchestrator") -> Path:
        """Open a session that runs the fake agent, wait until it shows its prompt, return its log."""
        log = self.directory / f"{session}.log"
        self.start(sys.executable, str(AGENT), str(log), *options, session=session)
        wait_for(lambda: "❯" in self.screen(session), "the agent's prompt")
        return log

    def screen(self, session: str = "orchestrator") -> str:
        """What the session shows."""
        return self("capture-pane", "-p", "-t", f"={session}:", check=False)

    def stop(self) -> None:
        """End the server, if it runs."""
        self("kill-server", check=False)


@contextmanager
def tmux_server() -> Iterator[TmuxServer]:
    """A server that is gone afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="mosaic-", dir="/tmp"))
    server = TmuxServer(directory)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


def submitted(log: Path) -> list[str]:
    """The texts that the agent was given, in order."""
    lines = log.read_text().split("\n") if log.exists() else [""]
    return [json.loads(line) for line in lines[:-1]]  # behind the last line feed, one may be half written


def wait_for(condition: Callable[[], object], what: str, timeout: float = 20.0) -> None:
    """Wait until a condition of another process holds; fails after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s for {what}")
        time.sleep(0.02)
