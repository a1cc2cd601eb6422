# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector run`: the bridge as a service."""

from __future__ import annotations

import argparse

from .common import add_roster_arguments, connector_config, make_connector

EXAMPLES = """\
examples:
  mosaic-connector run
  mosaic-connector run --settings ./settings.yaml --roster ./roster.yaml --env-file ./connector.env

signals: SIGTERM finishes what is in hand, SIGHUP reads the settings again.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    add_roster_arguments(parser)
    parser.add_argument("--verbose", action="store_true", help="log for debugging")


def run(options: argparse.Namespace) -> int:
    """Run until stopped; returns the exit status that systemd sees."""
    import asyncio
    import logging

    from ..bridge.failures import Failures
    from ..bridge.hardening import hide_process
    from ..bridge.logs import set_up_logging
    from ..bridge.service import EXIT_FAILURE
    from ..errors import ConfigError, Meaning, MissingLibraryError

    set_up_logging(logging.DEBUG if options.verbose else logging.INFO)
    # Before the secrets are read from anywhere: the agent in the pane runs as the same user.
    if not hide_process():
        logging.getLogger(__name__).warning("the kernel does not hide this process's memory from its user")
    failures = Failures()
    try:
        status = asyncio.run(_run(options))
    except (ConfigError, MissingLibraryError):
        raise  # systemd does not start it again
    except Exception as error:
        if getattr(error, "meaning", None) is not Meaning.DEAD_TOKEN:  # after that one, neither
            failures.rest()
        raise
    if status == EXIT_FAILURE:
        failures.rest()
    return status


async def _run(options: argparse.Namespace) -> int:
    from ..bridge.begun_with import note_block
    from ..bridge.hardening import forget_secrets
    from ..bridge.service import Bridge
    from ..settings import load_settings
    from ..state import state_directory

    settings = load_settings()
    # Before it is read to be used: a roster that changes in between makes the note too old, and never too new.
    note_block(connector_config(options, settings))
    async with make_connector(options, settings) as connector:
        forget_secrets()
        return await Bridge(settings, connector, state_directory()).run()
