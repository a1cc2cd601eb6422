# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `health_report`: what was found on the hosts of a fleet as one table and one verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: health_report
author: the mosaic.fleet authors
version_added: 0.1.0
short_description: One table and one verdict over what was found on the hosts of a fleet
description:
  - Takes findings, of which each says of one part of one host whether it is well, and returns them as lines of a table,
    followed by what is wrong and what to do about it.
options:
  _input:
    description:
      - The findings. Each has C(host), C(part), C(well) and C(says), and where it is not well C(do), what to do about it.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show it
  ansible.builtin.debug:
    msg: "{{ ([{'host': 'web', 'part': 'proxy', 'well': true, 'says': 'active'}] | mosaic.fleet.health_report).lines }}"
"""

RETURN = r"""
_value:
  description: C(lines), the table and the verdict; C(wrong), one sentence for each finding that is not well.
  type: dict
"""

_COLUMNS = ("host", "part", "state", "says")


def health_report(findings: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The findings as `lines` of a table with a verdict, and the sentences about what is `wrong`.

    Raises `AnsibleFilterError` for a finding that lacks a part.
    """
    try:
        rows = [
            (str(one["host"]), str(one["part"]), "ok" if one["well"] else "WRONG", _one_line(one["says"]))
            for one in findings
        ]
        wrong = [
            " ".join(
                [f"{one['host']}, {one['part']}: {_one_line(one['says'])}.", str(one.get("do", ""))]
            ).strip()
            for one in findings
            if not one["well"]
        ]
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"health_report expects findings with host, part, well and says, and one lacks {error}."
        ) from error
    table = [_COLUMNS, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(_COLUMNS) - 1)]
    lines = ["  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip() for row in table]
    return {"lines": [*lines, "", *_verdict(len(rows), wrong)], "wrong": wrong}


def _verdict(count: int, wrong: list[str]) -> list[str]:
    if not count:
        return [
            "NOTHING WAS LOOKED AT: the inventory has no hosts in homeserver and orchestrators, or none was reached."
        ]
    if not wrong:
        return [f"ALL IS WELL: {count} parts were looked at."]
    return [f"{len(wrong)} OF {count} PARTS ARE NOT WELL:", *wrong]


def _one_line(value: Any) -> str:
    return " ".join(str(value).split()).removesuffix(".")


class FilterModule:
    """What Ansible looks for in a filter plugin."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters of this file by name."""
        return {"health_report": health_report}
