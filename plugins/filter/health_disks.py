# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `health_disks`: what is free on a host's disks, as findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DOCUMENTATION = r"""
name: health_disks
author: the mosaic.fleet authors
version_added: 1.0.0
short_description: Findings about the free room of a host's disks
description:
  - Reads what C(df --portability --block-size=1) prints, and returns a finding for each disk, for the filter
    P(mosaic.fleet.health_report#filter).
  - Less than the alarm is a warning, and less than a fifth of it an error.
positional: host, alarm
options:
  _input:
    description: What C(df) printed.
    type: str
    required: true
  host:
    description: The name of the host.
    type: str
    required: true
  alarm:
    description: From how many percent on the free room is enough.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Show the disks with less than a tenth free
  ansible.builtin.debug:
    msg: "{{ __shown.stdout | mosaic.fleet.health_disks(inventory_hostname, 10) | rejectattr('well') }}"
"""

RETURN = r"""
_value:
  description: The findings.
  type: list
  elements: dict
  sample:
    - {id: disk, host: agent-1, part: disk /, well: true, severity: warning, says: "61 percent are free, 24.4 GiB"}
"""


def health_disks(shown: str, host: str, alarm: int) -> list[dict[str, Any]]:
    """One finding for each disk, by where it is mounted first."""
    disks: dict[str, list[str]] = {}
    for line in shown.splitlines():
        # Name, size, used and free bytes, percentage, place: the place may hold blanks.
        fields = line.split(None, 5)
        if len(fields) == 6 and fields[1].isdigit() and int(fields[1]) > 0:
            disks.setdefault(fields[0], fields)
    return [_finding(fields, host, alarm) for fields in disks.values()]


def _finding(fields: list[str], host: str, alarm: int) -> dict[str, Any]:
    # Of what may be used at all: some of a disk is kept for root.
    used, free, place = int(fields[2]), int(fields[3]), fields[5]
    percent = 100 * free / max(used + free, 1)
    return {
        "id": "disk",
        "host": host,
        "part": f"disk {place}",
        "well": percent >= int(alarm),
        "severity": "error" if percent < int(alarm) / 5 else "warning",
        "says": f"{percent:.0f} percent are free, {free / 2**30:.1f} GiB",
        "do": "Make room there, or give it a larger disk.",
    }


class FilterModule:
    """What Ansible looks for in a filter plugin."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters of this file by name."""
        return {"health_disks": health_disks}
