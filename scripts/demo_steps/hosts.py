# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's hosts, as the steps reach them: over ssh, and the homeserver's published port."""

from __future__ import annotations

import functools
import json
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

CACHE = Path(__file__).resolve().parents[2] / ".cache"
DEMO = CACHE / "demo"
T = TypeVar("T")


class StepError(Exception):
    """A step of the demo did not come out; the message is for the person who watches."""


@functools.cache
def hosts() -> dict[str, Any]:
    """How to reach each host, by its name."""
    inventory = json.loads((CACHE / "hosts" / "demo" / "inventory.json").read_text())
    found: dict[str, Any] = inventory["all"]["hosts"]
    return found


@functools.cache
def homeserver_kind() -> str:
    """Which homeserver runs, by the folder of its configuration."""
    kinds = ("synapse", "conduit")
    found = [
        kind
        for kind in kinds
        if on_host("demo-homeserver", "test", "-d", f"/etc/mosaic-{kind}").returncode == 0
    ]
    if len(found) != 1:
        raise StepError(f"one homeserver was expected on demo-homeserver, and there is: {found or 'none'}")
    return found[0]


def on_host(name: str, *command: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a command on a host as root; its status is the caller's to judge."""
    host = hosts()[name]
    options = ["-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR"]
    where = ["-i", host["ansible_ssh_private_key_file"], "-p", str(host["ansible_port"]), "root@127.0.0.1"]
    return subprocess.run(
        ["ssh", *options, *where, shlex.join(command)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def wait_for(what: str, look: Callable[[], T | None], *, seconds: float = 60, every: float = 1.0) -> T:
    """Look until there is something to see. Raises StepError, naming what was waited for, when time is up."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() > end:
            raise StepError(f"waited {seconds:.0f} seconds for {what}, in vain")
        time.sleep(every)
