#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: roster_connector
short_description: Set or remove the connector block of a fleet's roster
version_added: 1.0.0
description:
  - Sets or removes the C(connector) block of a roster in YAML or JSON, which says over which chat
    channel the orchestrator and its operator talk.
  - Only that block is written. Every other byte of the file, comments, order, quoting and line ends
    included, stays as it is; where that is impossible the module fails and changes nothing.
  - A roster without the block means V(tmux).
  - Secrets never go into the roster. A roster that holds something that looks like a token is refused.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - ansible.builtin.files
  - mosaic.fleet.attributes
options:
  path:
    description: The roster. A name that ends in C(.json) is read as JSON, any other as YAML.
    type: path
    required: true
  state:
    description: Whether the block should be there.
    type: str
    choices: [present, absent]
    default: present
  kind:
    description:
      - The kind of connector, such as V(tmux), V(discord) or V(matrix), or one that a distribution of somebody else brings.
      - The kinds are those of the library C(mosaic_connectors) of the Python that runs this module.
      - Required when O(state=present).
    type: str
  matrix:
    description:
      - Where the Matrix connector talks.
      - Required when O(kind=matrix), unless O(settings) has it. The block is written as a whole, so one that is not given is removed.
    type: dict
    suboptions:
      homeserver_url:
        description: Base URL of the homeserver.
        type: str
        required: true
      user_id:
        description: Full Matrix user id of the orchestrator.
        type: str
        required: true
      room_id:
        description: Id or alias of the room the orchestrator converses in. Ids of room version 12 have no domain.
        type: str
        required: true
  discord:
    description:
      - Where the Discord connector talks.
      - Required when O(kind=discord), unless O(settings) has it. The block is written as a whole, so one that is not given is removed.
    type: dict
    suboptions:
      channel_id:
        description: Id of the channel the orchestrator converses in.
        type: str
        required: true
  settings:
    description:
      - The block of O(kind), whichever it is. Its keys are those of the kind's description.
      - Leave it out for a kind that needs no block.
    type: dict
  create:
    description:
      - Whether to create a roster, of this one block, where there is none.
      - Everybody may read it, unless O(mode) says otherwise. It holds no secret, and the bridge that reads it is not root.
    type: bool
    default: false
  backup:
    description: Whether to keep a copy of the roster with a timestamp in its name before changing it.
    type: bool
    default: false
requirements:
  - mosaic-connectors (Python library), which the role C(mosaic.fleet.runtime) installs
"""

EXAMPLES = r"""
- name: Let the orchestrator talk over Matrix
  mosaic.fleet.roster_connector:
    path: /etc/mosaic/roster.yaml
    kind: matrix
    matrix:
      homeserver_url: https://matrix.example.org
      user_id: "@mos:example.org"
      room_id: "#fleet:example.org"
    backup: true

- name: Let it talk over the kind of a distribution that runtime_extra_packages installed
  mosaic.fleet.roster_connector:
    path: /etc/mosaic/roster.yaml
    kind: dropbox
    settings:
      directory: /srv/dropbox
  vars:
    ansible_python_interpreter: /opt/mosaic/venv/bin/python

- name: Go back to the default channel, tmux
  mosaic.fleet.roster_connector:
    path: /etc/mosaic/roster.yaml
    state: absent
"""

RETURN = r"""
kind:
  description: The kind the roster resolves to now; V(tmux) where it has no block.
  returned: success
  type: str
  sample: matrix
connector:
  description: The block as it stands in the roster now; null where there is none.
  returned: success
  type: dict
  sample:
    kind: matrix
    matrix:
      homeserver_url: https://matrix.example.org
      user_id: "@mos:example.org"
      room_id: "#fleet:example.org"
backup_file:
  description: The copy that was made.
  returned: when O(backup=true) and the roster was changed
  type: str
  sample: /etc/mosaic/roster.yaml.4242.2026-11-22@10:00:00~
"""

import os
import tempfile
from contextlib import ExitStack

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mosaic.fleet.plugins.module_utils._library import LIBRARY
from ansible_collections.mosaic.fleet.plugins.module_utils._module import Change, run_module
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.claim import claimed
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.errors import (
    ConfigError,
    RosterError,
    StateError,
)

OWN_OPTIONS = ("matrix", "discord")
"""The kinds whose blocks are options of this module: those of the design document."""

NEW_MODE = "0644"
"""Of a roster that is made here: the umask of a hardened host would keep the bridge from reading it."""


def wanted_block(params: dict) -> dict | None:
    """The block that should stand in the roster, checked; None for no block."""
    if params["state"] == "absent":
        return None
    kind = params["kind"]
    if params["settings"] and kind in OWN_OPTIONS and params[kind]:
        raise ConfigError(
            f"The block of {kind} is given twice, by {kind} and by settings. Leave one of them out."
        )
    block = {"kind": kind, **{name: params[name] for name in OWN_OPTIONS if params[name]}}
    if params["settings"]:
        block[kind] = params["settings"]
    config = LIBRARY.config.parse_connector(block)
    LIBRARY.config.require_complete(config)
    return LIBRARY.config.connector_block(config)


def look(params: dict) -> str | None:
    """The roster's text, or None where there is no file and that is no error."""
    may_be_missing = params["create"] or params["state"] == "absent"
    if may_be_missing and not os.path.lexists(params["path"]):
        _require_folder(params)
        return None
    return LIBRARY.roster.read_roster(params["path"])


def _require_folder(params: dict) -> None:
    folder = os.path.dirname(os.path.abspath(params["path"]))
    if params["state"] == "present" and not os.path.isdir(folder):
        raise RosterError(f"{params['path']}: the folder {folder} is expected and missing. Make it first.")


def apply(module: AnsibleModule, text: str) -> None:
    """Put `text` in the roster's place in one step; its owner, mode and links stay."""
    path = os.path.realpath(module.params["path"])
    try:
        descriptor, temporary = tempfile.mkstemp(dir=module.tmpdir)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text.encode("utf-8"))
    except OSError as error:
        raise StateError(
            f"{path}: the new roster cannot be prepared: {error.strerror}. Nothing was changed."
        ) from error
    module.atomic_move(temporary, path, unsafe_writes=module.params["unsafe_writes"])


def body(module: AnsibleModule) -> dict:
    params = module.params
    for name in (*OWN_OPTIONS, "settings"):
        # Ansible prints what a task was given: a token there by mistake is masked before it fails.
        values = [value for value in (params[name] or {}).values() if isinstance(value, str)]
        module.no_log_values.update(filter(LIBRARY.secrets.looks_like_secret, values))
    block = wanted_block(params)
    with ExitStack() as held:
        text, wanted = settle(params, block)
        if text != wanted and not module.check_mode:
            # Another run or a wizard may be at it: what is replaced is read again, once nobody else can write.
            held.enter_context(claimed(params["path"]))
            text, wanted = settle(params, block)
        return write(module, block, text, wanted)


def settle(params: dict, block: dict | None) -> tuple[str | None, str | None]:
    """The roster's text as it is, and as it should be."""
    text = look(params)
    return text, LIBRARY.roster.settle_connector(text, block, params["path"])


def write(module: AnsibleModule, block: dict | None, text: str | None, wanted: str | None) -> dict:
    """Put what differs in place, outside check mode, and say what that was."""
    params = module.params
    change = Change(before=text or "", after=wanted or "", header=params["path"])
    result = {
        **change.result(),
        "kind": block["kind"] if block else LIBRARY.registry.DEFAULT_CONNECTOR_KIND,
        "connector": block,
    }
    if text is None and params["mode"] is None:
        params["mode"] = NEW_MODE
    if change.needed and wanted is not None and not module.check_mode:
        if params["backup"] and text is not None:
            result["backup_file"] = module.backup_local(params["path"])
        apply(module, wanted)
    if os.path.exists(params["path"]):
        arguments = module.load_file_common_arguments(params)
        result["changed"] = module.set_fs_attributes_if_different(arguments, result["changed"])
    return result


def main() -> None:
    run_module(
        body,
        argument_spec={
            "path": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "kind": {"type": "str"},
            "matrix": {
                "type": "dict",
                "options": {
                    "homeserver_url": {"type": "str", "required": True},
                    "user_id": {"type": "str", "required": True},
                    "room_id": {"type": "str", "required": True},
                },
            },
            "discord": {"type": "dict", "options": {"channel_id": {"type": "str", "required": True}}},
            "settings": {"type": "dict"},
            "create": {"type": "bool", "default": False},
            "backup": {"type": "bool", "default": False},
        },
        required_if=[("state", "present", ("kind",))],
        add_file_common_args=True,
    )


if __name__ == "__main__":
    main()
