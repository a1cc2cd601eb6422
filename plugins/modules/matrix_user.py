#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: matrix_user
short_description: Make a Matrix account usable on a host, or deactivate it
version_added: 1.0.0
description:
  - Makes sure that a Matrix account exists and that this host holds a working access token of it.
  - A stored token that works is kept. Otherwise the module logs in, and where there is no account it registers one.
  - The token goes straight into a file of mode 0600 on the host the module runs on, as C(MATRIX_USER_ID), C(MATRIX_DEVICE_ID) and
    C(MATRIX_ACCESS_TOKEN), in the syntax of systemd's C(EnvironmentFile). No secret is returned.
  - Where no password is given a strong one is generated and kept there as C(MATRIX_PASSWORD), before the account is registered.
  - Speaks the client-server API only, but for O(method=shared_secret). Serves Conduit, Synapse and Tuwunel.
  - A homeserver that leaves its accounts to an authentication service (Matrix Authentication Service) registers nobody
    itself, and is refused with a sentence. A token that was issued there is what O(access_token) is for.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
  - mosaic.fleet.homeserver
options:
  user_id:
    description: Full Matrix user id of the account.
    type: str
    required: true
  state:
    description:
      - Whether the account should be usable here.
      - V(absent) deactivates it, which nobody can undo and which needs its password, and removes its lines from O(credentials_path). Where
        that file says nothing of the account nothing is done, since a homeserver does not tell whether an account was deactivated.
    type: str
    choices: [present, absent]
    default: present
  credentials_path:
    description:
      - The file that holds the credentials. It is made where it does not exist, in a directory that does.
      - Other lines in it stay as they are. A file that others than its owner may read is refused.
    type: path
    required: true
  method:
    description:
      - How to come to a token where none is stored.
      - V(auto) logs in where the account exists and a password is known. Otherwise it registers with
        O(registration_token), else with O(shared_secret), else openly where the homeserver allows that.
      - V(login) never registers. V(open) registers without any token.
      - V(shared_secret) uses the administrative API of Synapse or Tuwunel, which works while registration is closed.
      - In check mode a registration is predicted without its token or secret, which tells whether a token has to be minted at all.
    type: str
    choices: [auto, login, registration_token, shared_secret, open]
    default: auto
  password:
    description:
      - Password of the account. It is used to log in, to register and to deactivate, and is not stored.
      - Without it the generated one in O(credentials_path) is used.
    type: str
  password_path:
    description: A file on the host that holds the password as its only line.
    type: path
  access_token:
    description:
      - A token of the account that was issued elsewhere. It is taken where no stored token works, once the homeserver
        has said whose it is, and then nobody is logged in or registered.
      - A stored token that works is kept, whatever this one is.
    type: str
  registration_token:
    description: The token that the homeserver demands of whoever registers.
    type: str
  shared_secret:
    description: The C(registration_shared_secret) of the homeserver.
    type: str
  shared_secret_path:
    description: A file on the host that holds the shared secret as its only line.
    type: path
  admin:
    description:
      - Whether to register the account as a server admin, which only the shared secret can do.
      - An account that exists is left as it is.
    type: bool
    default: false
  device_id:
    description:
      - The device to log in as. Logging in again on the same device adds no device.
      - The default is C(MOSAIC_) followed by the localpart in capitals. Give each host its own when several hold
        tokens of one account, since on Conduit a login kills the older token of its device.
      - A stored token that works is kept whatever its device is.
    type: str
  display_name:
    description: Name shown beside the messages of the account. It is left alone when not given.
    type: str
seealso:
  - module: mosaic.fleet.matrix_registration_token
  - module: mosaic.fleet.matrix_room
"""

EXAMPLES = r"""
- name: Determine whether the account has to be registered
  mosaic.fleet.matrix_user:
    homeserver_url: https://matrix.example.org
    user_id: "@mos:example.org"
    credentials_path: /etc/mosaic/connector.env
  check_mode: true
  register: __account

- name: Register the account, or log in, or keep the token that is there
  mosaic.fleet.matrix_user:
    homeserver_url: https://matrix.example.org
    user_id: "@mos:example.org"
    registration_token: "{{ __token.token | default(omit) }}"
    display_name: Orchestrator
    credentials_path: /etc/mosaic/connector.env

- name: Use a token that an authentication service issued
  mosaic.fleet.matrix_user:
    homeserver_url: https://matrix.example.org
    user_id: "@mos:example.org"
    access_token: "{{ token_of_mos }}"
    credentials_path: /etc/mosaic/connector.env

- name: Make the first admin on the homeserver's own host
  mosaic.fleet.matrix_user:
    homeserver_url: http://127.0.0.1:8008
    user_id: "@admin:example.org"
    method: shared_secret
    shared_secret_path: /etc/mosaic-synapse/registration_shared_secret
    admin: true
    credentials_path: /etc/mosaic-synapse/admin.env

- name: Deactivate the account for ever
  mosaic.fleet.matrix_user:
    homeserver_url: https://matrix.example.org
    user_id: "@mos:example.org"
    credentials_path: /etc/mosaic/connector.env
    state: absent
"""

RETURN = r"""
user_id:
  description: The account.
  returned: success
  type: str
  sample: "@mos:example.org"
device_id:
  description: The device that the stored token belongs to; null when O(state=absent).
  returned: success
  type: str
  sample: MOSAIC_MOS
registered:
  description: Whether this run registered the account, or in check mode would.
  returned: success
  type: bool
  sample: true
logged_in:
  description: Whether this run logged in, or in check mode would.
  returned: success
  type: bool
  sample: true
adopted:
  description: Whether this run took the token that was given as O(access_token), or in check mode would.
  returned: success
  type: bool
  sample: false
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mosaic.fleet.plugins.module_utils._homeserver import (
    HOMESERVER_ARGS,
    check_secrets_stay_apart,
    homeserver,
    secret_option,
)
from ansible_collections.mosaic.fleet.plugins.module_utils._module import Change, hide, run_module
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.claim import alone_beside
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.envfile import read_env_file
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.identifiers import split_user_id
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.kind import MATRIX_ACCESS_TOKEN
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision import delegation
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.account_change import (
    enrolment_change,
    keys_in,
    retirement_change,
)
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.account_plan import (
    MATRIX_PASSWORD,
    Step,
    decide,
    default_device_id,
    look,
    secret_in,
)
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.account_steps import (
    Enrolment,
    can_retire,
    carry_out,
    retire,
)
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.accounts import (
    set_display_name,
)


def enrolment(module: AnsibleModule, stored: dict) -> Enrolment:
    """What the options and the credentials file say about how to come to a token."""
    params = module.params
    given = secret_option(module, "password")
    return Enrolment(
        user_id=params["user_id"],
        device_id=params["device_id"] or default_device_id(params["user_id"]),
        credentials_path=params["credentials_path"],
        method=params["method"],
        password=given or hide(module, secret_in(stored, MATRIX_PASSWORD)),
        access_token=secret_option(module, "access_token"),
        registration_token=secret_option(module, "registration_token"),
        shared_secret=secret_option(module, "shared_secret"),
        admin=params["admin"],
    )


def told(change: Change, user_id: str, device_id: str | None = None, step: Step | None = None) -> dict:
    steps = {"registered": Step.REGISTER, "logged_in": Step.LOG_IN, "adopted": Step.ADOPT}
    done = {name: step is one for name, one in steps.items()}
    return {**change.result(), "user_id": user_id, "device_id": device_id, **done}


async def present(module: AnsibleModule, stored: dict) -> dict:
    user_id, name = module.params["user_id"], module.params["display_name"]
    wanted = enrolment(module, stored)
    async with homeserver(module, secret_in(stored, MATRIX_ACCESS_TOKEN)) as http:
        account = await look(
            http, user_id, stored, with_display_name=name is not None, issued=wanted.access_token
        )
        step = decide(account, user_id, method=wanted.method, password_known=wanted.password is not None)
        device_id = wanted.device_after(account, step)
        check_secrets_stay_apart(module, user_id, device_id)
        change = Change(*enrolment_change(account, stored, step, wanted, name), user_id)
        if change.needed and not module.check_mode:
            step = await carry_out(http, wanted, account, step)
            if name is not None and account.display_name != name:
                await set_display_name(http, user_id, name)
    return told(change, user_id, device_id, step)


async def absent(module: AnsibleModule, stored: dict) -> dict:
    user_id = module.params["user_id"]
    check_secrets_stay_apart(module, user_id)
    wanted = enrolment(module, stored)
    async with homeserver(module, secret_in(stored, MATRIX_ACCESS_TOKEN)) as http:
        account = await look(http, user_id, stored, with_display_name=False)
        if keys_in(stored):
            await delegation.check_can_be_deactivated(http, user_id)
        alive = can_retire(account, wanted, stored)
        change = Change(*retirement_change(stored, alive=alive), user_id)
        if change.needed and not module.check_mode:
            await retire(http, wanted, account, alive=alive)
    return told(change, user_id)


async def body(module: AnsibleModule) -> dict:
    split_user_id(module.params["user_id"])
    with alone_beside(module.params["credentials_path"], needed=not module.check_mode):
        stored = read_env_file(module.params["credentials_path"], missing_ok=True)
        return await (present if module.params["state"] == "present" else absent)(module, stored)


def main() -> None:
    run_module(
        body,
        argument_spec={
            **HOMESERVER_ARGS,
            "user_id": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "credentials_path": {"type": "path", "required": True},
            "method": {
                "type": "str",
                "choices": ["auto", "login", "registration_token", "shared_secret", "open"],
                "default": "auto",
            },
            "password": {"type": "str", "no_log": True},
            "password_path": {"type": "path", "no_log": False},
            "access_token": {"type": "str", "no_log": True},
            "registration_token": {"type": "str", "no_log": True},
            "shared_secret": {"type": "str", "no_log": True},
            "shared_secret_path": {"type": "path", "no_log": False},
            "admin": {"type": "bool", "default": False},
            "device_id": {"type": "str"},
            "display_name": {"type": "str"},
        },
        mutually_exclusive=[("password", "password_path"), ("shared_secret", "shared_secret_path")],
    )


if __name__ == "__main__":
    main()
