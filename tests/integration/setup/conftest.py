# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody at a keyboard: the setup runs in a real terminal, is typed at and read like a human would."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.tmux_server import TmuxServer, tmux_server, wait_for

TRANSCRIPTS = "MOSAIC_TRANSCRIPTS"
"""Names a folder in which each test leaves what its terminal showed."""

PATIENCE = 60.0
"""Seconds until something has to be on the screen, on a machine with much else to do."""

ROSTER = "# the fleet\nfleet: alpha   # its name\nagents:\n  - {name: builder}\n"


class Keyboard:
    """One `mosaic-connector` in a terminal of its own, with files of its own."""

    def __init__(self, tmux: TmuxServer) -> None:
        self.tmux = tmux
        self.folder = tmux.directory / "etc"
        self.folder.mkdir()
        self.roster = self.folder / "roster.yaml"
        self.env_file = self.folder / "connector.env"
        self.settings = self.folder / "settings.yaml"
        self.roster.write_text(ROSTER)
        self.settings.write_text(json.dumps({"tmux_socket": str(tmux.directory / "fleet.sock")}))
        self.environment: dict[str, str] = {}
        self._earlier: list[str] = []
        tmux.start("cat", session="keep")  # a server without sessions would end between two starts

    def start(self, *arguments: str) -> None:
        """Start the command in a terminal of 100 times 50; the terminal stays when it ends."""
        environ = {"MOSAIC_SETTINGS": str(self.settings), "LC_ALL": "C.UTF-8", **self.environment}
        words = [*(f"{key}={value}" for key, value in environ.items()), sys.executable, "-m"]
        words += ["mosaic_connectors.cli.main", *arguments, "--roster", str(self.roster)]
        words += ["--env-file", str(self.env_file)]
        # The shell gets a Ctrl-C as well and must outlive it, to tell the status.
        script = f"trap : INT; env -u NO_COLOR {shlex.join(words)}; echo status $?; exec cat"
        self._earlier = self._screens()
        self.tmux("kill-session", "-t", "=setup:", check=False)
        self.tmux("new-session", "-d", "-s", "setup", "-x", "100", "-y", "50", "sh", "-c", script)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command without a terminal."""
        places = ["--roster", str(self.roster), "--env-file", str(self.env_file)]
        return subprocess.run(
            [sys.executable, "-m", "mosaic_connectors.cli.main", *arguments, *places],
            env={**os.environ, "MOSAIC_SETTINGS": str(self.settings), **self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def screen(self) -> str:
        """All that the terminal showed, wrapped lines joined."""
        return self.tmux("capture-pane", "-p", "-J", "-S", "-", "-t", "=setup:", check=False)

    def transcript(self) -> str:
        """All that was shown since the test began."""
        return "\n".join(self._screens())

    def _screens(self) -> list[str]:
        now = self.screen().rstrip()
        return [*self._earlier, f"{now}\n"] if now else self._earlier

    def see(self, text: str, times: int = 1) -> None:
        """Wait until the terminal shows a text so many times."""
        try:
            wait_for(lambda: self.screen().count(text) >= times, f"{text!r} on the screen", PATIENCE)
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows:\n{self.screen()}") from None

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names for them."""
        self.tmux("send-keys", "-t", "=setup:", *keys)

    def answer(self, prompt: str, text: str = "", *, times: int = 1, clear: bool = False) -> None:
        """Wait for a prompt, type, and press Enter; `clear` empties the line first."""
        self.see(prompt, times)
        if clear:
            self.press("C-e", "C-u")
        if text:
            self.tmux("send-keys", "-t", "=setup:", "-l", text)
        self.press("Enter")

    def choose(self, prompt: str, downs: int, *, times: int = 1) -> None:
        """Wait for a list and choose with the arrow keys."""
        self.see(prompt, times)
        self.press(*["Down"] * downs, "Enter")

    def ends(self, status: int) -> str:
        """Wait for the end; returns all that was shown."""
        self.see("status ")
        shown = self.screen()
        assert f"status {status}" in shown, shown
        assert "Traceback" not in shown
        return shown

    def snapshot(self) -> dict[str, tuple[bytes, int, int, int]]:
        """Every file with contents, mode, inode and time of change."""
        found = {}
        for file in sorted(self.folder.iterdir()):
            facts = file.stat()
            found[file.name] = (file.read_bytes(), facts.st_mode, facts.st_ino, facts.st_mtime_ns)
        return found

    def connector(self) -> Any:
        """The roster's block."""
        return yaml.safe_load(self.roster.read_text()).get("connector")

    def operators(self) -> list[str]:
        """Whom the settings list."""
        listed: list[str] = yaml.safe_load(self.settings.read_text()).get("operators", [])
        return listed


@pytest.fixture
def keyboard(request: pytest.FixtureRequest) -> Iterator[Keyboard]:
    """A terminal, a roster without a block, settings without operators."""
    with tmux_server() as tmux:
        keyboard = Keyboard(tmux)
        yield keyboard
        shown = keyboard.transcript()
        print(shown)  # noqa: T201 (pytest shows it beside a failure)
        folder = os.environ.get(TRANSCRIPTS)
        if folder and shown:
            Path(folder, f"{_file_name(request.node.nodeid)}.txt").write_text(shown)


def _file_name(node: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "-", node.rpartition("/")[2].replace(".py::", ".")).strip("-")
