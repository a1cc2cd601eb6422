# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge as a process of its own, over a scripted channel and a real tmux."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from integration.tmux_server import TmuxServer, tmux_server, wait_for
from mosaic_connectors.bridge.client import call

OPERATOR = "@operator:test"


class BridgeProcess:
    """Starts, kills and questions a bridge; its channel is scripted in `directory`."""

    def __init__(self, tmux: TmuxServer) -> None:
        self.tmux = tmux
        self.directory = tmux.directory
        self.socket = str(self.directory / "bridge.sock")
        self.log = self.directory / "bridge.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.settings: dict[str, Any] = {
            "operators": [OPERATOR],
            "tmux_socket": tmux.socket,
            "socket_path": self.socket,
            "hold_interval": 0.1,
            "health_interval": 0.3,
            "stop_timeout": 5,
        }
        self._number = 0

    def start(self, **environment: str) -> None:
        """Start it and wait until it listens."""
        (self.directory / "settings.yaml").write_text(json.dumps(self.settings))
        script = Path(__file__).with_name("scripted.py")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(script), str(self.directory)],
                stderr=log,
                env={
                    **os.environ,
                    "MOSAIC_SETTINGS": str(self.directory / "settings.yaml"),
                    "MOSAIC_STATE_DIR": str(self.directory / "state"),
                    **environment,
                },
            )

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(15)

    def ask(self, op: str, **request: Any) -> dict[str, Any]:
        """One request over the local socket."""
        return call(self.socket, {"op": op, **request}, patience=15)

    def say(self, *texts: str, sender: str = OPERATOR, thread: str | None = None) -> None:
        """The operator says something."""
        with (self.directory / "in.jsonl").open("a") as file:
            for text in texts:
                self._number += 1
                message = {
                    "text": text,
                    "sender": sender,
                    "thread_id": thread,
                    "message_id": f"${self._number}",
                }
                file.write(json.dumps(message) + "\n")

    def command(self, text: str, sender: str = OPERATOR, **about: Any) -> str:
        """The operator says something now; returns its id."""
        self._number += 1
        now = datetime.now(timezone.utc).isoformat()
        message = {"text": text, "sender": sender, "message_id": f"${self._number}", "ts": now, **about}
        with (self.directory / "in.jsonl").open("a") as file:
            file.write(json.dumps(message) + "\n")
        return f"${self._number}"

    def answer(self, text: str, **about: Any) -> str:
        """Say something now, and wait for the next thing that the operator hears."""
        before = len(self.heard())
        self.command(text, **about)
        wait_for(lambda: len(self.heard()) > before, f"an answer to {text}")
        return self.heard()[before]

    def heard(self) -> list[str]:
        """The texts that reached the operator, in order."""
        place = self.directory / "out.jsonl"
        return [json.loads(line)["text"] for line in place.read_text().splitlines()] if place.exists() else []

    def wait_heard(self, part: str) -> None:
        """Wait until the operator heard something with `part` in it."""
        wait_for(lambda: any(part in text for text in self.heard()), f"{part!r} at the operator")


@pytest.fixture
def tmux() -> Iterator[TmuxServer]:
    """A tmux server of this test's own, without a session yet."""
    with tmux_server() as server:
        yield server


@pytest.fixture
def bridge(tmux: TmuxServer) -> Iterator[BridgeProcess]:
    """A bridge that is not started yet; its log is shown when the test fails."""
    bridge = BridgeProcess(tmux)
    yield bridge
    if bridge.process is not None and bridge.process.poll() is None:
        bridge.kill()
    if bridge.log.exists():
        print(bridge.log.read_text()[-6000:])  # noqa: T201 (pytest shows it beside a failure)


@pytest.fixture
def notify_socket(tmux: TmuxServer) -> Iterator[socket.socket]:
    """The service manager's end of sd_notify, at `tmux.directory / "notify"`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmux.directory / "notify"))
        channel.settimeout(10)
        yield channel
