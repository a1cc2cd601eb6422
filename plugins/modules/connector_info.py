#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connector_info
short_description: Tell whether a fleet's operator can be reached
version_added: 1.0.0
description:
  - Makes the connector that a roster names, asks it for its health, and tells what it says. That the operator cannot be reached
    is an answer and no failure; a roster, settings or a library that are wrong are one.
  - Works for every kind of connector that the library C(mosaic_connectors) of the Python that runs this module knows.
  - What waits until it is up, and fails unless it is, is M(mosaic.fleet.connector_health).
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
    default: 0
seealso:
  - module: mosaic.fleet.connector_health
  - module: mosaic.fleet.roster_connector
"""

EXAMPLES = r"""
- name: Determine whether the operator can be reached
  mosaic.fleet.connector_info:
    credentials_path: /etc/mosaic/connector.env
  vars:
    ansible_python_interpreter: /opt/mosaic/venv/bin/python
  register: __line

- name: Try an account before it is in any roster
  mosaic.fleet.connector_info:
    connector:
      kind: matrix
      matrix:
        homeserver_url: https://matrix.example.org
        user_id: "@mos:example.org"
        room_id: "#fleet:example.org"
    credentials:
      MATRIX_ACCESS_TOKEN: "{{ vaulted_token }}"
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
obstructed:
  description:
    - Whether no conversation is possible though the line is up, e.g. since the account was put out of its room.
  returned: success
  type: bool
  sample: false
last_seen:
  description: When the connector last heard from the far side, in UTC; null where it did not.
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

from ansible_collections.mosaic.fleet.plugins.module_utils._connector import (
    CONNECTOR_ARGS,
    ONE_CONNECTOR,
    ask_connector,
)
from ansible_collections.mosaic.fleet.plugins.module_utils._module import run_module


def main() -> None:
    run_module(
        ask_connector,
        argument_spec={**CONNECTOR_ARGS, "retries": {"type": "int", "default": 0}},
        mutually_exclusive=ONE_CONNECTOR,
    )


if __name__ == "__main__":
    main()
