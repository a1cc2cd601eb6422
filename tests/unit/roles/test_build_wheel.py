# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wheel that the role runtime builds on the controller, out of the collection it is part of."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "roles" / "runtime" / "files" / "build_wheel.py"


def run(*arguments: Path, python: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(python or sys.executable), str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_a_tree_that_cannot_be_built_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    tree, destination = tmp_path / "tree", tmp_path / "built"
    library = tree / "plugins" / "module_utils" / "connectors"
    library.mkdir(parents=True)
    (library / "pyproject.toml").write_text("this is no TOML")
    done = run(tree, destination)
    assert done.returncode == 1
    assert "pip wheel failed: " in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(destination.iterdir()) == []


def test_a_controller_without_pip_is_told_so(tmp_path: Path) -> None:
    environment = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    done = run(ROOT, tmp_path / "built", python=environment / "bin" / "python")
    assert done.returncode == 1
    assert "No module named pip" in done.stderr


def test_what_the_digest_is_taken_of_is_what_the_wheel_is_built_of() -> None:
    """A file of the one that the other leaves out would be a change that no host ever gets."""
    variables = yaml.safe_load((ROOT / "roles" / "runtime" / "vars" / "main.yml").read_text())
    assert variables["__runtime_sources"] == ["plugins/module_utils/connectors"]
    assert 'LIBRARY = Path("plugins", "module_utils", "connectors")' in SCRIPT.read_text()


def test_two_hosts_that_ask_at_once_have_one_wheel_built(tmp_path: Path) -> None:
    """The second waits for the first, and finds it: pip is never called by it."""
    destination = tmp_path / "built"
    destination.mkdir()
    descriptor = os.open(destination, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    command = [sys.executable, str(SCRIPT), str(tmp_path / "nowhere"), str(destination)]
    waiting = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(timeout=1)
    (destination / "mosaic_connectors-1-py3-none-any.whl").touch()
    os.close(descriptor)
    assert (waiting.communicate(timeout=60)[1], waiting.returncode) == ("", 0)
