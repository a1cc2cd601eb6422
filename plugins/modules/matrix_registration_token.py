#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: matrix_registration_token
short_description: Mint or revoke a registration token on a Synapse
version_added: 1.0.0
description:
  - Makes sure that a registration token of a certain name is there to be used, or that none is.
  - Synapse gives tokens no names, so the name is written into the token itself, before a dot and 192 random bits.
  - A token of this name that nobody has used, that allows as many uses and that does not expire before half of
    O(expires_in) is over is returned again. Otherwise a new one is minted. Those that are spent or expired stay
    until O(state=absent) removes them.
  - B(The token is a secret, and the only one that a module of this collection returns.) The task must have
    C(no_log=true). Without it the module fails before it asks the server.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
  - mosaic.fleet.homeserver
options:
  credentials_path:
    description: The file of mode 0600 that holds C(MATRIX_ACCESS_TOKEN) of a server admin, e.g. as M(mosaic.fleet.matrix_user) writes it.
    type: path
    required: true
  name:
    description:
      - What the token is for, e.g. the host whose account will be registered with it.
      - 1 to 30 letters, digits, C(_), C(~) and C(-).
    type: str
    default: mosaic
  state:
    description:
      - Whether there should be a usable token of this name.
      - V(absent) revokes every token of this name.
    type: str
    choices: [present, absent]
    default: present
  uses_allowed:
    description: How many accounts may be registered with the token.
    type: int
    default: 1
  expires_in:
    description: Seconds after which a new token expires. V(0) means never.
    type: int
    default: 3600
seealso:
  - module: mosaic.fleet.matrix_user
"""

EXAMPLES = r"""
- name: Mint a token for one account
  mosaic.fleet.matrix_registration_token:
    homeserver_url: http://127.0.0.1:8008
    credentials_path: /etc/mosaic-synapse/admin.env
    name: orchestrator-1
    expires_in: 900
  register: __token
  no_log: true

- name: Revoke what is left of it
  mosaic.fleet.matrix_registration_token:
    homeserver_url: http://127.0.0.1:8008
    credentials_path: /etc/mosaic-synapse/admin.env
    name: orchestrator-1
    state: absent
  no_log: true
"""

RETURN = r"""
token:
  description:
    - The registration token, a secret. Null in check mode where one would be minted, and when O(state=absent).
  returned: success
  type: str
  sample: NOT-A-REAL-TOKEN
name:
  description: The name of the token.
  returned: success
  type: str
  sample: orchestrator-1
expires_at:
  description: When the token expires, in UTC; null for never, in check mode where one would be minted, and when O(state=absent).
  returned: success
  type: str
  sample: "2026-11-22T18:00:00Z"
"""

import re
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mosaic.fleet.plugins.module_utils._homeserver import (
    HOMESERVER_ARGS,
    homeserver,
    stored_token,
)
from ansible_collections.mosaic.fleet.plugins.module_utils._module import Change, run_module
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.errors import ConfigError
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.synapse_admin import (
    MAX_NAME,
    RegistrationToken,
    create_token,
    list_tokens,
    revoke_token,
)

NAME = re.compile(rf"[A-Za-z0-9_~-]{{1,{MAX_NAME}}}\Z")


def check(module: AnsibleModule) -> None:
    """Refuse a task that would show the token, and options that the server would refuse."""
    params = module.params
    if params["state"] == "present" and not module.no_log:
        raise ConfigError(
            "The registration token this task returns is a secret, so no_log: true is expected on it and is "
            "not set. Add it."
        )
    if not NAME.match(params["name"]):
        raise ConfigError(
            f"name is expected to be 1 to {MAX_NAME} letters, digits, _, ~ and -, found {params['name']!r}. "
            "Shorten or rename it."
        )
    for option, least in (("uses_allowed", 1), ("expires_in", 0)):
        if params[option] < least:
            raise ConfigError(
                f"{option} is expected to be at least {least}, found {params[option]}. Correct it."
            )


def plan(tokens: list, params: dict, now: float) -> RegistrationToken | None:
    """The token to use again, the one that lasts longest; None when one has to be minted."""
    lifetime = params["expires_in"]
    fitting = [
        token
        for token in tokens
        if token.used == 0 and token.uses_allowed == params["uses_allowed"] and fits(token, lifetime, now)
    ]
    return max(fitting, key=lambda token: token.expires_at or 0, default=None)


def fits(token: RegistrationToken, lifetime: int, now: float) -> bool:
    """Whether a token expires neither too soon nor later than asked for."""
    if lifetime == 0 or token.expires_at is None:
        return lifetime == 0 and token.expires_at is None
    return now + lifetime / 2 <= token.expires_at <= now + lifetime + 60


async def present(module: AnsibleModule, http, tokens: list) -> dict:
    params = module.params
    now = time.time()
    token = plan(tokens, params, now)
    change = Change({"usable": token is not None}, {"usable": True}, params["name"])
    if change.needed and not module.check_mode:
        token = await create_token(
            http,
            params["name"],
            uses_allowed=params["uses_allowed"],
            expires_at=now + params["expires_in"] if params["expires_in"] else None,
        )
    return {**change.result(), **returned(token)}


async def absent(module: AnsibleModule, http, tokens: list) -> dict:
    change = Change({"tokens": len(tokens)}, {"tokens": 0}, module.params["name"])
    if not module.check_mode:
        for token in tokens:
            await revoke_token(http, token.token)
    return {**change.result(), **returned(None)}


def returned(token: RegistrationToken | None) -> dict:
    """What a task gets to know of a token."""
    if token is None:
        return {"token": None, "expires_at": None}
    at = token.expires_at
    text = None if at is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    return {"token": token.token.reveal(), "expires_at": text}


async def body(module: AnsibleModule) -> dict:
    check(module)
    async with homeserver(module, stored_token(module)) as http:
        tokens = await list_tokens(http, module.params["name"])
        result = await (present if module.params["state"] == "present" else absent)(module, http, tokens)
    return {**result, "name": module.params["name"]}


def main() -> None:
    run_module(
        body,
        argument_spec={
            **HOMESERVER_ARGS,
            "credentials_path": {"type": "path", "required": True},
            "name": {"type": "str", "default": "mosaic"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "uses_allowed": {"type": "int", "default": 1},
            "expires_in": {"type": "int", "default": 3600},
        },
    )


if __name__ == "__main__":
    main()
