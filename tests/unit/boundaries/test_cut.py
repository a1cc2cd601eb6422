# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller that is killed half-way through a task leaves nothing that goes on with it, and a module is killed indeed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from boundaries.ssh import KILLED, KILLED_STATUS

HERE = Path(__file__).resolve().parents[2] / "boundaries"
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.command: sleep 50
"""


def of_the_run(sign: str) -> list[Path]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if sign.encode() in (process / "environ").read_bytes():
                found.append(process)
        except OSError:  # it has ended, or is not ours
            continue
    return found


def test_the_workers_and_what_they_run_end_with_it(tmp_path: Path) -> None:
    playbook, journal = tmp_path / "playbook.yml", tmp_path / "journal"
    playbook.write_text(PLAYBOOK)
    aim = {
        "point": f"1 {'/'.join(str(playbook).split('/')[-4:])}:5 localhost 1",
        "deed": "during",
        "key": "half-way",
        "seconds": 4.0,
    }
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local", str(playbook)],
        env=os.environ | {
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "plugins/callback"), "ANSIBLE_CALLBACKS_ENABLED": "boundary",
            "ANSIBLE_HOME": str(tmp_path / "ansible"), "BOUNDARY_JOURNAL": str(journal), "BOUNDARY_AIMS": json.dumps([aim]),
        },
        start_new_session=True, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == -9, done.stdout + done.stderr
    assert {"cut": aim["key"]} in [json.loads(line) for line in journal.read_text().splitlines()]
    assert of_the_run(str(journal)) == []


@pytest.mark.parametrize(("seconds", "status"), [("0.3", KILLED_STATUS), ("30", 0)])
def test_a_module_is_killed_with_what_it_runs_unless_it_was_quicker(
    tmp_path: Path, seconds: str, status: int
) -> None:
    """By the shell of the hosts, whose `kill` takes no `--`."""
    module = f"read -r word; echo $word; sh -c 'sleep 2; touch {tmp_path}/done' || true"
    done = subprocess.run(
        ["sh", "-c", KILLED, "sh", module, seconds],
        input="given\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (status, "given\n"), done.stderr
    assert (tmp_path / "done").exists() == (status == 0)
