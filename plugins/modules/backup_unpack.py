#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_unpack
short_description: Unpack an encrypted archive beside the places that it belongs to
version_added: 1.0.0
description:
  - Decrypts an archive of M(mosaic.fleet.backup_pack), writes what is in it beside O(paths) with owners and modes, and compares every file
    with the archive's manifest. M(mosaic.fleet.backup_place) then puts it in place.
  - Refuses what would be written elsewhere, and what somebody else has archived.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
attributes:
  check_mode:
    description: In check mode it looks at the host and whether there is anything that would be overwritten, and not at the archive.
  diff_mode:
    support: none
  idempotent:
    support: none
    description: Every run unpacks.
options:
  src:
    description: The archive.
    type: path
    required: true
  identity_path:
    description: The file with the private key of C(age).
    type: path
    required: true
  kind:
    description: What the archive has to be of.
    type: str
    required: true
  name:
    description: Whose data it has to be.
    type: str
    required: true
  paths:
    description: The files and directories that may be restored.
    type: list
    elements: path
    required: true
  dumps:
    description: Where dumps go, a folder for root alone. Without it an archive with dumps is refused.
    type: path
  overwrite:
    description: Whether O(paths) that hold something may be replaced.
    type: bool
    default: false
requirements:
  - age
seealso:
  - module: mosaic.fleet.backup_place
"""

EXAMPLES = r"""
- name: Unpack a homeserver's data
  mosaic.fleet.backup_unpack:
    src: /var/lib/mosaic-backup/restore.age
    identity_path: /run/mosaic-backup/identity
    kind: synapse
    name: example.org
    paths: [/etc/mosaic-synapse, /var/lib/mosaic-synapse]
"""

RETURN = r"""
paths:
  description: The paths that the archive has something for, to be given to M(mosaic.fleet.backup_place).
  returned: success
  type: list
  elements: str
  sample: [/etc/mosaic, /var/lib/mosaic-connector]
dumps:
  description: The dumps that were unpacked, by their whole paths.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/mosaic-backup/unpacked/synapse.dump]
"""

import gzip
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.age import decrypted
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.host import ending_in_order, explained
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.manifest import (
    BackupError,
    check_about,
)
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.places import Place
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.reading import read_archive
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.unpacking import Unpacker, check_room
from ansible_collections.mosaic.fleet.plugins.module_utils._module import run_module


def check_empty(places: list) -> None:
    """Refuse to replace what nobody said may be lost."""
    full = [str(place.path) for place in places if not place.empty]
    if full:
        raise BackupError(
            f"{' and '.join(full)} {'is' if len(full) == 1 else 'are'} expected to be empty and "
            f"{'holds' if len(full) == 1 else 'hold'} data, which a restore would replace. "
            "Set backup_overwrite to true if that data may go."
        )


def unpack(params: dict, places: list) -> list:
    """Unpack the archive; the dumps that were in it. Nothing is left behind when it fails."""
    dumps = Path(params["dumps"]) if params["dumps"] else None

    def accept(about) -> None:
        check_about(about, params["kind"], params["name"])
        check_room(places, about)
        for place in places:
            place.prepare()

    unpacker = Unpacker(places, dumps)
    try:
        with (
            decrypted(Path(params["src"]), Path(params["identity_path"])) as stream,
            gzip.GzipFile(fileobj=stream) as plain,
        ):
            read_archive(plain, unpacker.take, accept)
        unpacker.finish()
    except BaseException:
        for place in places:
            place.discard_new()
        raise
    return unpacker.dumped


def body(module: AnsibleModule) -> dict:
    params = module.params
    places = [Place(Path(path)) for path in params["paths"]]
    with explained(f"The archive {params['src']}"), ending_in_order():
        if not params["overwrite"]:
            check_empty(places)
        if module.check_mode:
            return {"changed": True, "paths": params["paths"], "dumps": []}
        dumps = unpack(params, places)
        return {
            "changed": True,
            "paths": [str(place.path) for place in places if place.waiting],
            "dumps": [str(dump) for dump in dumps],
        }


def main() -> None:
    run_module(
        body,
        argument_spec={
            "src": {"type": "path", "required": True},
            "identity_path": {"type": "path", "required": True},
            "kind": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "paths": {"type": "list", "elements": "path", "required": True},
            "dumps": {"type": "path"},
            "overwrite": {"type": "bool", "default": False},
        },
    )


if __name__ == "__main__":
    main()
