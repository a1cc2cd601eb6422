# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of the roles: documented, specified, and specified as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path for path in (ROOT / "roles").iterdir() if (path / "tasks").is_dir())
SCENARIOS = sorted(path.parent for path in (ROOT / "extensions" / "molecule").glob("*/molecule.yml"))
SHARED = "homeserver_"
"""Roles that stand in for each other speak of some things in the same words, at entry points beside the main one."""
each_role = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)


def load(path: Path) -> dict[str, Any]:
    """A YAML file; nothing where there is none."""
    found: dict[str, Any] = (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}
    return found


def entry_points(role: Path) -> dict[str, dict[str, Any]]:
    """The options of each of a role's entry points."""
    specs = load(role / "meta" / "argument_specs.yml")["argument_specs"]
    return {name: spec.get("options") or {} for name, spec in specs.items()}


@each_role
def test_every_role_explains_itself(role: Path) -> None:
    """A README, and a description of every entry point."""
    assert (role / "README.md").is_file()
    specs = load(role / "meta" / "argument_specs.yml")["argument_specs"]
    assert [
        name
        for name, spec in specs.items()
        if not (spec.get("short_description") and spec.get("description"))
    ] == []


@each_role
def test_the_readme_names_every_variable(role: Path) -> None:
    """Nobody has to read YAML to find out what can be set."""
    readme = (role / "README.md").read_text()
    assert [name for name in entry_points(role)["main"] if name not in readme] == []


@each_role
def test_defaults_equal_the_argument_specs(role: Path) -> None:
    """What is documented as the default is the default, and nothing is settable that is not documented."""
    defaults = load(role / "defaults" / "main.yml")
    options = {name: option for options in entry_points(role).values() for name, option in options.items()}
    own = {name: option for name, option in options.items() if not name.startswith(SHARED)}
    assert {name: option["default"] for name, option in own.items() if "default" in option} == defaults


@each_role
def test_every_variable_of_a_role_carries_its_name(role: Path) -> None:
    """Public ones start with the role's name: variables are one heap for a whole play."""
    names = {name for options in entry_points(role).values() for name in options}
    assert [name for name in sorted(names) if not name.startswith((f"{role.name}_", SHARED))] == []


@each_role
def test_every_role_is_run_on_real_hosts(role: Path) -> None:
    """A scenario of its own, with a verify that looks at the host."""
    scenario = ROOT / "extensions" / "molecule" / role.name
    assert [
        name for name in ("molecule.yml", "converge.yml", "verify.yml") if not (scenario / name).is_file()
    ] == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_stage_of_a_scenario_is_run(scenario: Path) -> None:
    """A prepare.yml or verify.yml that no sequence names would never be run, without a word."""
    base = load(scenario.parent / "config.yml")["scenario"]
    sequence = (load(scenario / "molecule.yml").get("scenario") or base)["test_sequence"]
    written = [stage for stage in ("prepare", "converge", "verify") if (scenario / f"{stage}.yml").is_file()]
    assert [stage for stage in written if stage not in sequence] == []
