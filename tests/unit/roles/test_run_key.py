# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The private key of a run opens its archives, is on no disk, and is gone with the run, whichever way that ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from unit.playbooks.stage import ROOT

OPEN = 'printf hello | age --encrypt --recipient "$1" | age --decrypt --identity "$2"'


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Await it; the end of the time is a failure."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


class Run:
    """A run that has made its key, and goes on until it may end."""

    def __init__(self, folder: Path) -> None:
        here = {"hosts": "localhost", "gather_facts": False}
        tasks = [
            {"ansible.builtin.include_role": {"name": "mosaic.fleet.backup", "tasks_from": "run_key", "public": True}},
            {"ansible.builtin.copy": {"content": "{{ __backup_identity_path }}", "dest": f"{folder}/path"},
             "vars": {"backup_identity": "{{ backup_run_identity }}"}},
            {"ansible.builtin.copy": {"content": "{{ __backup_run_recipients | first }}", "dest": f"{folder}/public"}},
            {"ansible.builtin.wait_for": {"path": f"{folder}/end", "timeout": 60}},
        ]  # fmt: skip
        (folder / "site.yml").write_text(yaml.safe_dump([{**here, "tasks": tasks}]))
        (folder / "tmp").mkdir()
        self.folder = folder
        collections = folder / "collections/ansible_collections/mosaic"
        collections.mkdir(parents=True)
        (collections / "fleet").symlink_to(ROOT)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        self.process = subprocess.Popen(
            [Path(sys.executable).with_name("ansible-playbook"), "-e", '{"backup_recipients": ["age1abc"]}', "site.yml"],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=kept | {"HOME": str(folder), "TMPDIR": str(folder / "tmp"), "ANSIBLE_HOME": str(folder / "ansible"),
                        "ANSIBLE_COLLECTIONS_PATH": str(folder / "collections")},
        )  # fmt: skip
        wait_until(lambda: (folder / "public").exists() or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.process.communicate()[0]
        self.path, self.public = (folder / "path").read_text(), (folder / "public").read_text()

    def left(self) -> list[Path]:
        """Files with a private key."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink()]
        return [path for path in files if b"AGE-SECRET-KEY-" in path.read_bytes()]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    try:
        yield run
    finally:
        (tmp_path / "end").touch()
        run.process.kill()
        run.process.wait(30)


def test_it_opens_what_is_encrypted_for_it_and_is_in_no_file(run: Run) -> None:
    told = subprocess.run(
        ["sh", "-euc", OPEN, "sh", run.public, run.path], capture_output=True, text=True, check=True
    )
    assert told.stdout == "hello"
    assert run.left() == []


@pytest.mark.parametrize("way", ["killed", "in good order"])
def test_it_is_gone_when_the_run_ends(run: Run, way: str) -> None:
    if way == "killed":
        run.process.kill()  # the main process alone: what it has started goes on for a while
    else:
        (run.folder / "end").touch()
    run.process.wait(60)
    wait_until(lambda: not Path(run.path).exists() and not Path(run.path).parent.exists(), 10)
    assert run.left() == []
