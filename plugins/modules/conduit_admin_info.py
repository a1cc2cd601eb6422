#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: conduit_admin_info
short_description: Tell whether an account is an administrator of a Conduit homeserver
version_added: 1.0.0
description:
  - On Conduit the administrators are those who are in the room C(#admins:SERVER_NAME), and the first account that is
    registered is put there. This module tells whether the account of a credentials file is one of them.
  - It changes nothing.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
  - mosaic.fleet.homeserver
options:
  credentials_path:
    description: The file of mode 0600 that holds C(MATRIX_ACCESS_TOKEN) of the account, e.g. as M(mosaic.fleet.matrix_user) writes it.
    type: path
    required: true
seealso:
  - module: mosaic.fleet.matrix_user
"""

EXAMPLES = r"""
- name: Ask whether the account is an administrator
  mosaic.fleet.conduit_admin_info:
    homeserver_url: http://127.0.0.1:8008
    credentials_path: /etc/mosaic-conduit/admin.env
  register: __proof

- name: Refuse to go on when it is none
  ansible.builtin.assert:
    that: __proof.admin
"""

RETURN = r"""
admin:
  description: Whether the account is an administrator.
  returned: success
  type: bool
  sample: true
user_id:
  description: The account.
  returned: success
  type: str
  sample: "@fleet-admin:example.org"
room_id:
  description: The room of the administrators.
  returned: success
  type: str
  sample: "!pVgNBPYDLDkYIjSpAhMyGbLfVnEPAqnRZfNQvdWzDbA"
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mosaic.fleet.plugins.module_utils._homeserver import (
    HOMESERVER_ARGS,
    homeserver,
    stored_token,
)
from ansible_collections.mosaic.fleet.plugins.module_utils._module import run_module
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.conduit_admin import (
    admin_room,
)


async def body(module: AnsibleModule) -> dict:
    async with homeserver(module, stored_token(module)) as http:
        found = await admin_room(http)
    return {"changed": False, "admin": found.joined, "user_id": found.user_id, "room_id": found.room_id}


def main() -> None:
    run_module(
        body, argument_spec={**HOMESERVER_ARGS, "credentials_path": {"type": "path", "required": True}}
    )


if __name__ == "__main__":
    main()
