# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program in a real tmux: what its human sees and types, beside the library's own pane."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from string import Template

from mosaic_connectors.tmux.command import Tmux
from mosaic_connectors.tmux.pane import Pane

from .install import Installed
from .leftovers import end_processes_of
from .programs import Program
from .programs.base import MARKER, WRITTEN

SESSION = "orchestrator"
KEY_SECONDS = 0.15
"""Between two keys of the human's."""

STILL_SECONDS = 1.5
"""How long a picture has to stay the same before its program is taken to be at rest."""

CONFIGURATION = """
set-option -s exit-empty off
set-option -g history-limit 50000
set-option -g default-terminal screen-256color
set-option -g remain-on-exit on
"""


class NotStarted(Exception):
    """A program did not come to its input line; the text says what it showed instead."""


class Session:
    """One program, one terminal, a home and a folder to work in that are its own."""

    def __init__(
        self, program: Program, installed: Installed, directory: Path, size: tuple[int, int], model: str
    ) -> None:
        self.program, self.installed, self.size = program, installed, size
        self.home, self.work = directory / "home", directory / "home" / "work"
        self.socket = str(directory / "tmux.sock")
        self._configuration = directory / "tmux.conf"
        self._words = {"MODEL": model, "HOME": str(self.home), "WORK": str(self.work)}
        self.pane = Pane(Tmux(self.socket), SESSION)

    def fill(self, text: str) -> str:
        """Words of the program's table, with this run's own in their places."""
        return Template(text).safe_substitute(self._words)

    def prepare(self) -> None:
        """Lay out the home and the folder to work in, a repository with a file or two."""
        (self.work / "src").mkdir(parents=True)
        (self.work / "README.md").write_text("# A project\n")
        (self.work / "src" / "main.py").write_text("print(1)\n")
        for name, text in self.program.files.items():
            place = self.home / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(self.fill(text))
        git = ("git", "-c", "user.name=test", "-c", "user.email=test@example.org", "-C", str(self.work))
        for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "first")):
            subprocess.run(
                (*git, *arguments), check=True, capture_output=True, timeout=30, env=self._variables()
            )
        self._configuration.write_text(CONFIGURATION)

    def start(self) -> None:
        """Run the program with nothing of this process's environment."""
        variables = [f"{name}={value}" for name, value in self._variables().items()]
        command = [str(self.installed.executable), *map(self.fill, self.program.options)]
        columns, rows = map(str, self.size)
        self.tmux("new-session", "-d", "-s", SESSION, "-x", columns, "-y", rows, "-c", str(self.work),
                  "env", "-i", *variables, "nice", *command)  # fmt: skip

    def stop(self) -> None:
        """End the program, its tmux, and what else it started."""
        self.tmux("kill-server", check=False)
        end_processes_of(self.home)

    def _variables(self) -> Mapping[str, str]:
        path = [*map(str, self.installed.path), "/usr/local/bin", "/usr/bin", "/bin"]
        given = {name: self.fill(value) for name, value in self.program.environment.items()}
        terminal = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
        return {"PATH": ":".join(path), "HOME": str(self.home), **terminal, **given}

    def tmux(self, *arguments: str, check: bool = True) -> str:
        """Run a tmux command against this session's server."""
        command = ["tmux", "-u", "-f", str(self._configuration), "-S", self.socket, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        if check and done.returncode:
            raise NotStarted(f"tmux {arguments[0]}: {done.stderr.strip()}")
        return done.stdout

    def shown(self) -> str:
        """What the terminal shows, as text."""
        return self.tmux("capture-pane", "-p", "-t", f"={SESSION}:", check=False)

    def shows(self, pattern: str) -> bool:
        """Whether it shows something, line breaks of a narrow terminal aside."""
        shown = self.shown().rstrip()
        return bool(re.search(pattern, shown) or re.search(pattern, re.sub(r"[\s│┃]+", " ", shown)))

    def press(self, *keys: str) -> None:
        """Keys of the human's, by tmux's names."""
        for key in keys:
            self.tmux("send-keys", "-t", f"={SESSION}:", key)
            time.sleep(KEY_SECONDS)  # a program may take keys that come together for a paste

    async def answer(self, *keys: str) -> None:
        """Keys of the human's, each when the one before has had its effect."""
        for number, key in enumerate(keys):
            if number:
                await self.still(5)
            self.press(key)

    def type(self, text: str) -> None:
        """Letters of the human's."""
        self.tmux("send-keys", "-t", f"={SESSION}:", "-l", "--", text)

    async def until(self, pattern: str, seconds: float = 30.0, *, gone: bool = False) -> bool:
        """Wait until something is shown, or is no more; False after so many seconds."""
        return await until(lambda: self.shows(pattern) != gone, seconds)

    async def still(self, seconds: float = 20.0) -> None:
        """Wait until the picture rests; a program whose picture never does is waited for no longer than that."""
        deadline = time.monotonic() + seconds
        before, since = self.shown(), time.monotonic()
        while time.monotonic() < min(deadline, since + STILL_SECONDS):
            await asyncio.sleep(0.1)
            now = self.shown()
            if now != before:
                before, since = now, time.monotonic()

    async def ready(self) -> None:
        """Answer what the program asks at its start, and wait for its input line; raises `NotStarted`."""
        deadline = time.monotonic() + self.program.start_seconds
        while time.monotonic() < deadline:
            if self.shows(self.program.ready):
                await self.still()
                if self.shows(self.program.ready):
                    return
            await self.answer_first_question()
            await asyncio.sleep(0.2)
        written = [line.strip() for line in self.shown().splitlines() if line.strip()]
        raise NotStarted(f"no input line within {self.program.start_seconds:g} s; it shows: {written[-6:]}")

    async def answer_first_question(self) -> None:
        """Accept what the program asks at its start, if it asks now."""
        dialog = next((one for one in self.program.at_start if self.shows(one.seen)), None)
        if dialog is not None:
            await self.still(5)
            await self.answer(*dialog.accept)
            await self.until(dialog.seen, 10, gone=True)

    def traces(self) -> list[str]:
        """What the model made in the folder, which takes a human's permission."""
        return [name for name in (MARKER, WRITTEN) if (self.work / name).exists()]

    def keep(self, directory: Path, name: str, note: str) -> None:
        """Save the screen as the repository's saved screens are."""
        directory.mkdir(parents=True, exist_ok=True)
        form = "#{cursor_x} #{cursor_y} #{history_size} #{cursor_flag}"
        target = f"={SESSION}:"
        head, _unused, raw = self.tmux(
            "display-message",
            "-p",
            "-t",
            target,
            form,
            ";",
            "capture-pane",
            "-e",
            "-p",
            "-t",
            target,
            check=False,
        ).partition("\n")
        numbers = [int(one) for one in head.split()] or [0, 0, 0, 0]
        fields = dict(zip(("cursor_x", "cursor_y", "history", "cursor_flag"), numbers, strict=True))
        about = {"program": self.program.name, "version": self.program.package.version, "state": name}
        sizes = {"columns": self.size[0], "rows": self.size[1]}
        stem = f"{self.program.name}-{name}-{self.size[0]}x{self.size[1]}"
        (directory / f"{stem}.txt").write_text(raw)
        whole = {**about, **sizes, **fields, "dialog": None, "draft": None, "note": note}
        (directory / f"{stem}.json").write_text(json.dumps(whole, ensure_ascii=False) + "\n")


async def until(condition: Callable[[], object], seconds: float) -> bool:
    """Wait until a condition holds; False after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.1)
    return True


@contextmanager
def session(program: Program, installed: Installed, size: tuple[int, int], model: str) -> Iterator[Session]:
    """A program that was started and will be gone; its folder is short, as a socket's path has to be."""
    directory = Path(tempfile.mkdtemp(prefix="mosaic-agents-", dir="/tmp"))
    one = Session(program, installed, directory, size, model)
    try:
        one.prepare()
        one.start()
        yield one
    finally:
        one.stop()
        shutil.rmtree(directory, ignore_errors=True)
