# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the library's wheel on the controller: `build_wheel.py COLLECTION DESTINATION`.

The collection's own folder is left as it is (an installed collection may be read-only): the
sources are copied out of it first. The finished wheel is moved into DESTINATION in one step.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess  # this runs on the controller, by itself
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIBRARY = Path("plugins", "module_utils", "connectors")
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
# The same sources give the same bytes, whenever and by whomever they are built: the first moment that a zip file can name, and the
# rights that a file has for most.
EPOCH = "315532800"
UMASK = 0o022


def build(collection: Path, destination: Path) -> None:
    """Build the wheel of the library in `collection` into `destination`; ends the program with a sentence if not."""
    destination.mkdir(parents=True, exist_ok=True)
    with _alone(destination):
        if not any(destination.glob("*.whl")):
            _build(collection, destination)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other build goes on in the folder: each host of a run asks for the same wheel, and the first one has it built."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # bounded by whoever called: the task has a timeout
        yield
    finally:
        os.close(descriptor)


def _build(collection: Path, destination: Path) -> None:
    with tempfile.TemporaryDirectory(dir=destination) as scratch:
        tree, out = Path(scratch, "tree"), Path(scratch, "out")
        shutil.copytree(collection / LIBRARY, tree, ignore=LEFT_BEHIND, copy_function=_copy)
        command = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            str(out),
            str(tree),
        ]
        done = subprocess.run(  # noqa: S603
            command,
            env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH},
            umask=UMASK,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            lines = [
                line
                for line in done.stderr.splitlines()
                if re.search(r"^\s*ERROR|Error\b.*:|No module named", line)
            ]
            sys.exit(f"{sys.executable} -m pip wheel failed: {(lines or [done.stderr])[-1].strip()[-300:]}")
        for wheel in out.glob("*.whl"):
            wheel.replace(destination / wheel.name)


def _copy(source: str, target: str) -> None:
    shutil.copyfile(source, target)
    Path(target).chmod(0o666 & ~UMASK)


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
