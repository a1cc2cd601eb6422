# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for the fleet's secrets in logs. They are read from the hosts, and never printed."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from .hosts import DEMO, StepError, homeserver_kind, on_host

WHOLE = {"synapse": ("form_secret", "macaroon_secret_key", "registration_shared_secret"), "conduit": ()}
"""Files of a homeserver that hold one secret and nothing else."""
SECRET = re.compile(r"^\w*(?:TOKEN|PASSWORD|SECRET)\w*=[\"']?([^\s\"']{8,})", re.MULTILINE)


def found_in(host: str, path: str, *, whole: bool = False) -> dict[str, str]:
    """The secrets of a file, with the place. A file without any is an error."""
    text = on_host(host, "cat", path).stdout.strip()
    values = [text] if whole and text else SECRET.findall(text)
    if not values:
        raise StepError(f"a secret was expected in {path} on {host}, and none was found")
    return dict.fromkeys(values, f"{host}:{path}")


def secrets_of_the_fleet() -> dict[str, str]:
    """Every secret there is, with the place it was found in."""
    kind = homeserver_kind()
    found = found_in("demo-matrix", "/etc/mosaic/connector.env")
    found |= found_in("demo-discord", "/etc/mosaic/connector.env")
    found |= found_in("demo-homeserver", f"/etc/mosaic-{kind}/admin.env")
    for name in WHOLE[kind]:
        found |= found_in("demo-homeserver", f"/etc/mosaic-{kind}/{name}", whole=True)
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
