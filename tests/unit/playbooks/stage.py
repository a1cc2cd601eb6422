# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real playbooks, filters and modules with roles that only say that they were called.

So the flow between plays and hosts is Ansible's own, and no host is needed: every one is this machine, and nothing is
changed on it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
Tasks = list[dict[str, Any]]
RIGHT: dict[str, Any] = {
    "conduit_server_name": "fleet.example",
    "synapse_server_name": "fleet.example",
    "conduit_sha256": "0" * 64,
    "tls_proxy_names": ["fleet.example"],
    "backup_recipients": ["age1abc"],
    "backup_identity": "key",
}
"""What nobody can do without; a test that gives other values for it has those."""


@dataclass(frozen=True)
class Played:
    """What came of a run."""

    status: int
    text: str

    def called(self, role: str, entry: str = "main") -> bool:
        """Whether a role was called by one of its entry points."""
        return f"CALLED {role} {entry}" in self.text


class Stage:
    """A collection in a folder of its own, whose roles do what the test says, and otherwise nothing."""

    def __init__(
        self, folder: Path, roles: dict[str, Tasks] | None = None, real: tuple[str, ...] = ()
    ) -> None:
        """`roles` says what entries do; of the `real` ones main.yml is the role's own, with its variables and handlers."""
        self.folder = folder
        fleet = folder / "collections" / "ansible_collections" / "mosaic" / "fleet"
        fleet.mkdir(parents=True)
        for name in ("galaxy.yml", "meta", "playbooks", "plugins"):
            (fleet / name).symlink_to(ROOT / name)
        for entry in (ROOT / "roles").glob("*/tasks/**/*.yml"):
            role, _tasks, *path = entry.relative_to(ROOT / "roles").with_suffix("").parts
            name = "/".join(path)
            said: Tasks = [{"ansible.builtin.debug": {"msg": f"CALLED {role} {name}"}}]
            stub = fleet / entry.relative_to(ROOT)
            stub.parent.mkdir(parents=True, exist_ok=True)
            if role in real and name in ("main", "present", "change"):
                stub.symlink_to(entry)
                for beside in ("defaults", "vars", "handlers"):
                    there = entry.parent.parent / beside
                    if there.exists() and not (stub.parent.parent / beside).exists():
                        (stub.parent.parent / beside).symlink_to(there)
                continue
            stub.write_text(yaml.safe_dump(said + (roles or {}).get(f"{role}/{name}", [])))

    def play(
        self, playbook: str, groups: dict[str, dict[str, Any]], *options: str, **everywhere: Any
    ) -> Played:
        """Run a playbook of ours, or one at a path, over groups of hosts with their variables, and some for every host,
        this machine included.
        """
        connection = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "ansible_become_exe": str(self._become()),
        }
        children = {group: {"hosts": hosts} for group, hosts in groups.items()}
        inventory = self.folder / "inventory.yml"
        inventory.write_text(
            yaml.safe_dump({"all": {"children": children, "vars": connection | RIGHT | everywhere}})
        )
        name = "ansible-playbook"
        beside = Path(sys.executable).with_name(name)
        command = [os.environ.get("MOSAIC_ANSIBLE_PLAYBOOK", str(beside)), "-i", str(inventory)]
        done = subprocess.run(
            [*command, playbook if "/" in playbook else f"mosaic.fleet.{playbook}", *options],
            env=self._environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Played(done.returncode, done.stdout + done.stderr)

    @property
    def privileged(self) -> list[str]:
        """The commands that were run with privileges."""
        log = self.folder / "sudo.log"
        return log.read_text().splitlines() if log.exists() else []

    def _become(self) -> Path:
        """A sudo that notes that it was called, and changes nobody."""
        path = self.folder / "sudo"
        path.write_text('#!/bin/sh\necho "$@" >>"$0.log"\nfor last; do :; done\nexec /bin/sh -c "$last"\n')
        path.chmod(0o755)
        return path

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        return kept | {
            "ANSIBLE_COLLECTIONS_PATH": str(self.folder / "collections"),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "ansible" / "tmp"),
            "ANSIBLE_REMOTE_TMP": str(self.folder / "ansible" / "remote"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_GATHERING": "explicit",
            "ANSIBLE_BECOME_ALLOW_SAME_USER": "1",  # root becomes root by that sudo as well
        }
