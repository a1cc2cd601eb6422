#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: matrix_user_info
short_description: Tell whether a Matrix account exists, and whose an access token is
version_added: 1.0.0
description:
  - Tells whether an account exists on its homeserver and what it is called, and of an access token whether it works and whose it is.
  - It logs in nowhere and changes nothing. A token that does not work any more is an answer and no failure.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
  - mosaic.fleet.homeserver
options:
  user_id:
    description:
      - Full Matrix user id of an account of this homeserver. Without it the account that the token is of is told of.
      - At least one of O(user_id), O(credentials_path) and O(access_token) is needed.
    type: str
  credentials_path:
    description:
      - The file of mode 0600 whose C(MATRIX_ACCESS_TOKEN) is tried, e.g. as M(mosaic.fleet.matrix_user) writes it.
    type: path
  access_token:
    description: The access token that is tried.
    type: str
seealso:
  - module: mosaic.fleet.matrix_user
  - module: mosaic.fleet.connector_health
"""

EXAMPLES = r"""
- name: Determine whether the account is taken
  mosaic.fleet.matrix_user_info:
    homeserver_url: https://matrix.example.org
    user_id: "@mos:example.org"
  register: __account

- name: Check that the host's token is of the account that it should be of
  mosaic.fleet.matrix_user_info:
    homeserver_url: https://matrix.example.org
    credentials_path: /etc/mosaic/connector.env
  register: __token
  failed_when: __token.token_of != "@mos:example.org"
"""

RETURN = r"""
user_id:
  description: The account that is told of; null where none was given and the token does not work.
  returned: success
  type: str
  sample: "@mos:example.org"
exists:
  description:
    - Whether the account exists. One that was deactivated does.
    - Null where the homeserver does not tell.
  returned: success
  type: bool
  sample: true
display_name:
  description: Its display name; null where it has none, or the homeserver does not show it.
  returned: success
  type: str
  sample: Mos
token_of:
  description: The account that the token is of; null where none was given, or it does not work.
  returned: success
  type: str
  sample: "@mos:example.org"
device_id:
  description: The device that the token is of; null where no token was given, it does not work, or it has none.
  returned: success
  type: str
  sample: MOSAIC-agent-1
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mosaic.fleet.plugins.module_utils._homeserver import (
    HOMESERVER_ARGS,
    check_secrets_stay_apart,
    homeserver,
    secret_option,
    stored_token,
)
from ansible_collections.mosaic.fleet.plugins.module_utils._module import run_module
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.errors import ConfigError
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.errors import UnknownTokenError
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.identifiers import split_user_id
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.accounts import (
    account_exists,
    display_name,
    public_display_name,
    whoami,
)


async def owner(http) -> tuple:
    """User id and device id of the client's token; None for both where it does not work."""
    try:
        return await whoami(http)
    except UnknownTokenError:
        return None, None


def check_is_local(user_id: str, token_of: str) -> None:
    """Refuse an account that this homeserver would be asked for as if it were its own."""
    server, own = split_user_id(user_id)[1], split_user_id(token_of)[1]
    if server != own:
        raise ConfigError(
            f"user_id is expected to be an account of {own}, whose token was given, and {user_id} is of {server}. "
            "Correct it, or ask the homeserver of that name."
        )


async def body(module: AnsibleModule) -> dict:
    params = module.params
    if params["user_id"] is not None:
        split_user_id(params["user_id"])
    token = secret_option(module, "access_token")
    if params["credentials_path"]:
        token = stored_token(module)
    async with homeserver(module, token) as http:
        token_of, device_id = await owner(http) if token else (None, None)
        user_id = params["user_id"] or token_of
        check_secrets_stay_apart(module, user_id, token_of, device_id)
        if token_of:
            check_is_local(user_id, token_of)
        exists = name = None
        if user_id:
            # Whose token works is there, whatever the server tells strangers.
            exists = user_id == token_of or await account_exists(http, user_id)
        if exists:
            name = await (display_name if token_of else public_display_name)(http, user_id)
    account = {"user_id": user_id, "exists": exists, "display_name": name}
    return {"changed": False, **account, "token_of": token_of, "device_id": device_id}


def main() -> None:
    run_module(
        body,
        argument_spec={
            **HOMESERVER_ARGS,
            "user_id": {"type": "str"},
            "credentials_path": {"type": "path"},
            "access_token": {"type": "str", "no_log": True},
        },
        required_one_of=[("user_id", "credentials_path", "access_token")],
        mutually_exclusive=[("credentials_path", "access_token")],
    )


if __name__ == "__main__":
    main()
