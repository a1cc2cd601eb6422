# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for the fleet's secrets in logs. They are read from the hosts, and never printed."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from .hosts import DEMO, StepError, on_host

SETTINGS = {
    "demo-homeserver": ("/etc/mosaic-synapse/admin.env",),
    "demo-matrix": ("/etc/mosaic/connector.env",),
}
"""Files of lines such as `MATRIX_ACCESS_TOKEN=…`, some of which are secret."""
WHOLE = {
    "demo-homeserver": tuple(
        f"/etc/mosaic-synapse/{name}"
        for name in ("form_secret", "macaroon_secret_key", "registration_shared_secret")
    ),
}
"""Files that hold one secret and nothing else."""
SECRET = re.compile(r"^\w*(?:TOKEN|PASSWORD|SECRET)\w*=[\"']?([^\s\"']{8,})", re.MULTILINE)


def secrets_of_the_fleet() -> dict[str, str]:
    """Every secret there is, with the place it was found in. A place without any is an error."""
    found: dict[str, str] = {}
    for host, path in ((host, path) for host, paths in (*SETTINGS.items(), *WHOLE.items()) for path in paths):
        text = on_host(host, "cat", path).stdout.strip()
        values = SECRET.findall(text) if path in SETTINGS.get(host, ()) else [text] if text else []
        if not values:
            raise StepError(f"a secret was expected in {path} on {host}, and none was found")
        found.update(dict.fromkeys(values, f"{host}:{path}"))
    operator = json.loads((DEMO / "operator.json").read_text())
    found.update({operator[key]: f"the operator's {key}" for key in ("access_token", "password")})
    return found


def main() -> None:
    try:
        known = secrets_of_the_fleet()
    except StepError as error:
        sys.exit(f"demo: {error}")
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
