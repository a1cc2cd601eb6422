# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the executable `conduit`, as far as a fleet sees it at the wire and on the host.

It says what Conduit 0.10.12 says (and 0.11 limits), fails to start where Conduit fails to start, and keeps its state
across restarts. It encrypts, federates and forgets nothing. `tests/standins/build.py` makes one executable file of it.
"""

from __future__ import annotations

import os
import signal
import sys

from server import serve
from settings import StartError, load
from version import VERSION
from world import World


def main() -> None:
    """Run as `conduit` does: `--version`, or a server until SIGTERM."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        print(f"conduit {VERSION}")  # noqa: T201
        return
    if "CONDUIT_CONFIG" not in os.environ:
        sys.stderr.write(
            "The CONDUIT_CONFIG env var needs to be set. Example: /etc/conduit.toml: NotPresent\n"
        )
        sys.exit(101)  # as a panic does
    try:
        settings = load(os.environ)
        world = World(settings)
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve(settings, world)


main()
