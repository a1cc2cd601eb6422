# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entry points of a real role on this machine, as whoever runs the tests: for those that change nothing outside a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]


def play(folder: Path, role: str, *entries: str, check: bool = False, **variables: Any) -> str:
    """What Ansible says of the entry points, one after the other; the folder holds what it needs. It must end well."""
    tasks = [
        {
            "name": entry,
            "ansible.builtin.include_role": {
                "name": f"mosaic.fleet.{role}",
                "tasks_from": entry,
                "rolespec_validate": False,
            },
        }
        for entry in entries
    ]
    book = folder / "play.yml"
    book.write_text(
        yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": tasks}])
    )
    beside = Path(sys.executable).with_name("ansible-playbook")
    command = [os.environ.get("MOSAIC_ANSIBLE_PLAYBOOK", str(beside)), "-v", str(book)]
    done = subprocess.run(
        command + ["--check"] * check,
        env=os.environ
        | {
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_HOME": str(folder / ".ansible"),
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
            "PATH": f"{folder}:{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
