# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of a role, run by Ansible on this machine, in a folder that stands for the host."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


def run_tasks(place: Path, role: str, file: str, name: str = "", *, tell: str = "", **variables: Any) -> str:
    """Run a task file of a role on this machine, or the one task of it that has this name; what was said.

    Include statements are left out. At the end the variable `tell` is said.
    """
    path = ROOT / "roles" / role / "tasks" / file
    tasks = [task for task in yaml.safe_load(path.read_text()) if name in ("", task["name"])]
    assert tasks, name
    tasks = [
        task
        for task in tasks
        if not any(key.startswith(("ansible.builtin.include_", "ansible.builtin.import_")) for key in task)
    ]
    tasks += [{"name": "Tell", "ansible.builtin.debug": {"var": tell}}] if tell else []
    own = yaml.safe_load((ROOT / "roles" / role / "vars" / "main.yml").read_text())
    play = {"hosts": "localhost", "gather_facts": False, "vars": {**own, **variables}, "tasks": tasks}
    (place / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", "-c", "local"]
    done = subprocess.run(
        [*command, "-e", f"ansible_python_interpreter={sys.executable}", str(place / "play.yml")],
        env={
            **os.environ,
            "ANSIBLE_HOME": str(place / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr
