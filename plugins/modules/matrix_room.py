#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: matrix_room
short_description: Create, join and keep a Matrix room as it should be
version_added: 1.0.0
description:
  - Finds a room by its alias or id, creates it where the alias names none, joins it where the account is not in it, and
    corrects whatever is given and differs. What is not given is left alone.
  - Room ids are opaque. Those of room version 12 have no server name in them.
  - A room that is found but not joined shows its state only after the join, so check mode predicts the join and no
    more.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
  - mosaic.fleet.homeserver
options:
  credentials_path:
    description:
      - The file of mode 0600 that holds C(MATRIX_ACCESS_TOKEN) of the account that acts, e.g. as
        M(mosaic.fleet.matrix_user) writes it.
      - Exactly one of O(credentials_path) and O(access_token) is needed.
    type: path
  access_token:
    description: Access token of the account that acts.
    type: str
  alias:
    description:
      - Alias of the room, e.g. C(#fleet:example.org). It is needed to create a room.
      - An alias of another server can be joined, not made.
      - With O(room_id) as well, the alias is made to name that room. An alias that names another room is not moved.
    type: str
  room_id:
    description: Id of a room that exists.
    type: str
  state:
    description:
      - Whether the room should be there and the account in it.
      - With V(absent) the account removes O(alias) if it is its own server's, and leaves. A room cannot be deleted by
        its members, and others in it stay.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Name of the room. An empty one removes it.
    type: str
  topic:
    description: Topic of the room. An empty one removes it.
    type: str
  preset:
    description:
      - Who may join and who sees what, to start with. Matters when the room is created and never again.
    type: str
    choices: [private_chat, public_chat, trusted_private_chat]
    default: private_chat
  visibility:
    description: Whether the room is listed in the server's public directory. A new room is V(private) unless told.
    type: str
    choices: [private, public]
  room_version:
    description: Version of the room. Matters when it is created and never again. The default is the homeserver's.
    type: str
  encrypted:
    description:
      - Whether messages are encrypted end to end. This can be turned on, and never off again.
      - The Matrix connector of this collection does not read encrypted rooms.
    type: bool
  invite:
    description:
      - User ids that should be in the room. Who is neither in it nor invited is invited. Who is banned makes the module
        fail.
    type: list
    elements: str
    default: []
  power_levels:
    description:
      - Power levels that should differ from what the room has. Everything not named here stays as it is, the levels of
        other users included.
      - The keys are those of C(m.room.power_levels), that is C(ban), C(events), C(events_default), C(invite), C(kick),
        C(notifications), C(redact), C(state_default), C(users) and C(users_default).
      - Ansible does not fill in keys. Where the user id is a variable, write the mapping as one expression, as in the
        example.
      - In rooms of version 12 creators have all power and no level, so levels given for them are left out.
    type: dict
  history_visibility:
    description: What who joins may read of the time before.
    type: str
    choices: [invited, joined, shared, world_readable]
seealso:
  - module: mosaic.fleet.matrix_user
"""

EXAMPLES = r"""
- name: The room in which the orchestrator and its operator talk
  mosaic.fleet.matrix_room:
    homeserver_url: https://matrix.example.org
    credentials_path: /etc/mosaic/connector.env
    alias: "#fleet:example.org"
    name: The fleet
    topic: Orders and reports
    invite:
      - "{{ operator_id }}"
    power_levels:
      events_default: 0
      users: "{{ {operator_id: 100} }}"
    history_visibility: invited
  vars:
    operator_id: "@operator:example.org"
  register: __room

- name: Leave it and free its alias
  mosaic.fleet.matrix_room:
    homeserver_url: https://matrix.example.org
    credentials_path: /etc/mosaic/connector.env
    alias: "#fleet:example.org"
    state: absent
"""

RETURN = r"""
room_id:
  description: Id of the room; null in check mode where it would be created, and with O(state=absent) where there is none.
  returned: success
  type: str
  sample: "!JzGCRmI0xVeBu1WPjGEUzh6nBm5Lb5EsGnJm1O9Yuyk"
alias:
  description: The alias that was given; null where none was.
  returned: success
  type: str
  sample: "#fleet:example.org"
created:
  description: Whether this run created the room, or in check mode would.
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
    stored_token,
)
from ansible_collections.mosaic.fleet.plugins.module_utils._module import Change, run_module
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.identifiers import (
    check_room_id,
    split_alias,
    split_user_id,
)
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.accounts import whoami
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.power_levels import (
    check_power_levels,
)
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.room_plan import (
    RoomWish,
)
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.room_steps import (
    converge,
    look,
    plan,
)
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.provision.rooms import (
    leave_room,
    remove_alias,
)
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.matrix.rooms import (
    joined_rooms,
    resolve_alias,
)


def wish_of(params: dict) -> RoomWish:
    """The options as a wish, checked."""
    if params["alias"] is not None:
        split_alias(params["alias"])
    if params["room_id"] is not None:
        check_room_id(params["room_id"])
    for user_id in params["invite"]:
        split_user_id(user_id)
    levels = params["power_levels"]
    return RoomWish(
        **{key: params[key] for key in ("alias", "room_id", "name", "topic", "preset", "visibility")},
        **{key: params[key] for key in ("room_version", "encrypted", "history_visibility")},
        invite=tuple(dict.fromkeys(params["invite"])),
        power_levels=None if levels is None else check_power_levels(levels),
    )


async def present(module: AnsibleModule, http, user_id: str, wish: RoomWish) -> dict:
    found = await look(http, wish, user_id)
    created = found is None
    step = plan(found, wish, user_id)
    change = Change(step.before, step.after, wish.alias or wish.room_id)
    if change.needed and not module.check_mode:
        found = await converge(http, wish, user_id, found)
    return {**change.result(), "room_id": found.room_id if found else None, "created": created}


async def absent(module: AnsibleModule, http, user_id: str, wish: RoomWish) -> dict:
    named = await resolve_alias(http, wish.alias) if wish.alias else None
    room_id = wish.room_id or named
    joined = room_id is not None and room_id in await joined_rooms(http)
    ours = named == room_id and named is not None and split_alias(wish.alias)[1] == split_user_id(user_id)[1]
    before = {"joined": joined, "alias": wish.alias if ours else None}
    change = Change(before, {"joined": False, "alias": None}, wish.alias or wish.room_id)
    if not module.check_mode:
        if ours:
            await remove_alias(http, wish.alias)  # before leaving, which takes the right to do it away
        if joined:
            await leave_room(http, room_id)
    return {**change.result(), "room_id": room_id, "created": False}


async def body(module: AnsibleModule) -> dict:
    params = module.params
    wish = wish_of(params)
    token = secret_option(module, "access_token") or stored_token(module)
    async with homeserver(module, token) as http:
        user_id = (await whoami(http))[0]
        check_secrets_stay_apart(module, params["alias"], params["room_id"], user_id)
        result = await (present if params["state"] == "present" else absent)(module, http, user_id, wish)
    return {**result, "alias": params["alias"]}


def main() -> None:
    run_module(
        body,
        argument_spec={
            **HOMESERVER_ARGS,
            "credentials_path": {"type": "path"},
            "access_token": {"type": "str", "no_log": True},
            "alias": {"type": "str"},
            "room_id": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str"},
            "topic": {"type": "str"},
            "preset": {
                "type": "str",
                "choices": ["private_chat", "public_chat", "trusted_private_chat"],
                "default": "private_chat",
            },
            "visibility": {"type": "str", "choices": ["private", "public"]},
            "room_version": {"type": "str"},
            "encrypted": {"type": "bool"},
            "invite": {"type": "list", "elements": "str", "default": []},
            "power_levels": {"type": "dict"},
            "history_visibility": {
                "type": "str",
                "choices": ["invited", "joined", "shared", "world_readable"],
            },
        },
        required_one_of=[("alias", "room_id"), ("credentials_path", "access_token")],
        mutually_exclusive=[("credentials_path", "access_token")],
    )


if __name__ == "__main__":
    main()
