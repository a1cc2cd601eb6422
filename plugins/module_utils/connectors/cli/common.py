# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several subcommands share: making the connector of the roster, talking to the bridge, output."""

from __future__ import annotations

import contextlib
import os
import sys

from ..errors import ConfigError
from ..terminal import json_line, show

TYPE_CHECKING = False  # as type checkers know it: `typing` is a tenth of what a `send` takes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Coroutine
    from pathlib import Path
    from typing import Any, TypeVar

    from ..base import OrchestratorConnector
    from ..settings import Settings
    from ..types import ConnectorConfig

    T = TypeVar("T")

DEFAULT_SOCKET = "/run/mosaic-connector/connector.sock"
DEFAULT_ENV_FILE = "/etc/mosaic/connector.env"
DEFAULT_STATE_DIR = "/var/lib/mosaic-connector"

LONGEST_WAIT = 86400.0

EXIT_BY_CODE = {"forbidden": 77, "full": 75, "state": 75, "too_large": 65, "empty": 65, "bad_request": 65}


def add_roster_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of those who make a connector themselves."""
    parser.add_argument("--roster", metavar="FILE", help="roster (default: roster_path of the settings)")
    parser.add_argument(
        "--env-file",
        metavar="FILE",
        help=f"0600 file with the secrets, - for standard input (default {DEFAULT_ENV_FILE}, if readable)",
    )


def add_socket_argument(parser: argparse.ArgumentParser) -> None:
    """The option of those who talk to the bridge."""
    parser.add_argument(
        "--socket", metavar="PATH", help="the bridge's socket (default: socket_path of the settings)"
    )


def seconds_between(least: float, most: float) -> Callable[[str], float]:
    """The type of an option that is a number of seconds within bounds; NaN, which is within none, is refused."""

    from argparse import ArgumentTypeError

    def parse(word: str) -> float:
        try:
            found = float(word)
        except ValueError:
            found = float("nan")
        if not least <= found <= most:
            raise ArgumentTypeError(f"expected {least:g} to {most:g} seconds, found {word!r}")
        return found

    return parse


seconds = seconds_between(0.0, LONGEST_WAIT)
"""The type of an option that bounds a wait."""


def add_json_argument(parser: argparse.ArgumentParser) -> None:
    """The option of all that report."""
    parser.add_argument("--json", action="store_true", help="report as JSON")


def load_environment(options: argparse.Namespace, settings: Settings) -> None:
    """Complete the environment from the env file, and name the further authority that is trusted.

    What the environment has already stays. Raises `SecretError` when a named file is unusable.
    """
    from ..envfile import read_env_file, read_env_stdin

    path = options.env_file
    if path is None and os.access(DEFAULT_ENV_FILE, os.R_OK):
        path = DEFAULT_ENV_FILE
    if path is not None:
        for name, value in (read_env_stdin() if path == "-" else read_env_file(path)).items():
            os.environ.setdefault(name, value)
    if settings.ca_path:
        os.environ.setdefault("MOSAIC_CA_PATH", settings.ca_path)


CREDENTIALS_UNSEEN = "{path} can be read by root alone, so its secrets were not looked at. Run this as root."


def credentials_unseen(options: argparse.Namespace) -> str | None:
    """The file with the secrets, when it is there and this user may not read it."""
    path = options.env_file or DEFAULT_ENV_FILE
    return path if os.access(path, os.F_OK) and not os.access(path, os.R_OK) else None


def connector_config(options: argparse.Namespace, settings: Settings) -> ConnectorConfig | None:
    """The roster's connector block, checked; None when the roster has none. Raises `RosterError`."""
    from ..config import require_complete
    from ..roster import load_roster

    config = load_roster(options.roster or settings.roster_path).connector
    if config is not None:
        require_complete(config)
    return config


def make_connector(options: argparse.Namespace, settings: Settings) -> OrchestratorConnector:
    """The connector that the roster names, with its secrets."""
    from .. import create_connector

    config = connector_config(options, settings)
    load_environment(options, settings)
    return create_connector(config)


def socket_path(options: argparse.Namespace) -> str:
    """Where the bridge listens: the option, `MOSAIC_SOCKET`, the settings, the default.

    The settings are only peeked into: checking them whole is the bridge's business, and slow.
    """
    named = getattr(options, "socket", None) or os.environ.get("MOSAIC_SOCKET")
    if named:
        return str(named)
    from ..settings import read_settings, settings_document, settings_path

    with contextlib.suppress(ConfigError, OSError):
        place = settings_path()
        # A file that never mentions it need not be parsed, which would take longer than all the rest.
        text = read_settings(place)
        if "socket_path" in text:
            document = settings_document(text, str(place))
            if isinstance(document, dict) and isinstance(document.get("socket_path"), str):
                return str(document["socket_path"])
    return DEFAULT_SOCKET


def state_place() -> Path:
    """The bridge's state directory, as the service has it unless the environment names another."""
    from pathlib import Path

    from ..state import state_directory

    return state_directory() or Path(DEFAULT_STATE_DIR)


def run_quietly(work: Coroutine[Any, Any, T]) -> T:
    """Run it on an event loop; what the library logs meanwhile the command says itself, in its own place."""
    import asyncio
    import logging

    logging.getLogger(__name__.partition(".cli.")[0]).addHandler(logging.NullHandler())
    return asyncio.run(work)


def say(text: str) -> None:
    """Print a line, made harmless, at once."""
    show(sys.stdout, text)


def say_json(document: Any) -> None:
    """Print a document as one line of JSON at once."""
    show(sys.stdout, json_line(document, sort_keys=True))


def report(options: argparse.Namespace, document: Any, text: str) -> None:
    """Print a document as JSON if that is wanted, else its words for a human."""
    show(sys.stdout, json_line(document, sort_keys=True) if options.json else text)


def complain(command: str, error: Exception) -> None:
    """Say on standard error what went wrong."""
    show(sys.stderr, f"mosaic-connector {command}: {error}")
