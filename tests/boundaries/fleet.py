# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts, what is run on them, and the controller that runs it, whose every file is in one folder."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from look import SECRET
from processes import kill_below

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/boundaries"
CACHE = ROOT / ".cache/boundaries"
GROUP = "boundaries"
SPECS = {"hs": "debian12", "mx": "debian12", "tm": "debian12"}
SIDE_BY_SIDE = ("mx", "tm")
"""Hosts of which each goes on when another of them is lost."""
PAYLOAD = re.compile(r"/ansible_[\w.]+_payload_\w+/")
"""Where Ansible unpacks a module."""
LONGEST = 900.0
"""Seconds that a run of a playbook may take."""


class FleetError(Exception):
    """The harness itself cannot go on; the message is for the person who watches."""


def call(*command: str, timeout: float = 300.0) -> str:
    """Run a command that has to succeed; what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout, cwd=ROOT)
    if done.returncode != 0:
        raise FleetError(
            f"status {done.returncode} of: {' '.join(command)}\n{(done.stdout + done.stderr)[-2000:]}"
        )
    return done.stdout


class Fleet:
    """Some hosts and a controller."""

    def __init__(self, desk: Path, group: str = GROUP, inventory: Path | None = None) -> None:
        """The controller's home, temporary files and all else that Ansible writes are below the desk.

        Without an inventory it is the fleet of fleet.yml on hosts of its own.
        """
        self.desk = desk
        self.archives = desk / "archives"
        self.group = group
        own = (ROOT / ".cache/hosts" / group / "inventory.json", HERE / "fleet.yml")
        self.inventories = [inventory] if inventory else list(own)
        self.engine = str(ROOT / ".cache/hosts/engine")
        self._number = call("sh", "-c", f"printf %s {ROOT} | cksum | cut -d' ' -f1").strip()

    def container(self, host: str) -> str:
        """Its name for the engine."""
        return f"mosaic-{self._number}-{self.group}-{host}"

    @property
    def hosts(self) -> list[str]:
        """Their names."""
        told = json.loads((ROOT / ".cache/hosts" / self.group / "inventory.json").read_text())
        return sorted(told["all"]["hosts"])

    def up(self) -> None:
        """Have the hosts, new."""
        call("tests/hosts/up", self.group, *(f"{name}={image}" for name, image in SPECS.items()), timeout=900)

    def take(self, name: str) -> None:
        """Keep the hosts as they are."""
        call("tests/hosts/snapshot", self.group, "take", name)

    def restore(self, name: str) -> None:
        """Have them as those of the first fleet were kept, and a controller that never ran anything."""
        if not (ROOT / ".cache/hosts" / self.group / "specs").exists():
            self.up()
        call("tests/hosts/snapshot", self.group, "restore", name, GROUP)
        self.clear_desk()

    def has(self, name: str) -> bool:
        """Whether there is such a snapshot."""
        image = f"localhost/mosaic-snapshot:{self._number}-{GROUP}-{name}-hs"
        found = subprocess.run(
            [self.engine, "image", "inspect", image], capture_output=True, check=False, timeout=60
        )
        return found.returncode == 0

    def clear_desk(self) -> None:
        """Have nothing on the controller."""
        shutil.rmtree(self.desk, ignore_errors=True)
        (self.desk / "tmp").mkdir(parents=True)

    def killer(self, host: str) -> list[str]:
        """The command by which a host loses its power."""
        return [self.engine, "kill", self.container(host)]

    def heal(self) -> None:
        """Give power to the hosts that lost it, and wait until they are up."""
        for host in self.hosts:
            state = call(
                self.engine, "inspect", "--format", "{{.State.Running}}", self.container(host)
            ).strip()
            if state == "true":
                continue
            call(self.engine, "start", self.container(host))
            self.run_on(
                host,
                "timeout 60 sh -c 'until systemctl is-system-running --wait >/dev/null 2>&1; do sleep 0.2; "
                '[ "$(systemctl is-system-running)" = degraded ] && break; done\'; true',
            )

    def run_on(self, host: str, script: str, given: str = "") -> str:
        """Run a shell script on a host; what it printed."""
        command = [self.engine, "exec", "-i", self.container(host), "sh", "-c", script]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=600)
        if done.returncode != 0:
            raise FleetError(f"{host}: status {done.returncode} of {script}\n{done.stderr[-2000:]}")
        return done.stdout

    def on_all(self, script: str) -> None:
        """Run a shell script on every host."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda host: self.run_on(host, script), self.hosts))

    def look(self, *how: str) -> dict[str, Any]:
        """What every host is like."""
        script = (HERE / "look.py").read_text()
        with ThreadPoolExecutor() as pool:
            told = pool.map(lambda host: self.run_on(host, f"python3 - {' '.join(how)}", script), self.hosts)
            return {host: json.loads(text) for host, text in zip(self.hosts, told, strict=True)}

    def play(self, playbook: str, wish: dict[str, Any], log: Path, **boundary: str) -> int:
        """Run a playbook to its end, whichever that is; its exit status (-9 when it was killed)."""
        command = [
            "ansible-playbook",
            *(word for inventory in self.inventories for word in ("-i", str(inventory))),
            *("--extra-vars", json.dumps(wish), f"mosaic.fleet.{playbook}"),
        ]
        with log.open("a", encoding="utf-8") as said:
            said.write(f"\n===== {playbook} {boundary.get('BOUNDARY_AIMS', '')}\n")
            said.flush()
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
                cwd=self.desk, env=self._environment(boundary), start_new_session=True,
            )  # fmt: skip
            try:
                return process.wait(LONGEST)
            except subprocess.TimeoutExpired:
                kill_below(process.pid)
                return 124
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait(30)

    def _environment(self, boundary: dict[str, str]) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ANSIBLE_", "BOUNDARY_"))
        }
        journal = boundary.get("BOUNDARY_JOURNAL", str(self.desk / "journal"))
        return kept | {
            "HOME": str(self.desk),
            "TMPDIR": str(self.desk / "tmp"),
            "ANSIBLE_HOME": str(self.desk / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "plugins/callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "boundary",
            "ANSIBLE_SSH_EXECUTABLE": str(HERE / "ssh"),
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=/dev/null"
            " -o StrictHostKeyChecking=no -o LogLevel=ERROR -o ConnectTimeout=5"
            # A host without power is known to be lost after four seconds.
            " -o ServerAliveInterval=2 -o ServerAliveCountMax=2",
            # A socket needs a short path; another start of a host has another port, and so another socket.
            "ANSIBLE_SSH_CONTROL_PATH_DIR": f"/tmp/mosaic-boundaries-{os.getuid()}",
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_HOST_KEY_CHECKING": "false",
            "ANSIBLE_NOCOLOR": "1",
            "BOUNDARY_JOURNAL": journal,
            **boundary,
        }

    def left_on_controller(self) -> list[str]:
        """The temporary files that runs left, but for Ansible's own: nobody removes those of a killed run, unless they hold secrets."""
        left = [path for path in (self.desk / "tmp").rglob("*") if path.is_file()]
        own = [path for path in left if PAYLOAD.search(str(path))]
        left = [path for path in left if path not in own]
        own += [path for path in (self.desk / "ansible/tmp").rglob("*") if path.is_file()]
        left += [path for path in own if SECRET.search(path.read_bytes())]
        # Half an archive of a killed run is removed by a later one; it is as encrypted as a whole one.
        left += [path for path in self.archives.rglob("*") if path.is_file() and not is_encrypted(path)]
        return sorted(str(path.relative_to(self.desk)) for path in left)


def is_encrypted(path: Path) -> bool:
    """Whether it is nothing but a file of age's, or the beginning of one."""
    head = b"age-encryption.org/v1\n"
    return head.startswith(path.read_bytes()[: len(head)])


def now() -> float:
    """Seconds, for spans."""
    return time.monotonic()
