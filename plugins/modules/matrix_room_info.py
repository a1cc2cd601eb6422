#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: matrix_room_info
short_description: Tell what a Matrix room is like, as one account sees it
version_added: 1.0.0
description:
  - Finds a room by its alias or id and tells its name, topic, version, members and power levels, whether it is encrypted and whether it
    is listed. It joins nothing and changes nothing.
  - A homeserver shows the state of a room to who is in it. Of a room that the account is not in, all that is told is its id.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
  - mosaic.fleet.homeserver
options:
  credentials_path:
    description:
      - The file of mode 0600 that holds C(MATRIX_ACCESS_TOKEN) of the account that asks, e.g. as M(mosaic.fleet.matrix_user) writes it.
      - Exactly one of O(credentials_path) and O(access_token) is needed.
    type: path
  access_token:
    description: Access token of the account that asks.
    type: str
  alias:
    description:
      - Alias of the room, e.g. C(#fleet:example.org).
      - With O(room_id) as well, an alias that names another room makes the module fail.
    type: str
  room_id:
    description: Id of the room.
    type: str
seealso:
  - module: mosaic.fleet.matrix_room
"""

EXAMPLES = r"""
- name: Query the room in which the orchestrator and its operator talk
  mosaic.fleet.matrix_room_info:
    homeserver_url: https://matrix.example.org
    credentials_path: /etc/mosaic/connector.env
    alias: "#fleet:example.org"
  register: __room

- name: Check that the operator came in
  ansible.builtin.assert:
    that:
      - __room.joined
      - __room.members["@operator:example.org"] == "join"
"""

RETURN = r"""
room_id:
  description: Id of the room; null where the alias names none.
  returned: success
  type: str
  sample: "!JzGCRmI0xVeBu1WPjGEUzh6nBm5Lb5EsGnJm1O9Yuyk"
alias:
  description: The alias that was given; null where none was.
  returned: success
  type: str
  sample: "#fleet:example.org"
user_id:
  description: The account that asked.
  returned: success
  type: str
  sample: "@mos:example.org"
joined:
  description: Whether the account is in the room.
  returned: success
  type: bool
  sample: true
name:
  description: Name of the room; null where it has none, or the account may not see it.
  returned: success
  type: str
  sample: The fleet
topic:
  description: Topic of the room; null where it has none, or the account may not see it.
  returned: success
  type: str
  sample: Orders and reports
room_version:
  description: Version of the room; null where the account may not see it.
  returned: success
  type: str
  sample: "12"
encrypted:
  description: Whether messages are encrypted end to end; null where the account may not see it.
  returned: success
  type: bool
  sample: false
join_rule:
  description: Who may join, as C(m.room.join_rules) says; null where nothing is said, or the account may not see it.
  returned: success
  type: str
  sample: invite
history_visibility:
  description: What who joins may read of the time before; null where nothing is said, or the account may not see it.
  returned: success
  type: str
  sample: invited
visibility:
  description: Whether the room is listed in the server's directory, V(public) or V(private); null where the account is not in it.
  returned: success
  type: str
  sample: private
members:
  description:
    - Everybody who has to do with the room, by user id, with V(join), V(invite), V(leave), V(ban) or V(knock).
    - Empty where the account may not see it.
  returned: success
  type: dict
  sample:
    "@mos:example.org": join
    "@operator:example.org": invite
power_levels:
  description: The content of C(m.room.power_levels) as it is; empty where there is none, or the account may not see it.
  returned: success
  type: dict
  sample:
    events_default: 0
    users:
      "@operator:example.org": 100
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
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.identifiers import (
    check_room_id,
    split_alias,
)
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.accounts import whoami
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.room_plan import (
    POWER_LEVELS,
    RoomFound,
    RoomWish,
)
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.room_steps import look

SAID = {
    "name": ("m.room.name", "name"),
    "topic": ("m.room.topic", "topic"),
    "join_rule": ("m.room.join_rules", "join_rule"),
    "history_visibility": ("m.room.history_visibility", "history_visibility"),
}
"""What a room says of itself: result -> (event type, key of its content)."""


def told(found: RoomFound, user_id: str) -> dict:
    """What the module returns of a room that there is."""
    state = found.state
    kinds = (state or {}).keys()
    # A room whose creation says nothing is of version 1 (Matrix specification, "m.room.create").
    version = found.content("m.room.create").text("room_version") or "1"
    return {
        "room_id": found.room_id,
        "joined": found.membership(user_id) == "join",
        **{result: found.content(kind).text(key) or None for result, (kind, key) in SAID.items()},
        "room_version": None if state is None else version,
        "encrypted": None if state is None else bool(found.content("m.room.encryption")),
        "visibility": found.visibility,
        "members": {key: found.membership(key) for kind, key in kinds if kind == "m.room.member"},
        "power_levels": dict(found.content(POWER_LEVELS).plain),
    }


async def body(module: AnsibleModule) -> dict:
    alias, room_id = module.params["alias"], module.params["room_id"]
    if alias is not None:
        split_alias(alias)
    if room_id is not None:
        check_room_id(room_id)
    token = secret_option(module, "access_token") or stored_token(module)
    async with homeserver(module, token) as http:
        user_id = (await whoami(http))[0]
        check_secrets_stay_apart(module, alias, room_id, user_id)
        # Any visibility: the directory is asked only where one is wished for.
        found = await look(http, RoomWish(alias=alias, room_id=room_id, visibility="private"), user_id)
    nothing = {"room_id": None, "joined": False, "room_version": None, "encrypted": None, "visibility": None}
    there = {**nothing, **dict.fromkeys(SAID), "members": {}, "power_levels": {}}
    if found is not None:
        there = told(found, user_id)
    return {"changed": False, "alias": alias, "user_id": user_id, **there}


def main() -> None:
    run_module(
        body,
        argument_spec={
            **HOMESERVER_ARGS,
            "credentials_path": {"type": "path"},
            "access_token": {"type": "str", "no_log": True},
            "alias": {"type": "str"},
            "room_id": {"type": "str"},
        },
        required_one_of=[("alias", "room_id"), ("credentials_path", "access_token")],
        mutually_exclusive=[("credentials_path", "access_token")],
    )


if __name__ == "__main__":
    main()
