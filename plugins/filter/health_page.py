# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `health_page`: what was found on the hosts of a fleet as one page of HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils.health_page import page

DOCUMENTATION = r"""
name: health_page
author: the mosaic.fleet authors
version_added: 1.0.0
short_description: What was found on the hosts of a fleet as one page of HTML
description:
  - Takes the findings that P(mosaic.fleet.health_report#filter) takes, and returns a page that needs nothing beside itself. It loads nothing,
    and whatever a finding says is shown as words.
  - What waits for a human comes first, then what does not work, then what will not.
options:
  _input:
    description:
      - The findings, as P(mosaic.fleet.health_report#filter) has them.
      - C(waits), where it is true, says that the finding waits for a human, be it well or not; C(number) is what can be counted of it, and orders
        findings of one kind; C(history) is what C(mosaic-connector history --json) printed, of which the last 24 hours are drawn.
    type: list
    elements: dict
    required: true
  made_at:
    description: When they were found, as it is shown.
    type: str
    required: true
seealso:
  - plugin: mosaic.fleet.health_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the page
  ansible.builtin.copy:
    content: "{{ findings | mosaic.fleet.health_page(made_at=now(utc=true, fmt='%Y-%m-%d %H:%M UTC')) }}"
    dest: "{{ lookup('ansible.builtin.env', 'PWD') }}/fleet.html"
    mode: "0644"
  delegate_to: localhost
  vars:
    findings:
      - {host: agent-1, part: queues, well: true, waits: true, says: 1 question is open, do: Answer it.}
"""

RETURN = r"""
_value:
  description: The page.
  type: str
  sample: "<!DOCTYPE html>..."
"""


def health_page(findings: Sequence[Mapping[str, Any]], made_at: str) -> str:
    """The page; raises `AnsibleFilterError` for a finding that lacks a part."""
    try:
        return page.health_page(findings, str(made_at))
    except (KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"health_page expects findings with host, part, well and says, and one is wrong: {error}."
        ) from error


class FilterModule:
    """What Ansible looks for in a filter plugin."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters of this file by name."""
        return {"health_page": health_page}
