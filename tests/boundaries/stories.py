# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is run and cut: a playbook, the state of the hosts that it begins from, and what it is given."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleet import CACHE, ROOT, Fleet, FleetError, call

OLDER_SYNAPSE = "1.161.0"
COMMON = {
    "runtime_wheel_cache": str(ROOT / ".cache/wheels"),
    "homeserver_registration_seconds": 300,
    # Where the other side is lost, each of them is waited for.
    "orchestrator_health_delay": 1,
    "orchestrator_health_retries": 15,
}
ARCHIVES = CACHE / "archives"
# The packages and the Pythons of the services stay: what takes minutes and holds nothing of a fleet's.
STRIP = """
systemctl disable --now $(systemctl list-unit-files --plain --no-legend '*mosaic*' | cut -d' ' -f1) >/dev/null 2>&1
systemctl kill --signal=KILL 'mosaic*' >/dev/null 2>&1
rm -rf /etc/mosaic* /etc/systemd/system/*mosaic* /etc/systemd/system/*.wants/*mosaic* /var/lib/mosaic* /root/.ansible
for user in mosaic mosaic-synapse; do userdel $user; groupdel $user; done >/dev/null 2>&1
systemctl daemon-reload
systemctl reset-failed
"""


@dataclass(frozen=True)
class Story:
    """One playbook."""

    playbook: str
    start: str
    """The name of a snapshot; with none the hosts are taken as they are, and have to be as they were afterwards."""
    provisioned: bool
    guarded: bool = False
    """Whether the host itself starts a homeserver that was stopped."""
    wish: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where what is known of it is kept."""
        folder = CACHE / (self.playbook if self.start else f"sample-{self.playbook}")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def given(self, fleet: Fleet) -> dict[str, Any]:
        """What the playbook is given: archives are read and written below the desk."""
        return COMMON | self.wish | {"backup_dir": str(fleet.archives), "backup_recipients": recipients()}


STORIES = [
    Story("provision", "bare", provisioned=False),
    Story("rotate_token", "made", provisioned=True),
    Story(
        "restore", "made", provisioned=True,
        wish={"backup_identity": str(CACHE / "key"), "backup_overwrite": True},
    ),
    Story("upgrade", "older", provisioned=True, guarded=True),
]  # fmt: skip


def recipients() -> list[str]:
    """The public key that archives are made for."""
    key = CACHE / "key"
    if not key.exists():
        call("age-keygen", "-o", str(key))
    return [call("age-keygen", "-y", str(key)).strip()]


def play(fleet: Fleet, playbook: str, **wish: Any) -> None:
    """Run what has to succeed."""
    log = CACHE / "prepare.log"
    status = fleet.play(playbook, COMMON | wish, log)
    if status != 0:
        raise FleetError(f"{playbook} ended with status {status}: see {log}")


def prepare(fleet: Fleet, name: str) -> None:
    """Have the hosts at their state of that name, and the archives of the whole fleet on the desk."""
    if not name:
        fleet.clear_desk()
        return
    if not fleet.has(name):
        {"made": make, "bare": strip, "older": make_older}[name](fleet)
        fleet.take(name)
    fleet.restore(name)
    shutil.copytree(ARCHIVES, fleet.archives)


def make(fleet: Fleet) -> None:
    """A whole fleet, and archives of it."""
    fleet.clear_desk()
    fleet.up()
    play(fleet, "provision")
    shutil.rmtree(ARCHIVES, ignore_errors=True)
    play(fleet, "backup", backup_dir=str(ARCHIVES), backup_recipients=recipients())


def strip(fleet: Fleet) -> None:
    """Hosts that have the packages and the Pythons, and nothing else."""
    prepare(fleet, "made")
    fleet.on_all(STRIP)


def make_older(fleet: Fleet) -> None:
    """A whole fleet of an older Synapse and another library."""
    prepare(fleet, "bare")
    fleet.run_on("hs", "rm -rf /opt/mosaic-synapse")
    play(fleet, "provision", synapse_version=OLDER_SYNAPSE, runtime_wheel=str(other_wheel()))


def other_wheel() -> Path:
    """A wheel of this library that differs by a comment."""
    folder = CACHE / "wheel"
    found = list(folder.glob("*.whl"))
    if found:
        return found[0]
    tree = CACHE / "tree"
    call("sh", "-euc", f"rm -rf {tree}; mkdir -p {CACHE}; cp -r plugins/module_utils/connectors {tree}")
    with (tree / "__init__.py").open("a") as source:
        source.write("\n# Another release.\n")
    call("python3", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(tree))
    return next(folder.glob("*.whl"))
