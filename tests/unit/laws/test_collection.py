# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of the collection: what every module and every file carries."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
# (REUSE-IgnoreStart: the line is no expression of this file's own.)
HEADER = (
    "# Copyright: (c) 2026, the mosaic.fleet authors",
    "# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)",
    "# SPDX-License-Identifier: GPL-3.0-or-later",
)
# REUSE-IgnoreEnd
MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))
FILTERS = sorted((ROOT / "plugins" / "filter").glob("*.py"))


def tracked(*patterns: str) -> list[Path]:
    """The files of the tree that git knows or would take in."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.splitlines() if (path := ROOT / name).is_file()]


def test_the_action_group_fleet_holds_every_module() -> None:
    """So that `module_defaults: group/mosaic.fleet.fleet` reaches all of them."""
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]
    assert sorted(groups["fleet"]) == [module.stem for module in MODULES]


def test_every_python_file_carries_the_licence() -> None:
    """Galaxy wants the licence in each module; we want it everywhere."""
    bare = []
    for file in tracked("*.py"):
        lines = [line for line in file.read_text().splitlines() if not line.startswith("#!")]
        if tuple(lines[:3]) != HEADER:
            bare.append(str(file.relative_to(ROOT)))
    assert bare == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_every_module_has_its_test(module: Path) -> None:
    """The room's test is found without searching."""
    assert (ROOT / "tests" / "unit" / "plugins" / "modules" / f"test_{module.stem}.py").is_file()


def _unsaid(values: dict[str, Any], inside: str = "") -> Iterator[str]:
    """What a RETURN leaves out of its values, and of those in them."""
    for name, told in values.items():
        wanted = {"description", "type"} | (set() if inside or name == "_value" else {"returned"})
        yield from (f"{inside}{name} has no {one}" for one in sorted(wanted - told.keys()))
        if "contains" in told:
            yield from _unsaid(told["contains"], f"{inside}{name}.")
        elif "sample" not in told:
            yield f"{inside}{name} has no sample"


@pytest.mark.parametrize(
    "plugin", [*MODULES, *FILTERS], ids=lambda plugin: f"{plugin.parent.name}-{plugin.stem}"
)
def test_every_module_and_filter_says_what_it_returns(plugin: Path) -> None:
    """An empty RETURN is a page without an answer, and a type without a sample is half of one."""
    found = re.search(r'^RETURN = r"""(.*?)"""', plugin.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    values = yaml.safe_load(found[1])
    assert values
    assert list(_unsaid(values)) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_every_module_tells_its_attributes(module: Path) -> None:
    """The fragment has all of them: a module overrides those that are otherwise with it."""
    assert "  - mosaic.fleet.attributes\n" in module.read_text()


def test_there_is_no_list_of_ignored_sanity_findings() -> None:
    """What sanity finds is mended, never ignored."""
    assert tracked("tests/sanity/ignore*") == []


def test_nobody_is_told_to_speak_to_the_agents_tmux_as_root() -> None:
    """A tmux client does what its server tells it: pages and scenarios become the agent's user first."""
    socket = "-S /run/mosaic-orchestrator/"
    lines = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in tracked("*.md", "*.yml", "*.py", "*.sh", "scripts/*")
        if file != Path(__file__)
        for line in file.read_text().splitlines()
        if f"tmux {socket}" in line.replace("-N ", "") and "-u mosaic" not in line
    ]
    assert lines == []


def test_there_is_one_licence() -> None:
    """The library has a copy of its own, since the root of the collection does not reach every controller; REUSE wants another."""
    copies = ["plugins/module_utils/connectors/LICENSE", "LICENSES/GPL-3.0-or-later.txt"]
    assert {(ROOT / copy).read_bytes() for copy in copies} == {(ROOT / "LICENSE").read_bytes()}


def test_no_file_below_plugins_has_a_name_that_galaxy_refuses() -> None:
    """Its importer takes letters, digits and single underscores, and stops at the first other name."""
    names = [file for file in tracked("plugins/*.py") if file.name != "__init__.py"]
    assert [str(file) for file in names if not re.fullmatch(r"_?[a-z0-9]+(_[a-z0-9]+)*\.py", file.name)] == []


def test_the_collection_and_its_library_have_one_version() -> None:
    """`make release` writes both; the library's is asked of its text, for what is installed may be another."""
    library = (ROOT / "plugins" / "module_utils" / "connectors" / "__init__.py").read_text()
    found = re.search(r'^__version__ = "(.+)"$', library, re.MULTILINE)
    assert found
    assert found[1] == yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]


def test_what_is_new_says_the_release_that_it_comes_with() -> None:
    """One that was made, or the next one, whose version the tree has; a candidate is one of that."""
    made = set(yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text())["releases"])
    made.add(yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"].partition("-")[0])
    documented = tracked("plugins/**", "roles/*/meta/*.yml", "extensions/eda/**")
    said = [
        (str(file.relative_to(ROOT)), version)
        for file in documented
        for version in re.findall(
            r'^\s*version_added: "?([^"\n]+)', file.read_text("utf-8", "replace"), re.MULTILINE
        )
    ]
    assert len(said) > 20
    assert [one for one in said if one[1] not in made] == []
