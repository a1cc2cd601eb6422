#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: matrix_token
short_description: Change or revoke the access token of a Matrix account on a host
version_added: 1.0.0
description:
  - Puts a new access token into a credentials file, and once the service that uses it is proven to work, revokes the
    former one. Between the two the service is restarted; the playbook C(mosaic.fleet.rotate_token) does all of it.
  - While a change is under way the former token is kept in the file O(credentials_path) with C(.former) behind its name,
    of mode 0600 as well. A new token that did not do and could not be revoked yet is kept in one with C(.discarded).
  - The new token belongs to another device, since a homeserver revokes a device with all its tokens. Two devices take
    turns, so there is one when the change is done, and never more than two.
  - No secret is returned.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
  - mosaic.fleet.homeserver
attributes:
  idempotent:
    support: partial
    details:
      - Each run with O(state=renewed) makes another token; the other states change nothing the second time.
options:
  user_id:
    description: Full Matrix user id of the account.
    type: str
    required: true
  credentials_path:
    description: The file that holds the credentials, as M(mosaic.fleet.matrix_user) writes it.
    type: path
    required: true
  state:
    description:
      - V(renewed) puts a new token in the place of the one that is there, which goes on to work. A change that was
        interrupted is finished first.
      - V(settled) revokes the former token, unless the homeserver does not accept the new one, and sees that it is dead.
      - V(restored) puts the former token back and revokes the new one. When the homeserver is away, the new one is kept in the
        file O(credentials_path) with C(.discarded) behind its name, and revoked by V(renewed) or V(absent) later.
      - V(absent) revokes the token, and the former one if there is any, and removes what the file says of the session. When the
        homeserver does not revoke it, the module fails and the token stays in the file.
    type: str
    choices: [renewed, settled, restored, absent]
    required: true
  password:
    description:
      - Password of the account, for O(state=renewed).
      - Without it the generated one in O(credentials_path) is used.
    type: str
  token:
    description:
      - A token that was issued for the account, for O(state=renewed), where nobody logs in with a password.
      - It has to belong to another device than the one in use.
    type: str
seealso:
  - module: mosaic.fleet.matrix_user
"""

EXAMPLES = r"""
- name: Put a new token in the place of the old one
  mosaic.fleet.matrix_token:
    homeserver_url: https://matrix.example.org
    user_id: "@mos:example.org"
    credentials_path: /etc/mosaic/connector.env
    state: renewed

- name: Restart what uses it
  ansible.builtin.systemd_service:
    name: mosaic-connector.service
    state: restarted

- name: Revoke the old one
  mosaic.fleet.matrix_token:
    homeserver_url: https://matrix.example.org
    user_id: "@mos:example.org"
    credentials_path: /etc/mosaic/connector.env
    state: settled
"""

RETURN = r"""
device_id:
  description: The device of the token that is in O(credentials_path) now; null when there is none.
  returned: success
  type: str
  sample: MOSAIC_MOS_2
revoked:
  description: Whether this run revoked a token, or in check mode would.
  returned: success
  type: bool
  sample: true
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
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.envfile import update_env_file
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.kind import MATRIX_ACCESS_TOKEN
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.account_plan import (
    MATRIX_DEVICE_ID,
    MATRIX_PASSWORD,
    check_owner,
    secret_in,
)
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.token_change import (
    TokenFiles,
    begin,
    next_device_id,
    restore,
    revoke,
    revoke_discarded,
    settle,
)


def session(stored: dict) -> dict:
    """What a file says of a session, without its secret."""
    return {
        "device_id": stored.get(MATRIX_DEVICE_ID),
        "token": "there" if stored.get(MATRIX_ACCESS_TOKEN) else "missing",
    }


def plan(module: AnsibleModule, files: TokenFiles) -> Change:
    """What is and what will be."""
    current, former, discarded = (
        session(stored) for stored in (files.current(), files.former(), files.discarded())
    )
    nothing = session({})
    after = {
        "renewed": (renewed(module, files.current()), current, nothing),
        "settled": (current, nothing, discarded),
        "restored": (former if files.former() else current, nothing, discarded),
        "absent": (nothing, nothing, nothing),
    }[module.params["state"]]
    names = ("current", "former", "discarded")
    before = dict(zip(names, (current, former, discarded), strict=True))
    return Change(before, dict(zip(names, after, strict=True)), module.params["user_id"])


def renewed(module: AnsibleModule, current: dict) -> dict:
    """The session there will be; a token that is given tells its device only to the homeserver."""
    params = module.params
    known = None if params["token"] else next_device_id(params["user_id"], current.get(MATRIX_DEVICE_ID))
    return {"device_id": known, "token": "new"}


def left_over(files: TokenFiles) -> bool:
    """Whether a token of an earlier change, done or undone, is still to be revoked."""
    return files.replaced() or bool(files.discarded())


async def apply(module: AnsibleModule, files: TokenFiles) -> bool:
    """Do it; returns whether a token was revoked."""
    user_id, state = module.params["user_id"], module.params["state"]

    def client(token):
        return homeserver(module, token)

    if state == "renewed":
        password = secret_option(module, "password") or hide(
            module, secret_in(files.current(), MATRIX_PASSWORD)
        )
        given = secret_option(module, "token")
        unfinished = left_over(files)
        await begin(client, files, user_id, password=password, given=given)
        return unfinished
    if state == "settled":
        unfinished = files.replaced()
        await settle(client, files, user_id)
        return unfinished
    if state == "restored":
        trouble = await restore(client, files) if files.former() else None
        if trouble:
            module.warn(
                f"The former token is back, and the new one could not be revoked: {trouble} The next change of the "
                "token revokes it first."
            )
        return trouble is None
    return await remove(client, files)


async def remove(client, files: TokenFiles) -> bool:
    """Revoke what the files hold, and forget it."""
    await revoke_discarded(client, files)
    for stored in (files.former(), files.current()):
        token = secret_in(stored, MATRIX_ACCESS_TOKEN)
        if token is not None:
            await revoke(client, token)
    update_env_file(files.path, {MATRIX_ACCESS_TOKEN: None, MATRIX_DEVICE_ID: None})
    files.forget_former()
    return True


async def body(module: AnsibleModule) -> dict:
    with alone_beside(module.params["credentials_path"], needed=not module.check_mode):
        return await step(module, TokenFiles(module.params["credentials_path"]))


async def step(module: AnsibleModule, files: TokenFiles) -> dict:
    """From what the files say to what they are to say."""
    check_owner(files.current(), module.params["user_id"])
    for stored in (files.current(), files.former(), files.discarded()):
        hide(module, secret_in(stored, MATRIX_ACCESS_TOKEN))
    change = plan(module, files)
    revoked = change.needed and (module.params["state"] != "renewed" or left_over(files))
    if change.needed and not module.check_mode:
        revoked = await apply(module, files)
        device_id = files.current().get(MATRIX_DEVICE_ID)
    else:
        device_id = change.after["current"]["device_id"]
    check_secrets_stay_apart(module, device_id)
    return {**change.result(), "device_id": device_id, "revoked": revoked}


def main() -> None:
    run_module(
        body,
        argument_spec={
            **HOMESERVER_ARGS,
            "user_id": {"type": "str", "required": True},
            "credentials_path": {"type": "path", "required": True},
            "state": {
                "type": "str",
                "choices": ["renewed", "settled", "restored", "absent"],
                "required": True,
            },
            "password": {"type": "str", "no_log": True},
            "token": {"type": "str", "no_log": True},
        },
        mutually_exclusive=[("password", "token")],
    )


if __name__ == "__main__":
    main()
