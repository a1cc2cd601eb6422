# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real playbooks over roles that only note that they ran, on hosts that can be lost at any step.

So what flows from play to play is Ansible's own doing. Every host is this machine, by a connection that fails once the
host is lost. `MOSAIC_ANSIBLE_PLAYBOOK` names the program of another ansible-core than the one that is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
STEPS = {
    "runtime": ["main"],
    "tls_proxy": ["preflight", "main", "restore"],
    "conduit": [
        *("preflight", "main", "open_registration", "close_registration", "restore"),
        *("upgrade_begin", "upgrade", "roll_back", "forget_kept"),
    ],
    "orchestrator": [
        *("preflight", "install", "account_missing", "register", "main", "restore"),
        *("upgrade_begin", "upgrade", "upgrade_check", "forget_kept"),
    ],
}
FACTS = {
    "conduit/open_registration": {
        "conduit_registration_tokens": "{{ dict(homeserver_accounts | product(['secret'])) }}"
    },
    "conduit/upgrade_begin": {"conduit_upgrade": {"from": "1", "to": "2", "state": "begun"}},
    "conduit/upgrade": {"conduit_upgrade": {"from": "1", "to": "2", "state": "open", "archive": "a.age"}},
    "orchestrator/account_missing": {"orchestrator_account_missing": True},
    "orchestrator/upgrade_begin": {"orchestrator_upgrade": {"state": "begun", "well": False}},
    "orchestrator/upgrade": {"orchestrator_upgrade": {"state": "begun", "well": True}},
}
"""What the real ones tell the playbooks."""
CONNECTION = '''
DOCUMENTATION = """
name: fragile
short_description: This machine, until the host is lost
description: The same.
author: The mosaic.fleet authors
extends_documentation_fragment: [connection_pipelining]
"""
import os
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as Local

class Connection(Local):
    transport = "fragile"

    def exec_command(self, *arguments, **options):
        host = self._play_context.remote_addr
        if os.path.exists(os.path.join(os.environ["STUB_FOLDER"], "lost", host)):
            raise AnsibleConnectionFailure(host + " is lost")
        return super().exec_command(*arguments, **options)
'''
SYSTEMCTL = """#!/bin/sh
# The one service there is, whose state is a file, and the timers that start it, which are files as well.
state="$STUB_FOLDER/bridge"
cd "$STUB_FOLDER/timers"
case $1 in
  is-active) cat "$state"; for pattern; do [ "${pattern%.timer}" = "$pattern" ] || for timer in $pattern; do [ ! -e "$timer" ] || echo active; done; done ;;
  show) printf 'LoadState=loaded\\nActiveState=%s\\n' "$(cat "$state")" ;;
  list-units) ls ;;
  start) echo active >"$state" ;;
  stop)
    case $2 in
      *.timer) rm -f -- $2 ;;
      *) echo inactive >"$state" ;;
    esac ;;
esac
[ "$(cat "$state")" = active ] || [ -n "$(ls)" ] || echo "$@" >>"$STUB_FOLDER/unguarded"
"""
SYSTEMD_RUN = """#!/bin/sh
# A timer that has not come to its end yet.
for argument; do case $argument in --unit=*) unit=${argument#--unit=} ;; esac; done
echo "$@" >"$STUB_FOLDER/timers/${unit%.service}.timer"
"""


class StubFleet:
    """A fleet in a folder; see `run`."""

    def __init__(self, folder: Path, hosts: dict[str, list[str]]) -> None:
        """Make it, with the hosts of each group."""
        self.folder = folder
        self.hosts = hosts
        collection = folder / "collections/ansible_collections/mosaic/fleet"
        shutil.copytree(ROOT / "playbooks", collection / "playbooks")
        for name in ("plugins", "meta", "galaxy.yml"):
            (collection / name).symlink_to(ROOT / name)
        (collection / "roles").mkdir()
        (collection / "roles/backup").symlink_to(ROOT / "roles/backup")
        for role, steps in STEPS.items():
            for step in steps:
                self._write(
                    collection / "roles" / role / "tasks" / f"{step}.yml", self._tasks(f"{role}/{step}")
                )
        failing = [{"name": "Restart it", "ansible.builtin.fail": {"msg": "It does not start."}}]
        self._write(collection / "roles/orchestrator/handlers/main.yml", failing)
        for place, content in {
            "connections/fragile.py": CONNECTION,
            "bin/systemctl": SYSTEMCTL,
            "bin/systemd-run": SYSTEMD_RUN,
            "bridge": "active\n",
        }.items():
            (folder / place).parent.mkdir(exist_ok=True)
            (folder / place).write_text(content)
        for program in (folder / "bin").iterdir():
            program.chmod(0o755)
        (folder / "lost").mkdir()
        (folder / "timers").mkdir()
        (folder / "temporary").mkdir()

    @property
    def steps(self) -> list[str]:
        """What ran so far: the host, the role and its step."""
        journal = self.folder / "journal"
        return journal.read_text().splitlines() if journal.exists() else []

    @property
    def bridge(self) -> str:
        """The state of the bridge, which is one for all the hosts."""
        return (self.folder / "bridge").read_text().strip()

    @property
    def guarded(self) -> bool:
        """Whether the host itself would start the bridge later."""
        return any((self.folder / "timers").iterdir())

    @property
    def unguarded(self) -> str:
        """After which calls of systemctl the bridge was stopped and nobody would have started it."""
        noted = self.folder / "unguarded"
        return noted.read_text() if noted.exists() else ""

    def run(self, playbook: str, **trouble: str) -> str:
        """Run a playbook and return what it says.

        `lost`, `broken` and `restarting` each name a host and a step, as `o1 orchestrator/main`: the host is lost in the
        step, the step fails, and the step first changes what asks for a restart, which fails.
        """
        command = os.environ.get("MOSAIC_ANSIBLE_PLAYBOOK") or str(
            Path(sys.executable).with_name("ansible-playbook")
        )
        groups = {group: {"hosts": {name: {} for name in names}} for group, names in self.hosts.items()}
        settings = {
            "ansible_connection": "fragile",
            "ansible_become": False,
            "homeserver_implementation": "conduit",
            "conduit_server_name": "fleet.example",
            "conduit_sha256": "0" * 64,
            "tls_proxy_names": ["fleet.example"],
            "backup_identity": "key",
            "ansible_python_interpreter": sys.executable,
            "stub": {"lost": "", "broken": "", "restarting": "", **trouble},
        }
        self._write(self.folder / "inventory.yml", {"all": {"children": groups, "vars": settings}})
        done = subprocess.run(
            [command, "-i", str(self.folder / "inventory.yml"), f"mosaic.fleet.{playbook}"],
            env={
                "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
                "HOME": str(self.folder),
                "TMPDIR": str(self.folder / "temporary"),
                "LC_ALL": "C.UTF-8",
                "STUB_FOLDER": str(self.folder),
                "ANSIBLE_PIPELINING": "true",
                "ANSIBLE_HOME": str(self.folder / "ansible"),
                "ANSIBLE_COLLECTIONS_PATH": str(self.folder / "collections"),
                "ANSIBLE_CONNECTION_PLUGINS": str(self.folder / "connections"),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.stdout + done.stderr

    @staticmethod
    def _write(path: Path, document: object) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(document, sort_keys=False))

    def _tasks(self, step: str) -> list[dict[str, object]]:
        here = f"inventory_hostname ~ ' {step}'"
        note = f"echo {{{{ inventory_hostname }}}} {step} >>{self.folder}/journal"
        tasks: list[dict[str, object]] = [
            {"name": "Note it", "ansible.builtin.shell": note, "changed_when": False},
            {"name": "Lose the host", "ansible.builtin.shell": f"touch {self.folder}/lost/{{{{ inventory_hostname }}}}",
             "when": f"stub.lost == {here}"},
            {"name": "Go on", "ansible.builtin.command": "true", "when": f"stub.lost == {here}"},
            {"name": "Break", "ansible.builtin.fail": {"msg": f"{step} broke"}, "when": f"stub.broken == {here}"},
        ]  # fmt: skip
        if step == "orchestrator/main":
            tasks.insert(
                0,
                {"name": "Change it", "ansible.builtin.debug": {"msg": "changed"}, "changed_when": True,
                 "notify": "Restart it", "when": f"stub.restarting == {here}"},
            )  # fmt: skip
        if step in FACTS:
            tasks.append({"name": "Tell it", "ansible.builtin.set_fact": FACTS[step]})
        return tasks
