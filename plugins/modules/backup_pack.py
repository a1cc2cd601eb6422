#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_pack
short_description: Pack a host's data into an encrypted archive, and prove it right while it is written
version_added: 1.0.0
description:
  - Packs paths of the host into one file that is encrypted for the owners of public keys of C(age). Nothing is written in plain
    text but copies of databases, one at a time, below the folder of O(dest), for root alone and for as long as it takes.
  - SQLite databases are copied as they are at one moment, while they are in use, and the copies are checked by SQLite.
  - What goes into the encryption is read back at the same time, as a restore will read it, and compared with the manifest of
    digests that ends the archive.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
attributes:
  diff_mode:
    support: none
  idempotent:
    support: none
    description: Every run makes an archive.
options:
  dest:
    description: The file to write. Its folder must exist; there is no such file when the module fails.
    type: path
    required: true
  recipients:
    description: The public keys of C(age), or of ssh, whose owners can open the archive.
    type: list
    elements: str
    required: true
  kind:
    description: What the data is of. An archive is restored as the same kind alone.
    type: str
    required: true
  name:
    description: Whose data it is, e.g. the server name of a homeserver. An archive is restored under the same name alone.
    type: str
    required: true
  host:
    description: The host's name, for the reader.
    type: str
    required: true
  version:
    description: The version of the software that wrote the data.
    type: str
    default: ""
  parts:
    description: The paths to pack, each with all that is below it, in this order.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: A file or a directory.
        type: path
        required: true
      databases:
        description: Patterns of SQLite databases, relative to the path.
        type: list
        elements: str
        default: []
      databases_last:
        description: Whether these are copied after the other files of this path, rather than before.
        type: bool
        default: false
      exclude:
        description: Patterns of what is left out, relative to the path.
        type: list
        elements: str
        default: []
      optional:
        description: Whether the path may be missing.
        type: bool
        default: false
  dumps:
    description: Programs whose output is packed as well, e.g. a dump of a database.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of the file in the archive.
        type: str
        required: true
      argv:
        description: The program and its arguments.
        type: list
        elements: str
        required: true
  dump_timeout:
    description: Seconds after which such a program is given up.
    type: int
    default: 3600
  stop_unit:
    description:
      - A unit of systemd that has to be stopped for the copy. It is started again in any case, also when Ansible has gone away.
      - One that did not run before is left alone.
    type: str
requirements:
  - age
seealso:
  - module: mosaic.fleet.backup_info
  - module: mosaic.fleet.backup_unpack
"""

EXAMPLES = r"""
- name: Pack a homeserver's data
  mosaic.fleet.backup_pack:
    dest: /var/lib/mosaic-backup/synapse.age
    recipients: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]
    kind: synapse
    name: example.org
    host: "{{ inventory_hostname }}"
    parts:
      - path: /etc/mosaic-synapse
      - path: /var/lib/mosaic-synapse
        databases: [homeserver.db]
"""

RETURN = r"""
path:
  description: The archive.
  returned: success
  type: str
  sample: /var/lib/mosaic-backup/synapse.age
size:
  description: The size of the archive in bytes.
  returned: when not in check mode
  type: int
  sample: 48213
sha256:
  description: The digest of the archive, which is encrypted.
  returned: when not in check mode
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
files:
  description: How many files were packed.
  returned: when not in check mode
  type: int
  sample: 21
stopped_seconds:
  description: For how long O(stop_unit) was stopped.
  returned: when it was
  type: float
  sample: 0.8
"""

import tempfile
from datetime import datetime, timezone
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.age import encrypted
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.host import (
    check_free,
    digest_of,
    ending_in_order,
    explained,
    stopped,
)
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.manifest import About
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.parts import Part, items, size_of
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.writing import Dump, write_archive
from ansible_collections.mosaic.fleet.plugins.module_utils._module import run_module

PART = {
    "path": {"type": "path", "required": True},
    "databases": {"type": "list", "elements": "str", "default": []},
    "databases_last": {"type": "bool", "default": False},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "optional": {"type": "bool", "default": False},
}
DUMP = {
    "name": {"type": "str", "required": True},
    "argv": {"type": "list", "elements": "str", "required": True},
}


def parts(params: dict) -> list:
    """The parts as the library has them."""
    return [
        Part(
            Path(part["path"]),
            tuple(part["databases"]),
            part["databases_last"],
            tuple(part["exclude"]),
            part["optional"],
        )
        for part in params["parts"]
    ]


def pack(params: dict, found: dict) -> dict:
    """Write the archive; what to return about it."""
    dest = Path(params["dest"])
    dumps = [Dump(dump["name"], tuple(dump["argv"]), params["dump_timeout"]) for dump in params["dumps"]]
    about = About(
        kind=params["kind"],
        name=params["name"],
        host=params["host"],
        version=params["version"],
        made_at=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        sizes={str(part.path): size_of(inside) for part, inside in found.items()},
    )
    with stopped(params["stop_unit"]) as stop, tempfile.TemporaryDirectory(dir=dest.parent) as spool:
        Path(spool).chmod(0o711)  # for the owners of databases, who make the copies of them
        if stop.unit:
            found = {part: items(part) for part in found}  # a unit that ends may have tidied up
        everything = [item for inside in found.values() for item in inside]
        with encrypted(dest, params["recipients"]) as sink:
            entries = write_archive(sink, about, everything, dumps, Path(spool))
    result = {"files": sum(entry.kind == "file" for entry in entries.values())}
    if stop.unit:
        result["stopped_seconds"] = stop.seconds
    return result


def body(module: AnsibleModule) -> dict:
    params = module.params
    dest = Path(params["dest"])
    with explained("The backup"), ending_in_order():
        found = {part: items(part) for part in parts(params)}
        databases = [item for inside in found.values() for item in inside if item.database]
        # At worst nothing can be compressed.
        check_free(dest.parent, sum(map(size_of, found.values())) + size_of(databases))
        if module.check_mode:
            return {"changed": True, "path": str(dest)}
        dest.parent.stat()  # before anything is stopped for it
        result = pack(params, found)
        return {
            "changed": True,
            "path": str(dest),
            "size": dest.stat().st_size,
            "sha256": digest_of(dest),
            **result,
        }


def main() -> None:
    run_module(
        body,
        argument_spec={
            "dest": {"type": "path", "required": True},
            "recipients": {"type": "list", "elements": "str", "required": True},
            "kind": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "host": {"type": "str", "required": True},
            "version": {"type": "str", "default": ""},
            "parts": {"type": "list", "elements": "dict", "required": True, "options": PART},
            "dumps": {"type": "list", "elements": "dict", "default": [], "options": DUMP},
            "dump_timeout": {"type": "int", "default": 3600},
            "stop_unit": {"type": "str"},
        },
    )


if __name__ == "__main__":
    main()
