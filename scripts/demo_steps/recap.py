# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the recap of a second run: every host must be there, with nothing changed and nothing failed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

LINE = re.compile(
    r"^(?P<host>\S+)\s+: ok=(?P<ok>\d+)\s+changed=(?P<changed>\d+)\s+unreachable=(?P<unreachable>\d+)\s+failed=(?P<failed>\d+)"
)


def recap(log: str) -> dict[str, dict[str, int]]:
    """The counts of each host in the last recap of a log."""
    tail = log.rpartition("PLAY RECAP")[2]
    found = (match.groupdict() for line in tail.splitlines() if (match := LINE.match(line)))
    return {counts.pop("host"): {key: int(value) for key, value in counts.items()} for counts in found}


def main() -> None:
    log, *hosts = sys.argv[1:]
    counts = recap(Path(log).read_text())
    bad = []
    for host in hosts:
        found = counts.get(host)
        print(
            f"         {host:<18} "
            + (" ".join(f"{k}={v}" for k, v in found.items()) if found else "not in the recap")
        )
        if not found or found["changed"] or found["failed"] or found["unreachable"]:
            bad.append(host)
    if bad:
        sys.exit(f"the second run was expected to change nothing, and did on {', '.join(bad)} (log: {log})")


if __name__ == "__main__":
    main()
