# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `health_units`: what systemd says of a host's units, as findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

DOCUMENTATION = r"""
name: health_units
author: the mosaic.fleet authors
version_added: 1.0.0
short_description: Findings about the units of a host
description:
  - Reads what C(systemctl show) prints of C(Id), C(ActiveState) and C(UnitFileState), and returns a finding for each unit
    that is expected, enabled or failed, for the filter P(mosaic.fleet.health_report#filter).
positional: host, expected
options:
  _input:
    description: What C(systemctl show) printed, one unit after the other.
    type: str
    required: true
  host:
    description: The name of the host.
    type: str
    required: true
  expected:
    description: The units that have to be there and active.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Tell whether the bridge is up
  ansible.builtin.debug:
    msg: "{{ __shown.stdout | mosaic.fleet.health_units(inventory_hostname, ['mosaic-connector.service']) }}"
"""

RETURN = r"""
_value:
  description: The findings.
  type: list
  elements: dict
  sample:
    - {id: unit, host: agent-1, part: mosaic-connector, well: false, says: it is not there, do: Run mosaic.fleet.provision.}
"""


def health_units(shown: str, host: str, expected: Iterable[str]) -> list[dict[str, Any]]:
    """One finding for each unit that ought to be active, or has failed."""
    units = {unit["Id"]: unit for unit in map(_properties, shown.split("\n\n")) if "Id" in unit}
    wanted = set(expected) | {name for name, unit in units.items() if unit.get("UnitFileState") == "enabled"}
    failed = {name for name, unit in units.items() if unit.get("ActiveState") == "failed"}
    return [_finding(name, units.get(name), host) for name in sorted(wanted | failed)]


def _properties(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def _finding(name: str, unit: dict[str, str] | None, host: str) -> dict[str, Any]:
    finding = {"id": "unit", "host": host, "part": name.removesuffix(".service")}
    if unit is None or not unit.get("UnitFileState"):
        return {**finding, "well": False, "says": "it is not there", "do": "Run mosaic.fleet.provision."}
    state = unit.get("ActiveState", "unknown")
    advice = f"Look why: systemctl status {name}; systemctl start {name}."
    return {**finding, "well": state == "active", "says": state, "do": advice}


class FilterModule:
    """What Ansible looks for in a filter plugin."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters of this file by name."""
        return {"health_units": health_units}
