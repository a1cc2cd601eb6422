# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of every role and playbook, as the laws read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted(
    file
    for pattern in (
        "roles/*/tasks/**/*.yml",
        "roles/*/handlers/*.yml",
        "playbooks/*.yml",
        "playbooks/tasks/*.yml",
    )
    for file in ROOT.glob(pattern)
)
LISTS = ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers")


@dataclass(frozen=True)
class Task:
    """One task, or the block or play around tasks, and where it stands."""

    file: Path
    body: dict[str, Any]
    around: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}: {self.body.get('name', '?')}"

    @property
    def vars(self) -> dict[str, Any]:
        """Its own variables, and those of the blocks and the play around it."""
        merged: dict[str, Any] = {}
        for body in (*self.around, self.body):
            merged |= body.get("vars") or {}
        return merged

    def arguments(self, *modules: str) -> dict[str, Any] | None:
        """What it gives to one of these modules; nothing when it calls none of them."""
        for module in modules:
            if module in self.body:
                given = self.body[module]
                return given if isinstance(given, dict) else {"": given}
        return None


def _walk(file: Path, bodies: list[dict[str, Any]], around: tuple[dict[str, Any], ...]) -> Iterator[Task]:
    for body in bodies:
        yield Task(file, body, around)
        for name in LISTS:
            yield from _walk(file, body.get(name) or [], (*around, body))


@cache
def tasks() -> list[Task]:
    """Every task of the collection, with the blocks and plays around them."""
    return [task for file in FILES for task in _walk(file, yaml.safe_load(file.read_text()) or [], ())]


@cache
def options() -> dict[str, dict[str, Any]]:
    """Every option of every role's entry points, by its name."""
    specs = [yaml.safe_load(file.read_text()) for file in ROOT.glob("roles/*/meta/argument_specs.yml")]
    entries = [entry for spec in specs for entry in spec["argument_specs"].values()]
    return {name: option for entry in entries for name, option in (entry.get("options") or {}).items()}


def words_of_playbooks() -> dict[str, dict[str, Any]]:
    """What the playbooks read by name alone, of which no role has a default."""
    specs = yaml.safe_load((ROOT / "playbooks" / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    return {name: option for entry in specs.values() for name, option in (entry.get("options") or {}).items()}


def names_in_playbooks() -> set[str]:
    """Every name that the Jinja of the playbooks reads."""
    word = re.compile(r"(?<![\w./'\"])[a-z_]\w*")
    return {
        name
        for file in ROOT.glob("playbooks/*.yml")
        for text in _jinja(file)
        for name in word.findall(re.sub(r"""'[^']*'|"[^"]*\"""", "", text))
    }


def _jinja(file: Path) -> Iterator[str]:
    for task in _walk(file, yaml.safe_load(file.read_text()), ()):
        yield from texts(
            {name: inner for name, inner in task.body.items() if name not in (*LISTS, "name", "tags")}
        )


def optional_words() -> set[str]:
    """What nobody has to set, and what has no default."""
    unset = {
        name for name, option in options().items() if not option.get("required") and "default" not in option
    }
    return unset | set(words_of_playbooks())


def own_words() -> set[str]:
    """What holds people's own words: options of the roles, and what the playbooks read by name alone."""
    words = options() | words_of_playbooks()
    return {
        name
        for name, option in words.items()
        if option["type"] not in ("bool", "int") and "choices" not in option
    }


def texts(value: Any) -> Iterator[str]:
    """Every text in a value of YAML."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
