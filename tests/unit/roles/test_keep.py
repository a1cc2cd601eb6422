# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script by which an upgrade keeps files aside and puts them back."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = (Path(__file__).resolve().parents[3] / "roles" / "runtime" / "files" / "keep.sh").read_text()


@pytest.fixture
def host(tmp_path):
    """A program in a folder, a unit, and nowhere yet another one."""
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "python").write_text("old")
    (tmp_path / "venv" / "bin" / "python").chmod(0o750)
    (tmp_path / "unit-a.service").write_text("old")
    return tmp_path


def begin(host, step, *patterns):
    """Run it as Ansible does, from standard input."""
    chosen = patterns or (f"{host}/venv", f"{host}/unit-*", f"{host}/none")
    arguments = ["bash", "-s", "--", step, f"{host}/kept", *chosen]
    pipe = subprocess.PIPE
    begun = subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    begun.stdin.write(SCRIPT.replace("/run/", f"{host.parent}/"))
    begun.stdin.close()
    return begun


def keep(host, step, *patterns):
    """Run it to its end."""
    begun = begin(host, step, *patterns)
    with begun:
        begun.wait(timeout=30)
        return subprocess.CompletedProcess(
            begun.args, begun.returncode, begun.stdout.read(), begun.stderr.read()
        )


def test_what_was_there_is_there_again_and_nothing_else(host):
    """A program that was changed, a unit that went, and one that came."""
    assert keep(host, "keep").returncode == 0
    (host / "venv" / "bin" / "python").write_text("new")
    (host / "venv" / "more").write_text("new")
    (host / "unit-a.service").unlink()
    (host / "unit-b.service").write_text("new")
    assert keep(host, "put-back").returncode == 0
    assert (host / "venv" / "bin" / "python").read_text() == "old"
    assert (host / "venv" / "bin" / "python").stat().st_mode & 0o777 == 0o750
    assert sorted(path.name for path in host.iterdir()) == ["kept", "unit-a.service", "venv"]
    assert [path.name for path in (host / "venv").iterdir()] == ["bin"]


def test_only_its_owner_may_look_into_what_is_kept(host):
    keep(host, "keep")
    assert (host / "kept").stat().st_mode & 0o777 == 0o700


def test_nothing_is_removed_when_nothing_was_kept(host):
    refused = keep(host, "put-back")
    assert refused.returncode != 0
    assert "nothing was kept" in refused.stderr
    assert (host / "unit-a.service").exists()


def test_what_is_forgotten_is_gone(host):
    keep(host, "keep")
    assert keep(host, "forget").returncode == 0
    assert not (host / "kept").exists()


def test_what_an_interrupted_upgrade_kept_is_what_comes_back(host):
    """The next run finds the new program in place, which nobody has proven, and must not keep that one."""
    keep(host, "keep")
    (host / "venv" / "bin" / "python").write_text("new and broken")
    assert keep(host, "keep").returncode == 0
    keep(host, "put-back")
    assert (host / "venv" / "bin" / "python").read_text() == "old"


def test_a_copy_that_could_not_be_finished_is_none(host, monkeypatch):
    """It would be taken for all that there was."""
    (host / "bin").mkdir()
    (host / "bin" / "cp").write_text("#!/bin/sh\nexit 1\n")
    (host / "bin" / "cp").chmod(0o755)
    monkeypatch.setenv("PATH", f"{host}/bin:/usr/bin:/bin")
    assert keep(host, "keep").returncode != 0
    assert [path.name for path in host.iterdir() if "kept" in path.name] == []


def test_what_a_killed_run_still_copies_is_waited_for(host, monkeypatch):
    """Its copy goes on when it is gone itself, and what it makes would be there after it was forgotten."""
    os.mkfifo(host / "gate")
    (host / "bin").mkdir()
    (host / "bin" / "cp").write_text(f'#!/bin/sh\ncat {host}/gate >/dev/null\nexec /bin/cp "$@"\n')
    (host / "bin" / "cp").chmod(0o755)
    monkeypatch.setenv("PATH", f"{host}/bin:/usr/bin:/bin")
    # The gate opens for writing when its copy has begun.
    with begin(host, "keep", f"{host}/venv") as killed, (host / "gate").open("w"):
        killed.kill()
        next_one = begin(host, "forget")
        with pytest.raises(subprocess.TimeoutExpired):
            next_one.wait(timeout=0.5)
    with next_one:
        assert next_one.wait(timeout=30) == 0
    assert [path.name for path in host.iterdir() if "kept" in path.name] == []


def test_a_path_may_have_a_space(host):
    """Nothing of it would be kept, and nothing said."""
    program = host / "a venv" / "python 3"
    program.parent.mkdir()
    program.write_text("old")
    assert keep(host, "keep", f"{host}/a venv", f"{host}/a v*").returncode == 0
    program.write_text("new")
    assert keep(host, "put-back", f"{host}/a venv", f"{host}/a v*").returncode == 0
    assert program.read_text() == "old"
