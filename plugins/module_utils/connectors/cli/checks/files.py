# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written: the roster, the settings, and the secrets with their modes."""

from __future__ import annotations

import argparse
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ConfigError, ConnectorError, MissingLibraryError, SecretError
from ...registry import resolve_connector_kind
from ...types import Check, ConnectorConfig
from ..common import CREDENTIALS_UNSEEN, DEFAULT_ENV_FILE, credentials_unseen, load_environment

if TYPE_CHECKING:
    from ...base import OrchestratorConnector
    from ...settings import Settings


def check_roster(path: str) -> tuple[Check, ConnectorConfig | None]:
    """The check, and the connector that the roster names (None: the default kind, or a failed check)."""
    from ...mistakes import mistakes_in_roster
    from ...roster import parse_roster, read_roster

    if _closed(path):
        return Check("roster", "skipped", f"{path} is not open to this user. Run this as root."), None
    try:
        text = read_roster(path)
        wrong = [one for one in mistakes_in_roster(text, path) if one.severity == "error"]
        if wrong:
            where = ":".join(str(part) for part in (path, wrong[0].line, wrong[0].column) if part)
            more = f" And {len(wrong) - 1} more." if len(wrong) > 1 else ""
            fix = f"mosaic-connector validate {path} tells every mistake with its place."
            return Check("roster", "failed", f"{where}: {wrong[0].message}{more}", fix), None
        config = parse_roster(text, path).connector
    except ConfigError as error:
        return Check(
            "roster", "failed", str(error), "Name the right one: --roster FILE, or roster_path"
        ), None
    told = "no connector block, which means" if config is None else "names"
    return Check("roster", "ok", f"{path}: {told} {resolve_connector_kind(config)}."), config


def check_settings() -> tuple[Settings, Check]:
    """The settings in force (the defaults beside a failed check) and the check."""
    from ...settings import Settings, load_settings, settings_path

    place = settings_path()
    if _closed(place):
        return Settings(), Check(
            "settings", "skipped", f"{place} is not open to this user. Run this as root."
        )
    try:
        settings = load_settings()
    except ConfigError as error:
        fix = f"mosaic-connector validate --settings-only --settings {place} tells every mistake with its place."
        return Settings(), Check("settings", "failed", str(error), fix)
    if not place.exists():
        return settings, Check("settings", "ok", f"{place} is not there: the defaults are in force.")
    return settings, Check("settings", "ok", f"{place} is right.")


def check_secrets(
    options: argparse.Namespace, settings: Settings, config: ConnectorConfig | None
) -> tuple[Check, OrchestratorConnector | None]:
    """The check, and the connector where it could be made; making it asks for its secrets and connects to nothing."""
    from ... import create_connector

    path = options.env_file or DEFAULT_ENV_FILE
    unseen = credentials_unseen(options)
    try:
        load_environment(options, settings)
        owner = _strange_owner(path)
        connector = create_connector(config)
    except SecretError as error:
        if unseen:
            return Check("secrets", "skipped", CREDENTIALS_UNSEEN.format(path=unseen)), None
        return Check("secrets", "failed", str(error), _advice(path)), None
    except MissingLibraryError as error:
        return Check(
            "secrets", "failed", str(error), "Run the playbook mosaic.fleet.provision, which installs it."
        ), None
    except ConnectorError as error:
        return Check("secrets", "failed", str(error), "Correct what it names, and run doctor again."), None
    if owner:
        fix = f"chown root:root {path}, and replace the secrets in it."
        return Check(
            "secrets", "failed", f"{path} is expected to belong to root and belongs to {owner}.", fix
        ), connector
    if unseen:
        told = f"What this channel needs is there; {path} itself is for root alone."
    elif Path(path).exists():
        told = f"{path} has mode {stat.S_IMODE(Path(path).stat().st_mode):04o}, and what this channel needs is there."
    else:
        told = f"What this channel needs is there; {path} is not."
    return Check("secrets", "ok", told), connector


def _closed(path: str | Path) -> bool:
    """Whether a file is there and this user may not read it."""
    return os.access(path, os.F_OK) and not os.access(path, os.R_OK)


def _strange_owner(path: str) -> str | None:
    """Who owns the service's file, if not root: the agent runs as the service's own user."""
    if path != DEFAULT_ENV_FILE or not os.access(path, os.F_OK):
        return None
    owner = Path(path).stat().st_uid
    return None if owner == 0 else f"uid {owner}"


def _advice(path: str) -> str:
    if os.access(path, os.F_OK) and stat.S_IMODE(Path(path).stat().st_mode) & 0o077:
        return f"chmod 600 {path}, and replace the secrets in it: others may have read them."
    return f"Put it into {path} (mode 0600, root), or run the playbook mosaic.fleet.provision."
