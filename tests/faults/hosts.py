# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the run, reached over ssh with one connection each."""

from __future__ import annotations

import asyncio
import json
import shlex
import tempfile
from pathlib import Path


class RunError(Exception):
    """The run cannot go on; the message is for the person who watches."""


class Host:
    """One test host; commands run there as root."""

    def __init__(self, name: str, address: dict[str, str], folder: Path) -> None:
        self.name = name
        where = ["-i", address["ansible_ssh_private_key_file"], "-p", str(address["ansible_port"])]
        shared = ["-o", "ControlMaster=auto", "-o", f"ControlPath={folder}/%C", "-o", "ControlPersist=30"]
        new = ["-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR"]
        self._ssh = ["ssh", *where, *shared, *new, "root@127.0.0.1"]
        self.published = address.get("mosaic_published", "")

    async def shell(self, script: str, *, timeout: float = 60.0) -> tuple[int, str]:
        """Run a shell script; its status and what it printed."""
        process = await asyncio.create_subprocess_exec(
            *self._ssh,
            shlex.join(["sh", "-c", script]),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            out, _nothing = await asyncio.wait_for(process.communicate(), timeout)
        except asyncio.TimeoutError:
            process.kill()
            raise RunError(f"{self.name}: no end after {timeout:.0f} s of: {script}") from None
        return process.returncode or 0, out.decode("utf-8", "replace")

    async def run(self, script: str, *, timeout: float = 60.0) -> str:
        """Run a shell script that has to succeed; what it printed."""
        status, out = await self.shell(script, timeout=timeout)
        if status != 0:
            raise RunError(f"{self.name}: status {status} of: {script}\n{out.strip()[-1000:]}")
        return out


def find_hosts(inventory: Path) -> dict[str, Host]:
    """The hosts of an inventory that tests/hosts/up wrote."""
    folder = Path(tempfile.mkdtemp(prefix="mosaic-"))  # ssh's control sockets need a short path
    found = json.loads(inventory.read_text())["all"]["hosts"]
    return {name: Host(name, address, folder) for name, address in found.items()}
