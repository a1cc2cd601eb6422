#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_place
short_description: Put what was unpacked in its place, put the old back, or let the old go
version_added: 1.0.0
description:
  - Second half of a restore. What M(mosaic.fleet.backup_unpack) wrote takes the place of what is there, which is set aside until the restored
    service has been seen working.
  - The service must be stopped.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
attributes:
  diff_mode:
    support: none
options:
  paths:
    description: The files and directories, as M(mosaic.fleet.backup_unpack) returns them.
    type: list
    elements: path
    required: true
  state:
    description:
      - V(placed) has what was unpacked in its place, and sets aside what was there.
      - V(undone) has what was set aside in its place again, and removes what was unpacked.
      - V(kept) removes what was set aside.
    type: str
    choices: [placed, undone, kept]
    required: true
seealso:
  - module: mosaic.fleet.backup_unpack
"""

EXAMPLES = r"""
- name: Put it in place
  mosaic.fleet.backup_place:
    paths: [/etc/mosaic-synapse, /var/lib/mosaic-synapse]
    state: placed
"""

RETURN = r"""
paths:
  description: The files and directories that were not in that state yet.
  returned: success
  type: list
  elements: str
  sample: [/etc/mosaic-synapse]
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.host import explained
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.places import Place
from ansible_collections.mosaic.fleet.plugins.module_utils._module import run_module


def needed(place, state: str) -> bool:
    """Whether this place is not in that state yet."""
    return {"placed": place.waiting, "undone": place.aside or place.waiting, "kept": place.aside}[state]


def apply(place, state: str) -> None:
    """Bring this place into that state."""
    {"placed": place.put, "undone": place.put_back, "kept": place.keep}[state]()


def body(module: AnsibleModule) -> dict:
    state = module.params["state"]
    places = [Place(Path(path)) for path in module.params["paths"]]
    with explained("The restore"):
        changing = [place for place in places if needed(place, state)]
        if not module.check_mode:
            for place in changing:
                apply(place, state)
    return {"changed": bool(changing), "paths": [str(place.path) for place in changing]}


def main() -> None:
    run_module(
        body,
        argument_spec={
            "paths": {"type": "list", "elements": "path", "required": True},
            "state": {"type": "str", "choices": ["placed", "undone", "kept"], "required": True},
        },
    )


if __name__ == "__main__":
    main()
