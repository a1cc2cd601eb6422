# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that ask a connector for its health share: options, the connector and its environment, the question."""

from __future__ import annotations

import asyncio
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ._library import LIBRARY
from ._module import hide
from .connectors.envfile import read_env_file
from .connectors.environ import environ
from .connectors.errors import ConfigError
from .connectors.http_client import CA_PATH_VARIABLE
from .connectors.secrets import Secret

DEFAULT_SETTINGS_PATH = "/etc/mosaic/settings.yaml"
DEFAULT_ROSTER_PATH = "/etc/mosaic/roster.yaml"

CONNECTOR_ARGS: dict[str, dict[str, Any]] = {
    "roster_path": {"type": "path"},
    "connector": {"type": "dict"},
    "credentials_path": {"type": "path"},
    "credentials": {"type": "dict", "no_log": True},
    "settings_path": {"type": "path", "default": DEFAULT_SETTINGS_PATH},
    "delay": {"type": "float", "default": 2.0},
    "timeout": {"type": "float", "default": 30.0},
}
"""Options of every module that asks a connector (documented by the fragment `connector`); `retries` has a default of its own."""

ONE_CONNECTOR = [("roster_path", "connector")]
"""What of them excludes each other."""


async def ask_connector(module: AnsibleModule) -> dict[str, Any]:
    """Make the connector that the options name, and ask it for its health; what was found, as the modules return it.

    Raises `ConfigError` for options, a roster or settings that are wrong, and `MissingLibraryError`.
    """
    params = module.params
    _check(params)
    _hide_leaks(module, params["connector"])
    config = _wanted(params)
    kind = LIBRARY.registry.resolve_connector_kind(config)
    with environ(_environment(module, kind)):
        async with LIBRARY.registry.create_connector(config) as connector:
            health, attempts = await _look(connector, params)
    return {
        "changed": False,
        "kind": kind,
        "reachable": health.reachable,
        "authenticated": health.authenticated,
        "obstructed": isinstance(health, LIBRARY.types.ObstructedHealth),
        "last_seen": health.last_seen,
        "detail": health.detail,
        "attempts": attempts,
    }


def _check(params: dict[str, Any]) -> None:
    """Refuse figures that would mean to wait for ever, or not at all."""
    for name, least in (("retries", 0), ("delay", 0), ("timeout", 0.001)):
        if params[name] < least:
            raise ConfigError(f"{name} is expected to be at least {least}, found {params[name]}. Correct it.")


async def _look(connector: Any, params: dict[str, Any]) -> tuple[Any, int]:
    """Ask until the connector is up, refuses us, or has been asked often enough; the health and the count."""
    attempts = 0
    while True:
        attempts += 1
        health = await _ask(connector, params["timeout"])
        if health.reachable or attempts > params["retries"]:
            return health, attempts
        await asyncio.sleep(params["delay"])


async def _ask(connector: Any, timeout: float) -> Any:
    """The connector's health; one that does not answer within so many seconds is not reachable."""
    try:
        return await asyncio.wait_for(connector.health(), timeout)
    except asyncio.TimeoutError:
        return LIBRARY.types.ConnectorHealth(
            reachable=False, authenticated=False, detail=f"It did not answer within {timeout:g} seconds."
        )


def _wanted(params: dict[str, Any]) -> Any:
    """The configuration to make a connector from; None where the roster names none."""
    if params["connector"] is not None:
        return LIBRARY.config.parse_connector(params["connector"])
    return LIBRARY.roster.load_roster(params["roster_path"] or DEFAULT_ROSTER_PATH).connector


def _hide_leaks(module: AnsibleModule, value: Any) -> None:
    """Have Ansible, which prints what a task was given, mask a token that stands in it by mistake."""
    for inner in value.values() if isinstance(value, dict) else ():
        _hide_leaks(module, inner)
    if isinstance(value, str) and LIBRARY.secrets.looks_like_secret(value):
        hide(module, Secret(value))


def _secret_variables(kind: str) -> set[str]:
    """The variables that hold secrets of a kind; none known where the library is of before kinds were described."""
    try:
        return {one.variable for one in LIBRARY.registry.describe(kind).secrets}
    except ConfigError:
        return set()


def _environment(module: AnsibleModule, kind: str) -> dict[str, str]:
    """The variables the service would have from its unit: secrets, settings and trusted certificates."""
    params = module.params
    variables = {}
    if params["credentials_path"]:
        variables = read_env_file(params["credentials_path"], missing_ok=True)
    variables.update({name: str(value) for name, value in (params["credentials"] or {}).items() if value})
    own = _secret_variables(kind)
    for name, value in variables.items():
        if name in own or name.endswith(("_TOKEN", "_PASSWORD")):
            hide(module, Secret(value))
    settings = LIBRARY.settings.load_settings(params["settings_path"])
    if params["settings_path"] != DEFAULT_SETTINGS_PATH:
        variables[LIBRARY.settings.SETTINGS_VARIABLE] = params["settings_path"]
    if settings.ca_path:
        variables.setdefault(CA_PATH_VARIABLE, settings.ca_path)
    return variables
