# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three files of a setup: where they are, what they say, and whether they can be written."""

from __future__ import annotations

import argparse
import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..envfile import read_env_file
from ..errors import RosterError, StateError
from ..roster import parse_roster, read_roster, splice_connector
from ..settings import Settings, parse_settings, read_settings, settings_document, settings_path
from ..types import ConnectorConfig

DEFAULT_ENV_FILE = "/etc/mosaic/connector.env"
ROSTER_VARIABLE = "MOSAIC_ROSTER"
ENV_FILE_VARIABLE = "MOSAIC_ENV_FILE"


@dataclass(frozen=True)
class Files:
    """What stands in the three files before anything is changed; a text is None where there is no file."""

    roster: Path
    env_file: Path
    settings: Path
    roster_text: str | None
    settings_text: str | None
    connector: ConnectorConfig | None
    document: Settings
    credentials: dict[str, str]

    @property
    def wanted_settings(self) -> dict[str, Any]:
        """What the settings have to say so that the bridge reads this roster."""
        named = str(Path(self.document.roster_path).absolute())
        place = str(self.roster.absolute())
        return {} if named == place else {"roster_path": place}


def look(options: argparse.Namespace, *, must_exist: bool = False) -> Files:
    """Find and read the files; `must_exist` refuses a missing roster.

    Raises `ConfigError` for a file that is wrong, `StateError` for one that cannot be written.
    """
    settings = settings_path()
    settings_text, document = _settings(settings)
    roster = Path(options.roster or os.environ.get(ROSTER_VARIABLE) or document.roster_path)
    env_file = Path(options.env_file or os.environ.get(ENV_FILE_VARIABLE) or DEFAULT_ENV_FILE)
    for place in (roster, env_file, settings):
        _require_writable(place)
    text, connector = _roster(roster, must_exist)
    credentials = read_env_file(env_file, missing_ok=True)
    return Files(roster, env_file, settings, text, settings_text, connector, document, credentials)


def _settings(place: Path) -> tuple[str | None, Settings]:
    if not os.path.lexists(place):
        return None, Settings()
    text = read_settings(place)  # with its line ends as they are
    return text, parse_settings(settings_document(text, str(place)), str(place))


def _roster(place: Path, must_exist: bool) -> tuple[str | None, ConnectorConfig | None]:
    if not must_exist and not os.path.lexists(place):
        return None, None
    text = read_roster(place)
    try:
        return text, parse_roster(text, str(place)).connector
    except RosterError:
        # A wrong block is about to be replaced; anything else that is wrong shows without it as well.
        splice_connector(text, None, str(place))
        return text, None


def absolute(path: str) -> str:
    """A path as everybody would write it: the bridge has another home and another working directory."""
    return str(Path(path).expanduser().absolute())


def _require_writable(place: Path) -> None:
    target = Path(os.path.realpath(place))
    folder = target.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return
    raise StateError(
        f"{place} cannot be written: {_user()} may not write in {folder}. Run this as root or as the "
        "orchestrator's user, or name other files with --roster, --env-file and --settings."
    )


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"
