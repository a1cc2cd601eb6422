#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connector_health
short_description: Make sure that a fleet's operator can be reached
version_added: 1.0.0
description:
  - Makes the connector that a roster names, waits until the far side answers, and fails with what is wrong and what to try unless
    it is up and a conversation is possible on it.
  - Works for every kind of connector that the library C(mosaic_connectors) of the Python that runs this module knows.
    It reads only, so check mode makes no difference.
  - What only asks, and leaves it to you what follows, is M(mosaic.fleet.connector_info).
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
  - mosaic.fleet.connector
attributes:
  diff_mode:
    support: none
options:
  retries:
    description:
      - How often to ask again while the far side cannot be reached.
      - A far side that answers is not asked again, whatever it refuses.
    type: int
    default: 5
seealso:
  - module: mosaic.fleet.connector_info
  - module: mosaic.fleet.roster_connector
  - module: mosaic.fleet.matrix_user
"""

EXAMPLES = r"""
- name: Make sure that the operator can be reached
  mosaic.fleet.connector_health:
    roster_path: /etc/mosaic/roster.yaml
    credentials_path: /etc/mosaic/connector.env
"""

RETURN = r"""
kind:
  description: The kind of the connector.
  returned: success
  type: str
  sample: matrix
reachable:
  description: Whether the far side answers; it does, or the module fails.
  returned: success
  type: bool
  sample: true
authenticated:
  description: Whether the far side accepts the credentials; it does, or the module fails.
  returned: success
  type: bool
  sample: true
obstructed:
  description: Whether no conversation is possible all the same; it is, or the module fails.
  returned: success
  type: bool
  sample: false
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

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mosaic.fleet.plugins.module_utils._connector import (
    CONNECTOR_ARGS,
    ONE_CONNECTOR,
    ask_connector,
)
from ansible_collections.mosaic.fleet.plugins.module_utils._module import run_module
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.errors import UnreachableError


def verdict(found: dict) -> str | None:
    """What is wrong and what to try; None when nothing is."""
    kind, attempts = found["kind"], found["attempts"]
    if found["obstructed"]:
        return f"The {kind} connector is up, and cannot be talked over: {found['detail']}"
    if found["reachable"] and found["authenticated"]:
        return None
    state = "reachable, but does not accept its credentials" if found["reachable"] else "not reachable"
    times = "once" if attempts == 1 else f"{attempts} times"
    detail = (
        found["detail"] or "It gives no reason. Check that the far side runs and that the roster is right."
    )
    advice = " Renew the credentials in credentials_path." if found["reachable"] else ""
    return f"The {kind} connector is {state} (asked {times}): {detail}{advice}"


async def body(module: AnsibleModule) -> dict:
    found = await ask_connector(module)
    wrong = verdict(found)
    if wrong:
        raise UnreachableError(wrong)
    return found


def main() -> None:
    run_module(
        body,
        argument_spec={**CONNECTOR_ARGS, "retries": {"type": "int", "default": 5}},
        mutually_exclusive=ONE_CONNECTOR,
    )


if __name__ == "__main__":
    main()
