# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets of test hosts to measure on: the example inventory's four, and any number of the kind tmux.

Their inventories say nothing about pipelining or forks, which is the business of an ansible.cfg.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figures import KEPT, ROOT

RECOMMENDED = ROOT / "docs" / "examples" / "ansible.cfg"
BARE = KEPT / "bare.cfg"
"""An ansible.cfg that says nothing."""

NEW_KEYS = "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR"
"""The hosts are new at every run, and so are their keys."""

_EXAMPLE = {
    "demo-homeserver": "debian12:8008",
    "demo-matrix": "debian13",
    "demo-discord": "debian13:8787",
    "demo-tmux": "debian12",
}


@dataclass(frozen=True)
class Fleet:
    """Hosts that are up, and what names them on a command line."""

    name: str
    group: str
    hosts: list[str]
    arguments: list[str] = field(repr=False)

    def playbook(self, *more: str) -> list[str]:
        """The arguments of ansible-playbook that provision it."""
        return [*self.arguments, "mosaic.fleet.provision", *more]

    def ping(self) -> list[str]:
        """The yardstick."""
        return ["ansible", *self.arguments, "all", "-m", "ansible.builtin.ping"]


def environment(config: Path = RECOMMENDED) -> dict[str, str]:
    """What Ansible is run with; nothing of the caller's own configuration."""
    KEPT.mkdir(parents=True, exist_ok=True)
    BARE.touch()
    return {
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_COLLECTIONS_PATH": os.environ.get(
            "ANSIBLE_COLLECTIONS_PATH", str(ROOT / ".cache/collections")
        ),
        "ANSIBLE_NOCOLOR": "1",
    }


def example_fleet() -> Fleet:
    """The hosts of docs/examples/inventory, new, with a Discord to speak to."""
    group = "bench-example"
    _up(group, _EXAMPLE)
    overlay = _inventory(group, list(_EXAMPLE), {})
    arguments = ["-i", str(ROOT / "docs/examples/inventory"), "-i", str(overlay)]
    arguments += ["-e", "homeserver_implementation=synapse"]
    subprocess.run(
        ["ansible-playbook", *arguments, str(ROOT / "tests/fakes/discord_host.yml")],
        check=True,
        env={**os.environ, **environment(), "PYTHONPATH": str(ROOT / "scripts")},
        stdout=subprocess.DEVNULL,
        timeout=900,
    )
    return Fleet("example inventory", group, list(_EXAMPLE), arguments)


def tmux_fleets(sizes: list[int]) -> list[Fleet]:
    """Fleets of the kind tmux, the smaller ones parts of the largest, whose hosts are new."""
    group = "bench-tmux"
    names = [f"tm{number:02}" for number in range(1, max(sizes) + 1)]
    _up(group, dict.fromkeys(names, "debian12"))
    fleets = []
    for size in sizes:
        some = names[:size]
        overlay = _inventory(group, some, {"orchestrators": {"hosts": dict.fromkeys(some)}}, f"{size}.json")
        fleets.append(Fleet(f"{size} of kind tmux", group, some, ["-i", str(overlay)]))
    return fleets


def mixed_fleet(of_matrix: int, of_tmux: int) -> Fleet:
    """A homeserver, and so many orchestrators of the kinds matrix and tmux; all of them new hosts."""
    group = "bench-scale"
    matrix = [f"mx{number:02}" for number in range(1, of_matrix + 1)]
    tmux = [f"tm{number:02}" for number in range(1, of_tmux + 1)]
    _up(group, {"hs": "debian12:8008"} | dict.fromkeys(matrix, "debian13") | dict.fromkeys(tmux, "debian12"))
    children = {
        "homeserver": {
            "hosts": {"hs": None},
            "vars": {
                "homeserver_implementation": "synapse",
                "synapse_server_name": "fleet.example",
                "synapse_bind_addresses": ["0.0.0.0"],  # noqa: S104  # the group's private network
            },
        },
        "orchestrators": {
            "hosts": {name: {"orchestrator_connector": "matrix"} for name in matrix} | dict.fromkeys(tmux),
            "vars": {
                "orchestrator_operators": ["@operator:fleet.example"],
                "orchestrator_matrix_homeserver_url": "http://hs:8008",
                "orchestrator_matrix_user_id": "@{{ inventory_hostname }}:fleet.example",
                "orchestrator_matrix_room_alias": "#{{ inventory_hostname }}:fleet.example",
            },
        },
    }
    names = ["hs", *matrix, *tmux]
    return Fleet(f"{len(names)} hosts", group, names, ["-i", str(_inventory(group, names, children))])


def container(fleet: Fleet, host: str) -> list[str]:
    """The engine's command line up to its verb, and the name that it knows a host by."""
    checkout = subprocess.run(
        ["cksum"], input=str(ROOT), capture_output=True, text=True, check=True
    ).stdout.split()[0]
    return [str(ROOT / ".cache/hosts/engine"), f"mosaic-{checkout}-{fleet.group}-{host}"]


def down(group: str) -> None:
    """Have none of its hosts."""
    subprocess.run([str(ROOT / "tests/hosts/down"), group], check=True, timeout=300)


def _up(group: str, specs: dict[str, str]) -> None:
    command = [str(ROOT / "tests/hosts/up"), group, *(f"{name}={image}" for name, image in specs.items())]
    subprocess.run(command, check=True, timeout=1800)


def _inventory(group: str, names: list[str], children: dict[str, Any], file: str = "hosts.json") -> Path:
    """An inventory with the connections' details of these hosts."""
    all_hosts = json.loads((ROOT / ".cache/hosts" / group / "inventory.json").read_text())["all"]["hosts"]
    variables = {"ansible_ssh_common_args": NEW_KEYS, "runtime_wheel_cache": str(KEPT / "wheels")}
    document = {
        "all": {"hosts": {name: all_hosts[name] for name in names}, "vars": variables, "children": children}
    }
    place = KEPT / group / file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(document, indent=1))
    return place
