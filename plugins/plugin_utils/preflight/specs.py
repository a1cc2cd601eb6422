# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What variables there are: the argument specs of the roles, and those of the playbooks, and no other list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PLAYBOOKS = "playbooks"
Load = Callable[[str], Any]
"""Reads a YAML file: in a plugin, Ansible's own loader."""


@dataclass(frozen=True)
class Option:
    """A variable as an argument spec describes it."""

    name: str
    type: str = "str"
    elements: str = "str"
    choices: tuple[str, ...] = ()
    default: Any = None
    required: bool = False
    secret: bool = False
    description: str = ""

    @classmethod
    def of(cls, name: str, spec: Mapping[str, Any]) -> Option:
        """From its entry in the spec."""
        description = spec.get("description") or ""
        first = description if isinstance(description, str) else description[0]
        return cls(
            name=name,
            type=spec.get("type", "str"),
            elements=spec.get("elements", "str"),
            choices=tuple(spec.get("choices") or ()),
            default=spec.get("default"),
            required=bool(spec.get("required")),
            secret=bool(spec.get("no_log")),
            description=re.sub(r"\b[A-Z]\(([^)]*)\)", r"\1", first),
        )


class Specs:
    """The specs of a collection."""

    def __init__(self, root: Path, load: Load) -> None:
        """Of the collection in the folder `root`."""
        self._root = root
        self._load = load
        self._known: dict[str, dict[str, Any]] = {}

    def entry(self, where: str, entry: str = "main") -> dict[str, Option]:
        """The options of an entry point of a role, or of a playbook."""
        return _options(self._specs(where)[entry])

    def words(self) -> dict[str, Option]:
        """The options of all the playbooks, which no role has."""
        return {
            name: option
            for entry in self._specs(PLAYBOOKS)
            for name, option in self.entry(PLAYBOOKS, entry).items()
        }

    def names_of(self, where: str) -> set[str]:
        """The names of all the variables of a role, or of the playbooks."""
        return {name for spec in self._specs(where).values() for name in spec.get("options") or {}}

    def names(self) -> set[str]:
        """The names of all the variables that there are."""
        roles = [path.parent.parent.name for path in self._root.glob("roles/*/meta/argument_specs.yml")]
        return {name for where in (*roles, PLAYBOOKS) for name in self.names_of(where)}

    def uses(self, name: str) -> bool:
        """Whether any role or playbook has this word, be it for a fact that it sets itself."""
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        return any(
            word.search(file.read_text(encoding="utf-8"))
            for folder in ("roles", "playbooks")
            for pattern in ("*.yml", "*.j2")
            for file in (self._root / folder).rglob(pattern)
        )

    def _specs(self, where: str) -> dict[str, Any]:
        if where not in self._known:
            folder = self._root / where if where == PLAYBOOKS else self._root / "roles" / where
            self._known[where] = self._load(str(folder / "meta" / "argument_specs.yml"))["argument_specs"]
        return self._known[where]


def _options(spec: Mapping[str, Any]) -> dict[str, Option]:
    return {name: Option.of(name, option) for name, option in (spec.get("options") or {}).items()}
