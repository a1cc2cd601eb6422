# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `batches`: hosts in the order in which a play comes to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: batches
author: the mosaic.fleet authors
version_added: 1.0.0
short_description: Hosts in batches, as C(serial) of a play makes them
description:
  - Ansible ends a playbook when all hosts of a batch of C(serial) are lost, whatever a later play has to clean up. A loop over these
    batches in one play does not.
positional: batch
options:
  _input:
    description: The hosts.
    type: list
    elements: str
    required: true
  batch:
    description:
      - How many hosts a batch has, as a number or in percent of all, one host at least.
      - A list, or a text with commas, says it of the first batches one by one; the last one goes for the rest.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show one host alone, and then the others in halves
  ansible.builtin.debug:
    msg: "{{ ['a', 'b', 'c', 'd', 'e'] | mosaic.fleet.batches('1,50%') }}"
"""

RETURN = r"""
_value:
  description: The batches, none of them empty.
  type: list
  elements: list
  sample: [[a], [b, c], [d, e]]
"""


def batches(hosts: Sequence[str], batch: Any) -> list[list[str]]:
    """`hosts` in batches of the sizes that `batch` names; raises `AnsibleFilterError` for one that is no size."""
    named = batch if isinstance(batch, (list, tuple)) else str(batch).split(",")
    sizes = [_size(one, len(hosts)) for one in named]
    if not sizes:
        raise _refusal(batch)
    rest, made = list(hosts), []
    while rest:
        size = sizes[min(len(made), len(sizes) - 1)]
        made.append(rest[:size])
        rest = rest[size:]
    return made


def _size(one: Any, number: int) -> int:
    found = re.fullmatch(r"([0-9]{1,9})(%?)", str(one).strip(), re.ASCII)
    size = int(found[1]) if found else 0
    if found is None or size == 0 or (found[2] and size > 100):
        raise _refusal(one)
    return max(1, number * size // 100) if found[2] else size


def _refusal(what: Any) -> AnsibleFilterError:
    return AnsibleFilterError(
        f"The size of a batch must be a number from 1 or a percentage up to 100%, or several of them, but is {what!r}."
    )


class FilterModule:
    """What Ansible looks for in a filter plugin."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters of this file by name."""
        return {"batches": batches}
