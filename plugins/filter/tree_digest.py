# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `tree_digest`: one value that changes when any of the named files does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: tree_digest
author: the mosaic.fleet authors
version_added: 1.0.0
short_description: Digest of files and directories on the controller
description:
  - Returns one SHA-256 digest over the names and the contents of files below a directory of the controller.
  - Compiled Python files are left out, so that merely using a library does not change its digest.
positional: paths
options:
  _input:
    description: The directory that the paths are relative to.
    type: path
    required: true
  paths:
    description: Files, and directories that are read with all that is below them.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Tell whether the library has changed since it was installed
  ansible.builtin.debug:
    msg: "{{ playbook_dir | mosaic.fleet.tree_digest(['pyproject.toml', 'src']) }}"
"""

RETURN = r"""
_value:
  description: The digest, 64 hexadecimal digits.
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""


def tree_digest(root: str, paths: list[str]) -> str:
    """The SHA-256 of `paths` below `root`, as 64 hexadecimal digits.

    Raises `AnsibleFilterError` when one of the paths does not exist or cannot be read.
    """
    digest = hashlib.sha256()
    base = Path(root).expanduser()
    for path in sorted(paths):
        try:
            for file in _files(base / path):
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                digest.update(f"{file.relative_to(base).as_posix()}\0{content}\n".encode())
        except OSError as error:
            raise AnsibleFilterError(
                f"tree_digest expects files of the controller that can be read, and {base / path} cannot: "
                f"{error.strerror}."
            ) from error
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for child in sorted(path.rglob("*")):
        if child.is_file() and child.suffix != ".pyc":
            yield child


class FilterModule:
    """What Ansible looks for in a filter plugin."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters of this file by name."""
        return {"tree_digest": tree_digest}
