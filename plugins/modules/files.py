#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: files
short_description: Make a set of files and directories what they should be
version_added: 1.0.0
description:
  - Looks at every path first, and then makes what differs, in one call for the whole set.
  - All new files are written beside their places and validated before the first of them is put in place, so that a set with one that is refused
    changes none of them.
  - No link is followed in the place of a file. A directory may be a link of root's, and of nobody else's.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
options:
  entries:
    description: The files and directories, in the order in which they are made.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Where it is. What is above it must be there, or be made by an entry before.
        type: path
        required: true
      state:
        description:
          - V(file) is a file with that content.
          - V(present) is a file whose content is left as it is; it is made empty.
          - V(directory) is a directory.
          - V(absent) is no file.
        type: str
        choices: [file, present, directory, absent]
        default: file
      content:
        description: What the file holds. With O(entries[].state=file) either this or O(entries[].secret_content) is required.
        type: str
      secret_content:
        description: The same, never shown in a diff or in a log.
        type: str
      owner:
        description: Name of the user it belongs to.
        type: str
      group:
        description: Name of the group it belongs to.
        type: str
      mode:
        description: Its mode in four octal digits, in quotes, such as V("0644"). Required for all but O(entries[].state=absent).
        type: str
      validate:
        description: A command that refuses a wrong file by its status; C(%s) in it is the new file's path. It is not run in check mode.
        type: str
      mark:
        description:
          - What the first line of a file holds that was written by this task.
          - A file without it is somebody else's. With O(entries[].state=file) the task fails; with O(entries[].state=absent) it is left as it is.
        type: str
      below:
        description:
          - A directory above the file, which stays. Those between it and the file are made with it where they are missing, with its owner and group
            and mode V(0755); one that is there is left as it is.
          - With O(entries[].state=absent) those in which nothing is left are removed with the file. Where there was no file to remove they stay.
        type: path
"""

EXAMPLES = r"""
- name: Write the configuration
  mosaic.fleet.files:
    entries:
      - path: /etc/bridge
        state: directory
        owner: root
        group: root
        mode: "0755"
      - path: /etc/bridge/settings.yaml
        content: "{{ lookup('ansible.builtin.template', 'settings.yaml.j2') }}"
        owner: root
        group: bridge
        mode: "0640"
        validate: /usr/local/bin/bridge validate %s
      - path: /etc/bridge/plugins/former/settings.yaml
        state: absent
        below: /etc/bridge
  notify: Restart the bridge
"""

RETURN = r"""
paths:
  description: The paths that were not as they should be.
  returned: success
  type: list
  elements: str
  sample: [/etc/bridge/settings.yaml]
"""

import re
import shlex
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mosaic.fleet.plugins.module_utils._host_differences import differences
from ansible_collections.mosaic.fleet.plugins.module_utils._host_files import (
    Wanted,
    apply,
    look,
)
from ansible_collections.mosaic.fleet.plugins.module_utils._host_folders import with_folders
from ansible_collections.mosaic.fleet.plugins.module_utils._module import run_module
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.errors import ConfigError

MODE = re.compile(r"0[0-7]{3}")


def wanted(entry: dict) -> Wanted:
    """What an entry asks for, checked."""
    path, state, mode = entry["path"], entry["state"], entry["mode"]
    if not path.startswith("/"):
        raise ConfigError(f"path is expected to be absolute, and {path!r} is not.")
    if state != "absent" and not MODE.fullmatch(mode or ""):
        raise ConfigError(
            f'{path}: mode is expected to be four octal digits in quotes, such as "0644", and is {mode!r}.'
        )
    secret = entry["secret_content"] is not None
    content = entry["secret_content"] if secret else entry["content"]
    if (content is not None) != (state == "file") or (secret and entry["content"] is not None):
        raise ConfigError(
            f"{path}: state file is expected to have one of content and secret_content, and every other state neither."
        )
    return Wanted(
        path=Path(path),
        state=state,
        owner=entry["owner"],
        group=entry["group"],
        mode=mode if state != "absent" else None,
        content=content.encode() if content is not None else None,
        secret=secret,
        validate=entry["validate"],
        mark=entry["mark"],
        below=Path(entry["below"]) if entry["below"] is not None else None,
    )


def body(module: AnsibleModule) -> dict:
    def validate(command: str, path: str) -> str:
        """Run the command on a new file, and return why it refuses it."""
        code, out, err = module.run_command([word.replace("%s", path) for word in shlex.split(command)])
        return (
            ""
            if code == 0
            else (err or out).strip() or f"the command that checks it ended with status {code}"
        )

    steps = with_folders(look(wanted(entry)) for entry in module.params["entries"])
    needed = [step for step in steps if step.needed]
    if not module.check_mode:
        apply(needed, validate)
    return {
        "changed": bool(needed),
        "paths": [str(step.wanted.path) for step in needed],
        "diff": differences(needed),
    }


def main() -> None:
    run_module(
        body,
        argument_spec={
            "entries": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "path": {"type": "path", "required": True},
                    "state": {
                        "type": "str",
                        "choices": ["file", "present", "directory", "absent"],
                        "default": "file",
                    },
                    "content": {"type": "str"},
                    "secret_content": {"type": "str", "no_log": True},
                    "owner": {"type": "str"},
                    "group": {"type": "str"},
                    "mode": {"type": "str"},
                    "validate": {"type": "str"},
                    "mark": {"type": "str"},
                    "below": {"type": "path"},
                },
            }
        },
    )


if __name__ == "__main__":
    main()
