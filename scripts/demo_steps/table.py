# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each host is and how it does, in a table."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request

from .hosts import homeserver_kind, hosts, on_host

UNITS = ("mosaic-orchestrator.service", "mosaic-connector.service")
Row = tuple[str, str, str, str, str]
HEADER: Row = ("host", "kind", "reachable", "authenticated", "units")


def units(host: str, names: tuple[str, ...]) -> str:
    """The state of each unit, such as `mosaic-connector: active`."""
    states = on_host(host, "systemctl", "is-active", *names).stdout.split()
    return ", ".join(
        f"{name.removesuffix('.service')}: {state}" for name, state in zip(names, states, strict=False)
    )


def homeserver(host: str) -> Row:
    """The homeserver answers its first question, as seen from this machine."""
    try:
        url = f"http://{hosts()[host]['mosaic_published']}/_matrix/client/versions"
        with urllib.request.urlopen(url, timeout=10) as answer:
            reachable = "yes" if answer.status == 200 else "no"
    except (urllib.error.URLError, OSError):
        reachable = "no"
    return host, homeserver_kind(), reachable, "-", units(host, (f"mosaic-{homeserver_kind()}.service",))


def orchestrator(host: str) -> Row:
    """What the connector itself says on the host."""
    done = on_host(host, "mosaic-connector", "health", "--json")
    try:
        health = json.loads(done.stdout)
    except ValueError:
        return host, "?", "?", "?", (done.stderr or done.stdout).strip()[-80:]
    yes = {True: "yes", False: "no"}
    return host, health["kind"], yes[health["reachable"]], yes[health["authenticated"]], units(host, UNITS)


def main() -> None:
    rows = [homeserver(name) if name == "demo-homeserver" else orchestrator(name) for name in hosts()]
    widths = [max(len(row[i]) for row in [HEADER, *rows]) for i in range(len(HEADER))]
    for row in [HEADER, *rows]:
        print(
            "         "
            + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    unwell = [
        row[0]
        for row in rows
        if row[2] != "yes" or row[3] not in ("yes", "-") or ": inactive" in row[4] or ": failed" in row[4]
    ]
    if unwell:
        sys.exit(f"demo: not well: {', '.join(unwell)}")


if __name__ == "__main__":
    main()
