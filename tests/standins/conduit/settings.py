# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading CONDUIT_CONFIG and CONDUIT_*, and failing as Conduit does (src/main.rs, src/config/mod.rs)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomllib

REQUIRED = ("server_name", "database_backend", "database_path")
TYPES = {
    "address": (str, "IP address"),
    "port": (int, "u16"),
    "server_name": (str, "a string"),
    "database_backend": (str, "a string"),
    "database_path": (str, "a string"),
    "max_request_size": (int, "u32"),
    "allow_registration": (bool, "a boolean"),
    "allow_federation": (bool, "a boolean"),
    "enable_lightning_bolt": (bool, "a boolean"),
    "registration_token": (str, "a string"),
    "jwt_secret": (str, "a string"),
    "emergency_password": (str, "a string"),
}
DEFAULTS = {
    "address": "127.0.0.1",
    "port": 8000,
    "max_request_size": 20 * 1024 * 1024,
    "allow_registration": False,
    "allow_federation": False,
    "enable_lightning_bolt": True,
    "registration_token": None,
    "well_known": {},
}
TABLES = ("well_known", "tls", "media")


class StartError(Exception):
    """Why Conduit does not start."""


def load(environment: Mapping[str, str]) -> dict[str, Any]:
    """The settings from the file and the environment; raises `StartError` with Conduit's words."""
    settings = {**DEFAULTS, **_file(Path(environment["CONDUIT_CONFIG"]))}
    for name, value in environment.items():
        if name.startswith("CONDUIT_"):
            _set(settings, name.removeprefix("CONDUIT_").lower(), _typed(value))
    missing = [key for key in REQUIRED if key not in settings]
    if missing:
        raise _invalid(f"missing field `{missing[0]}`")
    if "backend" not in settings.get("media", {"backend": "filesystem"}):
        raise _invalid('missing field `backend` for key "global.media"')
    for key, (kind, words) in TYPES.items():
        value = settings.get(key)
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            raise _invalid(f'invalid type: found {value!r}, expected {words} for key "default.{key}"')
    _check_host(settings)
    return settings


def _file(path: Path) -> dict[str, Any]:
    """A file that is not there is an empty one, as figment has it."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _invalid(str(error)) from error
    table = document.get("global", {})
    return table if isinstance(table, dict) else {}


def _set(settings: dict[str, Any], key: str, value: object) -> None:
    for table in TABLES:
        if key.startswith(f"{table}_"):
            settings[table] = {**settings.get(table, {}), key.removeprefix(f"{table}_"): value}
            return
    settings[key] = value


def _typed(value: str) -> object:
    """A value of the environment is parsed: digits become a number, which a secret must not be."""
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except ValueError:
        return value


def _invalid(reason: str) -> StartError:
    return StartError(f"It looks like your config is invalid. The following error occurred: {reason}")


def _check_host(settings: dict[str, Any]) -> None:
    backend, data = settings["database_backend"], Path(settings["database_path"])
    for marker, name in (("conduit.db", "sqlite"), ("IDENTITY", "rocksdb")):
        if (data / marker).exists() and backend != name:
            raise broken(f"Found {name} at database_path, but is not specified in config.")
    if backend not in ("rocksdb", "sqlite"):
        raise broken("Database backend not found.")
    if settings["registration_token"] == "":
        raise broken("Registration token is empty")
    if not Path("/etc/resolv.conf").exists():
        raise broken("Failed to set up trust dns resolver with system config.")


def broken(reason: str) -> StartError:
    """What Conduit logs when it cannot use its database or its configuration."""
    return StartError(
        f'ERROR conduit: The database couldn\'t be loaded or created error=BadConfig("{reason}")'
    )
