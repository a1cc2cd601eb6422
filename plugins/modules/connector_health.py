#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connector_health
short_description: Ask a fleet's connector whether its operator can be reached
version_added: 1.0.0
description:
  - Makes the connector that a roster names, asks it for its health, and fails with what is wrong and what to try unless
    it is up and a conversation is possible on it.
  - Works for every kind of connector that the library C(mosaic_connectors) of the Python that runs this module knows.
    It reads only, so check mode makes no difference.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
attributes:
  diff_mode:
    support: none
options:
  roster_path:
    description:
      - The roster. One without a C(connector) block means V(tmux).
      - The default is C(/etc/mosaic/roster.yaml) where O(connector) is not given either.
    type: path
  connector:
    description: A C(connector) block, in place of a roster's.
    type: dict
  credentials_path:
    description:
      - The file of mode 0600 with the connector's secrets, e.g. C(MATRIX_ACCESS_TOKEN), in the syntax of systemd's
        C(EnvironmentFile).
      - It may be missing, since some kinds need none. Without it the environment of the task is used.
    type: path
  credentials:
    description:
      - Secrets by the names they have in O(credentials_path), which they win over, e.g. C(DISCORD_BOT_TOKEN).
      - With them a secret is tried before it is written down. Empty ones are left out.
    type: dict
  settings_path:
    description:
      - The settings file of the bridge, where the connector finds tmux and trusted certificates.
      - The default one may be missing.
    type: path
    default: /etc/mosaic/settings.yaml
  retries:
    description:
      - How often to ask again while the far side cannot be reached.
      - A far side that answers is not asked again, whatever it refuses.
    type: int
    default: 5
  delay:
    description: Seconds between two questions.
    type: float
    default: 2.0
  timeout:
    description: Seconds that one question may take.
    type: float
    default: 30.0
  assert_healthy:
    description: Whether to fail unless the connector is reachable and authenticated, and may talk.
    type: bool
    default: true
requirements:
  - mosaic-connectors (Python library), which the role C(mosaic.fleet.runtime) installs
seealso:
  - module: mosaic.fleet.roster_connector
  - module: mosaic.fleet.matrix_user
"""

EXAMPLES = r"""
- name: Make sure that the operator can be reached
  mosaic.fleet.connector_health:
    roster_path: /etc/mosaic/roster.yaml
    credentials_path: /etc/mosaic/connector.env

- name: Look without failing
  mosaic.fleet.connector_health:
    connector:
      kind: matrix
      matrix:
        homeserver_url: https://matrix.example.org
        user_id: "@mos:example.org"
        room_id: "#fleet:example.org"
    credentials_path: /etc/mosaic/connector.env
    retries: 0
    assert_healthy: false
  register: __health
"""

RETURN = r"""
kind:
  description: The kind of the connector.
  returned: success
  type: str
  sample: matrix
reachable:
  description: Whether the far side answers.
  returned: success
  type: bool
  sample: true
authenticated:
  description: Whether the far side accepts the credentials.
  returned: success
  type: bool
  sample: true
last_seen:
  description: When the connector last heard from the far side, in UTC.
  returned: success
  type: str
  sample: "2026-11-22T18:00:00Z"
detail:
  description: What a human should know.
  returned: success
  type: str
  sample: Authenticated as @mos:example.org; the server answers in 4 ms.
attempts:
  description: How often the connector was asked.
  returned: success
  type: int
  sample: 1
"""

import asyncio

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mosaic.fleet.plugins.module_utils._library import LIBRARY
from ansible_collections.mosaic.fleet.plugins.module_utils._module import hide, run_module
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.envfile import read_env_file
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.environ import environ
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.errors import (
    ConfigError,
    UnreachableError,
)
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.http_client import CA_PATH_VARIABLE
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.secrets import Secret

DEFAULT_SETTINGS_PATH = "/etc/mosaic/settings.yaml"
DEFAULT_ROSTER_PATH = "/etc/mosaic/roster.yaml"


def wanted_connector(params: dict):
    """The configuration to make a connector from; None where the roster names none."""
    if params["connector"] is not None:
        return LIBRARY.config.parse_connector(params["connector"])
    return LIBRARY.roster.load_roster(params["roster_path"] or DEFAULT_ROSTER_PATH).connector


def hide_leaks(module: AnsibleModule, value) -> None:
    """Have Ansible, which prints what a task was given, mask a token that stands in it by mistake."""
    for inner in value.values() if isinstance(value, dict) else ():
        hide_leaks(module, inner)
    if isinstance(value, str) and LIBRARY.secrets.looks_like_secret(value):
        hide(module, Secret(value))


def secret_variables(kind: str) -> set:
    """The variables that hold secrets of a kind; none known where the library is of before kinds were described."""
    try:
        return {one.variable for one in LIBRARY.registry.describe(kind).secrets}
    except ConfigError:
        return set()


def environment(module: AnsibleModule, kind: str) -> dict:
    """The variables the service would have from its unit: secrets, settings and trusted certificates."""
    params = module.params
    variables = {}
    if params["credentials_path"]:
        variables = read_env_file(params["credentials_path"], missing_ok=True)
    variables.update({name: str(value) for name, value in (params["credentials"] or {}).items() if value})
    own = secret_variables(kind)
    for name, value in variables.items():
        if name in own or name.endswith(("_TOKEN", "_PASSWORD")):
            hide(module, Secret(value))
    settings = LIBRARY.settings.load_settings(params["settings_path"])
    if params["settings_path"] != DEFAULT_SETTINGS_PATH:
        variables[LIBRARY.settings.SETTINGS_VARIABLE] = params["settings_path"]
    if settings.ca_path:
        variables.setdefault(CA_PATH_VARIABLE, settings.ca_path)
    return variables


async def look(config, params: dict) -> tuple:
    """Ask until the connector is up, refuses us, or has been asked often enough; the health and the count."""
    attempts = 0
    async with LIBRARY.registry.create_connector(config) as connector:
        while True:
            attempts += 1
            health = await ask(connector, params["timeout"])
            if health.reachable or attempts > params["retries"]:
                return health, attempts
            await asyncio.sleep(params["delay"])


async def ask(connector, timeout: float):
    """The connector's health; one that does not answer in time is not reachable."""
    try:
        return await asyncio.wait_for(connector.health(), timeout)
    except asyncio.TimeoutError:
        return LIBRARY.types.ConnectorHealth(
            reachable=False, authenticated=False, detail=f"It did not answer within {timeout:g} seconds."
        )


def verdict(kind: str, health, attempts: int) -> str | None:
    """What is wrong and what to try; None when nothing is."""
    if isinstance(health, LIBRARY.types.ObstructedHealth):
        return f"The {kind} connector is up, and cannot be talked over: {health.detail}"
    if health.reachable and health.authenticated:
        return None
    state = "reachable, but does not accept its credentials" if health.reachable else "not reachable"
    times = "once" if attempts == 1 else f"{attempts} times"
    detail = health.detail or "It gives no reason. Check that the far side runs and that the roster is right."
    advice = " Renew the credentials in credentials_path." if health.reachable else ""
    return f"The {kind} connector is {state} (asked {times}): {detail}{advice}"


def check(params: dict) -> None:
    """Refuse figures that would mean to wait for ever, or not at all."""
    for name, least in (("retries", 0), ("delay", 0), ("timeout", 0.001)):
        if params[name] < least:
            raise ConfigError(f"{name} is expected to be at least {least}, found {params[name]}. Correct it.")


async def body(module: AnsibleModule) -> dict:
    params = module.params
    check(params)
    hide_leaks(module, params["connector"])
    config = wanted_connector(params)
    kind = LIBRARY.registry.resolve_connector_kind(config)
    with environ(environment(module, kind)):
        health, attempts = await look(config, params)
    wrong = verdict(kind, health, attempts)
    if wrong and params["assert_healthy"]:
        raise UnreachableError(wrong)
    return {
        "changed": False,
        "kind": kind,
        "reachable": health.reachable,
        "authenticated": health.authenticated,
        "last_seen": health.last_seen,
        "detail": health.detail,
        "attempts": attempts,
    }


def main() -> None:
    run_module(
        body,
        argument_spec={
            "roster_path": {"type": "path"},
            "connector": {"type": "dict"},
            "credentials_path": {"type": "path"},
            "credentials": {"type": "dict", "no_log": True},
            "settings_path": {"type": "path", "default": DEFAULT_SETTINGS_PATH},
            "retries": {"type": "int", "default": 5},
            "delay": {"type": "float", "default": 2.0},
            "timeout": {"type": "float", "default": 30.0},
            "assert_healthy": {"type": "bool", "default": True},
        },
        mutually_exclusive=[("roster_path", "connector")],
    )


if __name__ == "__main__":
    main()
