# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs from the package indexes, each once, under a folder of its own; whole or not at all."""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

from .programs.base import Npm, Pip

LIBRARY = Path(__file__).resolve().parents[2] / "scripts" / "lib.sh"
INSTALL_SECONDS = 900
TRIES = 2
NODE = "22"
"""Which Node is fetched where this machine's is too old."""

Steps = Callable[[Path], Iterator[Sequence[str]]]
"""The commands that fill a folder, one after the other."""

_NODE_PLATFORM = {"x86_64": "x64", "aarch64": "arm64"}


class Missing(Exception):
    """A program cannot be had here; the text says why, and what would help."""


@dataclass(frozen=True)
class Installed:
    """A program that is there."""

    executable: Path
    path: tuple[Path, ...] = ()
    """Folders that belong at the start of its PATH."""


class Store:
    """The folder of the installations, shared by all runs."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def get(self, package: Npm | Pip) -> Installed:
        """A package's program, installed now if it was not before; raises `Missing`."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if isinstance(package, Pip):
            return Installed(self._pip(package) / package.executable)
        return self._npm(package)

    def _npm(self, package: Npm) -> Installed:
        machine = _NODE_PLATFORM.get(platform.machine(), platform.machine())
        names = {"PLATFORM": f"linux-{machine}", "TRIPLE": f"{platform.machine()}-unknown-linux-musl"}
        npm = shutil.which("npm")
        if npm is None:
            raise Missing("npm is missing: install Node.js with npm (on Debian the packages nodejs and npm)")
        node = self._node(npm, package.node, machine) if package.node else ()
        home = self._once(
            package.name, package.version, _npm_install(npm, f"{package.name}@{package.version}")
        )
        executable = home / Template(package.executable).substitute(names)
        if not executable.exists():
            raise Missing(f"{package.name} {package.version} has no program for linux-{machine}")
        return Installed(executable, node)

    def _node(self, npm: str, wanted: int, machine: str) -> tuple[Path, ...]:
        """Where a Node stands that is new enough; nothing where the machine's own is."""
        if _node_version() >= wanted:
            return ()
        package = f"node-linux-{machine}"
        home = self._once(package, NODE, _npm_install(npm, f"{package}@{NODE}"))
        return (home / "node_modules" / package / "bin",)

    def _pip(self, package: Pip) -> Path:
        python = _python(package)

        def steps(home: Path) -> Iterator[Sequence[str]]:
            yield (python, "-m", "venv", "--clear", str(home))
            pip = (str(home / "bin" / "python"), "-m", "pip", "install", "--quiet")
            yield (*pip, "--disable-pip-version-check", f"{package.name}=={package.version}")

        return self._once(package.name, package.version, steps)

    def _once(self, name: str, version: str, steps: Steps) -> Path:
        """The folder of an installation, made by its steps unless a whole one is there."""
        label = re.sub(r"[^\w.-]+", "-", f"{name}-{version}").strip("-")
        home, whole = self.directory / label, self.directory / f"{label}.whole"
        with _locked(self.directory / f"{label}.lock"):
            if whole.exists():
                return home
            for left in range(TRIES - 1, -1, -1):
                shutil.rmtree(home, ignore_errors=True)
                home.mkdir()
                complaint = next(filter(None, map(_complaint, steps(home))), None)
                if complaint is None:
                    whole.touch()
                    return home
                if not left:
                    raise Missing(f"{name} {version} does not install: {complaint}")
        raise AssertionError("the last try either succeeds or raises")


def _python(package: Pip) -> str:
    """A Python that the package installs with: this one, or what `python_of` of the scripts finds."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if not package.pythons or own in package.pythons:
        return sys.executable
    for series in package.pythons:
        command = ("bash", "-c", f". {LIBRARY} && python_of {series}")
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode == 0 and done.stdout.strip():
            return done.stdout.strip().splitlines()[-1]
    raise Missing(f"{package.name} needs a Python of {', '.join(package.pythons)}: install one")


def _npm_install(npm: str, what: str) -> Steps:
    """Without the packages' own scripts, which download what the index does not have."""

    def steps(home: Path) -> Iterator[Sequence[str]]:
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        yield (npm, "install", *quiet, "--prefix", str(home), what)

    return steps


def _complaint(command: Sequence[str]) -> str | None:
    """Run a step; the last thing it said if it failed."""
    environment = {**os.environ, "npm_config_update_notifier": "false"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        return f"{Path(command[0]).name} was not done after {INSTALL_SECONDS} s"
    said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    return None if done.returncode == 0 else (said[-1][:300] if said else f"status {done.returncode}")


def _node_version() -> int:
    node = shutil.which("node")
    if node is None:
        return 0
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    found = re.match(r"v(\d+)", said)
    return int(found.group(1)) if found else 0


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One installer at a time, so that two runs do not meet in one folder."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
