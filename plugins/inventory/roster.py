# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory `roster`: a host for each roster on the controller, with the variables that its connector block says."""

from __future__ import annotations

DOCUMENTATION = r"""
name: roster
author: The mosaic.fleet authors (@mosaic-fleet)
version_added: 1.0.0
short_description: Hosts from the rosters of a fleet
description:
  - Reads rosters, YAML or JSON, on the controller. Each of them is one host, the orchestrator's, in the group O(group).
  - A host is called as its file without the suffix, and as the file's folder where the file is called C(roster).
  - The block C(connector) of a roster becomes the variables of the role P(mosaic.fleet.orchestrator#role). A roster without the block,
    one that only lists agents, is a host with C(orchestrator_connector=tmux), which needs nothing more to be provisioned.
  - The whole roster is the variable C(roster_document) of its host, and its file C(roster_file), for O(compose), O(groups),
    O(keyed_groups) and your own plays.
  - No secret comes from a roster, and one that holds something like a secret is refused. Tokens belong into a vault, as variables of
    the host or the group.
  - What a roster says is data; it is never taken for a template.
extends_documentation_fragment:
  - ansible.builtin.constructed
notes:
  - When one roster is wrong, the source has no host at all, and Ansible warns of it with the place of the mistake. With
    C(any_unparsed_is_failed=true) in the section C([inventory]) of C(ansible.cfg) it ends there.
  - The source is a file whose name ends in C(mosaic_roster.yml) or C(mosaic_roster.yaml). Keep the rosters outside of the folder of the
    inventory, since Ansible reads every file of it as a source.
  - A kind of connector that a distribution of somebody else brings is not known on the controller. Say its variables in the inventory.
options:
  plugin:
    description: The name of this plugin, so that no other takes the file.
    type: str
    required: true
    choices: [mosaic.fleet.roster]
  rosters:
    description:
      - The rosters, as paths or patterns, relative to the folder of the source. C(**) means any depth.
      - A path or pattern that finds nothing is a mistake.
    type: list
    elements: str
    required: true
  group:
    description: The group that the hosts are put into; the playbooks know C(orchestrators).
    type: str
    default: orchestrators
"""

EXAMPLES = r"""
# fleet.mosaic_roster.yml, for rosters/agent-1.yaml and rosters/agent-2/roster.yaml
plugin: mosaic.fleet.roster
rosters:
  - rosters/*.yaml
  - rosters/*/roster.yaml
compose:
  ansible_host: inventory_hostname ~ '.example.org'
keyed_groups:
  # connector_tmux and the like
  - prefix: connector
    key: orchestrator_connector
groups:
  # Those of a fleet with more than one agent.
  crowded: roster_document.agents | default([]) | length > 1
"""

import re
from collections.abc import Iterator, Mapping
from glob import glob
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils.connectors.errors import ConnectorError
from ..module_utils.connectors.roster.file import Roster, load_roster
from ..plugin_utils.preflight.connector import variables_of

_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?")
_ENDS = ("mosaic_roster.yml", "mosaic_roster.yaml")


class InventoryModule(BaseInventoryPlugin, Constructable):  # type: ignore[misc]
    """What Ansible looks for in an inventory plugin."""

    NAME = "mosaic.fleet.roster"

    def verify_file(self, path: str) -> bool:
        """Whether a source may be one of ours, by its name."""
        return bool(super().verify_file(path)) and path.endswith(_ENDS)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the hosts; raises `AnsibleParserError` with the place of what is wrong."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        rosters = self._rosters(Path(path).parent)
        group = self.inventory.add_group(self.get_option("group"))
        for host, (file, roster) in rosters.items():
            self._add(host, group, file, roster)

    def _rosters(self, folder: Path) -> dict[str, tuple[Path, Roster]]:
        """Every roster by its host; all are read before any host is added, so that a wrong one leaves no half of a fleet."""
        found: dict[str, tuple[Path, Roster]] = {}
        for file in self._files(folder):
            host = _host(file)
            if host in found:
                raise AnsibleParserError(
                    f"Each roster is expected to be a host of its own, and {found[host][0]} and {file} are both {host}. Rename one."
                )
            try:
                roster = load_roster(file)
                roster.require_complete()
            except ConnectorError as error:
                raise AnsibleParserError(str(error)) from error
            found[host] = (file, roster)
        return found

    def _files(self, folder: Path) -> Iterator[Path]:
        """Every roster once, in the order of the patterns."""
        seen: set[Path] = set()
        for pattern in self.get_option("rosters"):
            place = str(folder / Path(pattern).expanduser())
            matched = [Path(one) for one in sorted(glob(place, recursive=True))]  # noqa: PTH207 (Path.glob takes no absolute one)
            if not matched:
                raise AnsibleParserError(
                    f"rosters: {pattern} is expected to find a file below {folder}, and finds none. Correct it, or take it out."
                )
            fresh = [one for one in matched if one.resolve() not in seen]
            seen.update(one.resolve() for one in fresh)
            yield from fresh

    def _add(self, host: str, group: str, file: Path, roster: Roster) -> None:
        self.inventory.add_host(host, group=group)
        for name, value in _variables(roster, file).items():
            # A template in a roster would be run on the controller, where ansible-core is older than 2.19.
            self.inventory.set_variable(host, name, wrap_var(value))
        strict, known = self.get_option("strict"), self.inventory.get_host(host).get_vars()
        self._set_composite_vars(self.get_option("compose"), known, host, strict=strict)
        known = self.inventory.get_host(host).get_vars()
        self._add_host_to_composed_groups(self.get_option("groups"), known, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), known, host, strict=strict)


def _host(file: Path) -> str:
    name = file.parent.name if file.stem == "roster" else file.stem
    if not _NAME.fullmatch(name):
        raise AnsibleParserError(
            f"A roster is expected to be called as its host: letters, digits, dots, - and _, found {name!r} ({file}). Rename it."
        )
    return name


def _variables(roster: Roster, file: Path) -> dict[str, Any]:
    document = {member.key: roster.source.value(member.key) for member in roster.source.members}
    block = document.get("connector")
    said = variables_of(block) if isinstance(block, Mapping) else {"orchestrator_connector": "tmux"}
    return {**said, "roster_document": document, "roster_file": str(file)}
