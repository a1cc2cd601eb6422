# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `operators_of`: whom of a list a kind of connector can hear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.connectors.errors import ConnectorError
from ..module_utils.connectors.registry import describe

DOCUMENTATION = r"""
name: operators_of
author: the mosaic.fleet authors
version_added: 1.0.0
short_description: Those operators whose ids are of a kind of connector
description:
  - A list of operators may hold ids of several kinds side by side. This picks those that look as the description of one kind says.
positional: kind
options:
  _input:
    description: The ids of the operators.
    type: list
    elements: str
    required: true
  kind:
    description: The kind, one that comes with the collection.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show who is heard on the channel of today
  ansible.builtin.debug:
    msg: "{{ orchestrator_operators | mosaic.fleet.operators_of(orchestrator_connector) }}"
"""

RETURN = r"""
_value:
  description: The ids of that kind, in their order. None for a kind that lists nobody.
  type: list
  elements: str
  sample: ["@alice:example.org"]
"""


def operators_of(operators: Sequence[str], kind: str) -> list[str]:
    """Those of `operators` whose ids are of `kind`; raises `AnsibleFilterError` for a kind that nobody knows."""
    try:
        expected = describe(kind).operators
    except ConnectorError as error:
        raise AnsibleFilterError(f"operators_of: {error}") from error
    return [one for one in operators if expected and expected.shape.fits(one)]


class FilterModule:
    """What Ansible looks for in a filter plugin."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters of this file by name."""
        return {"operators_of": operators_of}
