# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `health_report`: what was found on the hosts of a fleet as one table and one verdict."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: health_report
author: the mosaic.fleet authors
version_added: 1.0.0
short_description: One table and one verdict over what was found on the hosts of a fleet
description:
  - Takes findings, of which each says of one part of one host whether it is well, and returns them as lines of a table,
    followed by what is wrong and what to do about it.
options:
  _input:
    description:
      - The findings. Each has C(host), C(part), C(well) and C(says), and where it is not well C(do), what to do about it.
      - C(id) names what was looked at, the same on every host and in every run; it is made of C(part) where it is left out.
      - C(severity) is C(error), for what does not work, or C(warning), for what will not if nobody does anything. It is C(error) where it
        is left out.
      - C(waits), C(number) and C(history) are for the page that P(mosaic.fleet.health_page#filter) makes.
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
  description:
    - C(lines), the table and the verdict; C(wrong) and C(warnings), one sentence for each finding that is not well.
    - C(findings), all of them, each with C(id), C(host), C(severity) (C(ok), C(warning) or C(error)) and C(sentence).
  type: dict
  sample:
    lines: ["host     part              state  says", "agent-1  mosaic-connector  ok     active", "", "ALL IS WELL: 1 parts were looked at."]
    wrong: []
    warnings: []
    findings: [{id: unit, host: agent-1, severity: ok, sentence: "agent-1, mosaic-connector: active."}]
"""

_COLUMNS = ("host", "part", "state", "says")
_STATES = {"ok": "ok", "warning": "warning", "error": "WRONG"}


def health_report(findings: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The findings as `lines` of a table with a verdict, the sentences about what is `wrong` and about `warnings`, and all `findings`.

    Raises `AnsibleFilterError` for a finding that lacks a part.
    """
    try:
        rows = [
            (str(one["host"]), str(one["part"]), _STATES[_severity(one)], _one_line(one["says"]))
            for one in findings
        ]
        said = [_finding(one) for one in findings]
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"health_report expects findings with host, part, well and says, and one lacks {error}."
        ) from error
    wrong, warnings = (
        [one["sentence"] for one in said if one["severity"] == severity] for severity in ("error", "warning")
    )
    table = [_COLUMNS, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(_COLUMNS) - 1)]
    lines = ["  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip() for row in table]
    verdict = _verdict(len(rows), wrong, warnings)
    return {"lines": [*lines, "", *verdict], "wrong": wrong, "warnings": warnings, "findings": said}


def _severity(finding: Mapping[str, Any]) -> str:
    return "ok" if finding["well"] else str(finding.get("severity", "error"))


def _finding(one: Mapping[str, Any]) -> dict[str, str]:
    severity = _severity(one)
    advice = "" if severity == "ok" else str(one.get("do", ""))
    return {
        "id": str(one.get("id") or re.sub(r"[^a-z0-9]+", "-", str(one["part"]).lower()).strip("-")),
        "host": str(one["host"]),
        "severity": severity,
        "sentence": f"{one['host']}, {one['part']}: {_one_line(one['says'])}. {advice}".strip(),
    }


def _verdict(count: int, wrong: list[str], warnings: list[str]) -> list[str]:
    if not count:
        return [
            "NOTHING WAS LOOKED AT: the inventory has no hosts in homeserver and orchestrators, or none was reached."
        ]
    verdict = (
        [f"{len(wrong)} OF {count} PARTS ARE NOT WELL:", *wrong]
        if wrong
        else [f"ALL IS WELL: {count} parts were looked at."]
    )
    if not warnings:
        return verdict
    return [*verdict, f"{len(warnings)} will not be well if nobody does anything:", *warnings]


def _one_line(value: Any) -> str:
    return " ".join(str(value).split()).removesuffix(".")


class FilterModule:
    """What Ansible looks for in a filter plugin."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters of this file by name."""
        return {"health_report": health_report}
