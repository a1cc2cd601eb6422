# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for the fleet's secrets in logs. They are read from the hosts, and never printed."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from .hosts import DEMO, on_host

SOURCES = {
    "demo-homeserver": ("/etc/mosaic-synapse/admin.env", "/etc/mosaic-synapse/homeserver.yaml"),
    "demo-matrix": ("/etc/mosaic/connector.env",),
}
SECRET = re.compile(
    r"^\s*\w*(?:token|password|secret|secret_key)\w*\s*[:=]\s*[\"']?([^\s\"']{8,})",
    re.IGNORECASE | re.MULTILINE,
)


def secrets_of_the_fleet() -> dict[str, str]:
    """Every secret there is, with the place it was found in."""
    found = {}
    for host, paths in SOURCES.items():
        for path in paths:
            text = on_host(host, "cat", path).stdout
            found.update(dict.fromkeys(SECRET.findall(text), f"{host}:{path}"))
    operator = json.loads((DEMO / "operator.json").read_text())
    found.update({operator[key]: f"the operator's {key}" for key in ("access_token", "password")})
    return found


def main() -> None:
    known = secrets_of_the_fleet()
    places = {place.partition(":")[0] for place in known.values()}
    if not set(SOURCES) <= places:
        sys.exit(
            f"demo: secrets were expected on {', '.join(SOURCES)}, and found on {', '.join(sorted(places))} only"
        )
    logs = [Path(argument) for argument in sys.argv[1:]]
    leaks = [
        f"{log} holds a secret of {known[value]}"
        for log in logs
        for value in known
        if value in log.read_text()
    ]
    if leaks:
        sys.exit("demo: " + "\n".join(leaks))
    print(f"         none of the fleet's {len(known)} secrets is in {len(logs)} logs")


if __name__ == "__main__":
    main()
