# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector helper`: one command of the user's, run for the bridge; systemd starts it for each request."""

from __future__ import annotations

import argparse

EXAMPLES = """\
examples:
  mosaic-connector helper <&3                serve the connection that is descriptor 3
  systemctl status mosaic-helpers.socket     who starts it, by a connection as standard input
  journalctl -u 'mosaic-helpers@*'           what became of the commands
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand: none of its own."""


def run(_options: argparse.Namespace) -> int:
    """Serve the request that standard input brings; always 0, since what fails is told to who asked."""
    import os
    import socket
    from pathlib import Path

    from ..bridge.logs import set_up_logging
    from ..errors import ConfigError
    from ..helpers.runner import serve
    from ..settings import load_settings

    set_up_logging()
    try:
        channel = socket.socket(fileno=os.dup(0))
    except OSError as error:
        raise ConfigError(
            "helper is expected to be started by mosaic-helpers.socket, with a connection as its standard input, and "
            f"that is none ({error.strerror})."
        ) from error
    # Whatever is written to them by mistake is no answer.
    with Path(os.devnull).open("r+b", buffering=0) as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    with channel:
        serve(channel, load_settings, dict(os.environ))
    return 0
