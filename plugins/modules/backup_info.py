#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_info
short_description: Open an encrypted archive, read it whole, and tell what it is about
version_added: 1.0.0
description:
  - Decrypts an archive of M(mosaic.fleet.backup_pack) into memory, compares every file in it with its manifest, and fails for one that
    is damaged, cut short, or somebody else's.
  - Writes nothing. Run it where the private key is, on the controller.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
attributes:
  diff_mode:
    support: none
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
  name:
    description: Whose data it has to be.
    type: str
requirements:
  - age
seealso:
  - module: mosaic.fleet.backup_pack
"""

EXAMPLES = r"""
- name: Prove that an archive can be restored
  mosaic.fleet.backup_info:
    src: ~/mosaic-backups/matrix-synapse-20261125T020000Z.age
    identity_path: ~/mosaic-backups.key
    kind: synapse
    name: example.org
  delegate_to: localhost
"""

RETURN = r"""
kind:
  description: What the data is of.
  returned: success
  type: str
  sample: synapse
name:
  description: Whose data it is.
  returned: success
  type: str
  sample: example.org
host:
  description: The host that the data was on.
  returned: success
  type: str
  sample: matrix
version:
  description: The version of the software that wrote it.
  returned: success
  type: str
  sample: 1.163.2
made_at:
  description: When the archive was begun, in UTC.
  returned: success
  type: str
  sample: "2026-11-25T02:00:00Z"
files:
  description: How many files are in it.
  returned: success
  type: int
  sample: 21
size:
  description: How many bytes these files have.
  returned: success
  type: int
  sample: 2097152
"""

import gzip
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.age import decrypted
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.host import explained
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.manifest import check_about
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.reading import read_archive
from ansible_collections.mosaic.fleet.plugins.module_utils._module import run_module


def body(module: AnsibleModule) -> dict:
    params = module.params
    with (
        explained(f"The archive {params['src']}"),
        decrypted(Path(params["src"]), Path(params["identity_path"])) as stream,
        gzip.GzipFile(fileobj=stream) as plain,
    ):
        archive = read_archive(plain, accept=lambda about: check_about(about, params["kind"], params["name"]))
    about = archive.about
    return {
        "changed": False,
        "kind": about.kind,
        "name": about.name,
        "host": about.host,
        "version": about.version,
        "made_at": about.made_at,
        "files": archive.files,
        "size": archive.size,
    }


def main() -> None:
    run_module(
        body,
        argument_spec={
            "src": {"type": "path", "required": True},
            "identity_path": {"type": "path", "required": True},
            "kind": {"type": "str"},
            "name": {"type": "str"},
        },
    )


if __name__ == "__main__":
    main()
