# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup `template`: Ansible's own, without the copy of all variables that it makes for each file."""

from __future__ import annotations

from typing import Any

from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase

DOCUMENTATION = r"""
name: template
short_description: Render templates, for a task that writes several files
version_added: 1.0.0
description:
  - What R(ansible.builtin.template,ansible_collections.ansible.builtin.template_lookup) returns, at half the controller's work, since the
    variables of the host are not copied for each file.
  - For C(content) of M(mosaic.fleet.files).
author:
  - The mosaic.fleet authors (@mosaic-fleet)
options:
  _terms:
    description: Files in the C(templates) of the role or beside the play.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Write the configuration
  mosaic.fleet.files:
    entries:
      - path: /etc/bridge/settings.yaml
        content: "{{ lookup('mosaic.fleet.template', 'settings.yaml.j2') }}"
        owner: root
        group: bridge
        mode: "0640"
"""

RETURN = r"""
_raw:
  description: The text of each file.
  type: list
  elements: str
  sample:
    - |
      # settings of the bridge
"""


class _Variables(dict[str, Any]):
    """Variables of which a copy shares the values: rendering changes none of them, and Ansible only adds names."""

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return dict(self)


class LookupModule(LookupBase):  # type: ignore[misc]
    """What Ansible looks for in a lookup plugin."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **options: Any) -> list[Any]:
        """The text of each template, rendered."""
        own = lookup_loader.get("ansible.builtin.template", loader=self._loader, templar=self._templar)
        rendered: list[Any] = own.run(terms, variables=_Variables(variables or {}), **options)
        return rendered
