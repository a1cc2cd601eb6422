#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: matrix_registration_info
short_description: Tell how many registration tokens of a Synapse homeserver let somebody register
version_added: 1.0.0
description:
  - Counts the registration tokens that are neither used up nor expired, whoever made them. It shows none of them.
  - It changes nothing.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
  - mosaic.fleet.homeserver
options:
  credentials_path:
    description: The file of mode 0600 that holds C(MATRIX_ACCESS_TOKEN) of an administrator, e.g. as M(mosaic.fleet.matrix_user) writes it.
    type: path
    required: true
seealso:
  - module: mosaic.fleet.matrix_registration_token
"""

EXAMPLES = r"""
- name: Determine whether anybody could register
  mosaic.fleet.matrix_registration_info:
    homeserver_url: http://127.0.0.1:8008
    credentials_path: /etc/mosaic-synapse/admin.env
  register: __registration

- name: Fail when somebody could
  ansible.builtin.assert:
    that: __registration.valid == 0
"""

RETURN = r"""
valid:
  description: How many tokens let somebody register.
  returned: success
  type: int
  sample: 1
expires_at:
  description: When the last of them expires, in UTC; null where there is none, or one that never does.
  returned: success
  type: str
  sample: "2026-11-22T18:00:00Z"
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mosaic.fleet.plugins.module_utils._homeserver import (
    HOMESERVER_ARGS,
    homeserver,
    stored_token,
)
from ansible_collections.mosaic.fleet.plugins.module_utils._module import run_module
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.synapse_admin import (
    valid_tokens,
)


async def body(module: AnsibleModule) -> dict:
    async with homeserver(module, stored_token(module)) as http:
        tokens = await valid_tokens(http, time.time())
    ends = [token.expires_at for token in tokens]
    last = None if not ends or None in ends else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(max(ends)))
    return {"changed": False, "valid": len(tokens), "expires_at": last}


def main() -> None:
    run_module(
        body, argument_spec={**HOMESERVER_ARGS, "credentials_path": {"type": "path", "required": True}}
    )


if __name__ == "__main__":
    main()
