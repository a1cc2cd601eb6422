# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written beside a file and never put in its place: a process that is killed leaves it, and the next one removes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mosaic_connectors.durable import replace_file, write_beside
from mosaic_connectors.envfile import update_env_file

KILLED = """
import os, pathlib, signal, sys
from mosaic_connectors.envfile import update_env_file
pathlib.Path.replace = lambda self, target: os.kill(os.getpid(), signal.SIGKILL)
update_env_file(sys.argv[1], {"MATRIX_PASSWORD": "hush"})
"""


def be_killed(path: Path) -> None:
    """Write a secret into the file, and end before it is put in its place."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


def dress(descriptor: int) -> None:
    os.fchmod(descriptor, 0o640)


@pytest.mark.parametrize("name", ["connector.env", "a[b].*c", "n" * 200])
def test_what_killed_processes_left_is_removed_by_the_next_that_writes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    be_killed(path)
    be_killed(path)
    assert len(list(tmp_path.iterdir())) == 1, "the second one removed what the first had left"
    update_env_file(path, {"MATRIX_PASSWORD": "hush"})
    assert [found.name for found in tmp_path.iterdir()] == [name]


def test_what_another_process_is_about_to_put_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "settings"
    new = write_beside(path, b"first", dress)
    replace_file(path, b"second", dress)
    new.replace(path)
    assert path.read_bytes() == b"first"
    assert [found.name for found in tmp_path.iterdir()] == ["settings"]


def test_nothing_else_is_taken_for_a_leftover(tmp_path: Path) -> None:
    others = {".settings.backup", ".settings.abcdefghi", "settings.abcdefgh", ".other.abcdefgh"}
    for name in others:
        (tmp_path / name).write_text("mine")
    (tmp_path / ".settings.abcdefg1").symlink_to(tmp_path / ".settings.backup")
    (tmp_path / ".settings.abcdefg2").mkdir()
    os.mkfifo(tmp_path / ".settings.abcdefg3")
    replace_file(tmp_path / "settings", b"new", dress)
    kept = {found.name for found in tmp_path.iterdir()}
    assert kept == others | {"settings", ".settings.abcdefg1", ".settings.abcdefg2", ".settings.abcdefg3"}


def test_a_discarded_one_is_gone_and_may_be_discarded_again(tmp_path: Path) -> None:
    new = write_beside(tmp_path / "settings", b"new", dress)
    new.discard()
    new.discard()
    assert list(tmp_path.iterdir()) == []
