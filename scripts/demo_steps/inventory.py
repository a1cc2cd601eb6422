# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn the test hosts' addresses into an inventory that stands beside docs/examples/inventory."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .hosts import DEMO

SSH_ARGS = "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR"
"""The hosts are new at every demo, and so are their keys."""


def overlay(hosts: dict[str, Any]) -> dict[str, Any]:
    """The hosts with the connection's details, which the example inventory leaves out."""
    common = {
        "ansible_ssh_common_args": SSH_ARGS,
        "runtime_wheel_cache": str(DEMO / "wheels"),
    }
    return {"all": {"hosts": hosts, "vars": common}}


def main() -> None:
    source, folder = (Path(argument) for argument in sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    hosts = json.loads(source.read_text())["all"]["hosts"]
    (folder / "hosts.json").write_text(json.dumps(overlay(hosts), indent=2))


if __name__ == "__main__":
    main()
