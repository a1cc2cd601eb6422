# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory roster, read by Ansible itself: rosters as files become hosts, groups and variables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

COLLECTIONS = Path(__file__).parents[4] / ".cache" / "collections"
OF_THE_DESIGN = """\
version: 1
agents:
  - name: coder
    runtime: claude
  - name: reviewer
    note: "{{ 1 + 1 }}"
"""
ON_MATRIX = """\
connector:
  kind: matrix
  matrix:
    homeserver_url: https://matrix.example.internal
    user_id: '@mos:example.internal'
    room_id: '%s'
"""
ON_TELEGRAM = '{"agents": [], "connector": {"kind": "telegram", "telegram": {"chat_id": "-1001234567890"}}}'


def read(folder: Path, *sources: str) -> tuple[dict[str, Any], str]:
    """What `ansible-inventory` makes of some sources, and what it says beside it."""
    command = [str(Path(sys.executable).with_name("ansible-inventory")), "--list", "--export"]
    done = subprocess.run(
        [*command, *(word for source in sources for word in ("-i", str(folder / source)))],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "COLUMNS": "10000"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return json.loads(done.stdout, object_hook=lambda one: one.get("__ansible_unsafe", one)), done.stderr


def write(folder: Path, files: dict[str, str | dict[str, Any]]) -> None:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Rosters of every form, as files and in folders; some are found by two patterns."""
    folder = tmp_path_factory.mktemp("fleet")
    source = {
        "plugin": "mosaic.fleet.roster",
        "rosters": [
            "rosters/*.yaml",
            "rosters/**/*.y*ml",
            str(folder / "rosters" / "deep" / "er" / "*.json"),
        ],
        "groups": {"crowded": "roster_document.agents | default([]) | length > 1"},
        "keyed_groups": [{"prefix": "of", "key": "orchestrator_connector"}],
    }
    write(
        folder,
        {
            "rosters/agent-1.yaml": OF_THE_DESIGN,
            "rosters/agent-2/roster.yml": ON_MATRIX % "!abc:example.internal",
            "rosters/agent-3/roster.yml": ON_MATRIX % "#fleet:example.internal",
            "rosters/deep/er/agent-4.json": ON_TELEGRAM,
            "rosters/agent-5.yaml": "",
            "a.mosaic_roster.yml": source,
        },
    )
    return read(folder, "a.mosaic_roster.yml")[0]


def test_a_roster_is_a_host_once_however_many_patterns_find_it(fleet: dict[str, Any]) -> None:
    assert fleet["orchestrators"]["hosts"] == [f"agent-{number}" for number in (1, 5, 2, 3, 4)]
    assert fleet["crowded"]["hosts"] == ["agent-1"]
    assert (fleet["of_tmux"]["hosts"], fleet["of_matrix"]["hosts"]) == (
        ["agent-1", "agent-5"],
        ["agent-2", "agent-3"],
    )


def test_a_roster_of_the_design_document_is_a_host_that_needs_nothing_more(fleet: dict[str, Any]) -> None:
    """Agents and no connector: tmux, and all of it at hand for whoever wants to make variables of it."""
    variables = fleet["_meta"]["hostvars"]["agent-1"]
    assert variables["roster_document"] == yaml.safe_load(OF_THE_DESIGN)
    assert variables["roster_file"].endswith("rosters/agent-1.yaml")
    assert {*variables} == {"orchestrator_connector", "roster_document", "roster_file"}
    assert variables["orchestrator_connector"] == "tmux"


@pytest.mark.parametrize(
    ("host", "place", "name"),
    [("agent-2", "!abc:example.internal", "room_id"), ("agent-3", "#fleet:example.internal", "room_alias")],
)
def test_a_kind_with_variables_of_its_own_has_them(
    fleet: dict[str, Any], host: str, place: str, name: str
) -> None:
    variables = fleet["_meta"]["hostvars"][host]
    assert {key: value for key, value in variables.items() if key.startswith("orchestrator")} == {
        "orchestrator_connector": "matrix",
        "orchestrator_matrix_homeserver_url": "https://matrix.example.internal",
        "orchestrator_matrix_user_id": "@mos:example.internal",
        f"orchestrator_matrix_{name}": place,
    }


def test_any_other_kind_has_its_block_whole(fleet: dict[str, Any]) -> None:
    variables = fleet["_meta"]["hostvars"]["agent-4"]
    assert variables["orchestrator_connector"] == "telegram"
    assert variables["orchestrator_connector_settings"] == {"chat_id": "-1001234567890"}


def test_what_a_roster_says_is_never_a_template(tmp_path: Path) -> None:
    """It would be run on the controller, and rosters come from hosts. What the source says is one."""
    write(
        tmp_path,
        {
            "agent-1.yaml": OF_THE_DESIGN,
            "a.mosaic_roster.yml": {
                "plugin": "mosaic.fleet.roster",
                "rosters": ["agent-1.yaml"],
                "group": "talkers",
                "compose": {
                    "said": "roster_document.agents[1].note",
                    "first": "roster_document.agents[0].name",
                },
            },
        },
    )
    found, _said = read(tmp_path, "a.mosaic_roster.yml")
    variables = found["_meta"]["hostvars"]["agent-1"]
    assert (variables["said"], variables["first"]) == ("{{ 1 + 1 }}", "coder")
    assert found["talkers"]["hosts"] == ["agent-1"]


WRONG = {
    "nothing": ({}, "is expected to find a file below"),
    "name": ({"a b.yaml": ""}, "A roster is expected to be called as its host"),
    "twice": ({"a.yaml": "", "a/roster.yaml": ""}, "are both a. Rename one."),
    "kind": (
        {"a.yaml": "connector: {kind: matrx}"},
        "kind/a.yaml:1:13: connector.kind is expected to be one of",
    ),
    "token": ({"a.yaml": "agents: [{token: syt_bW9z_abcdefghijklmnopqrst_0a1B2c}]"}, "looks like a secret"),
    "half": ({"a.yaml": "connector: {kind: matrix}"}, "so a block connector.matrix with"),
}


def test_what_is_wrong_is_told_with_its_place_and_leaves_no_half_of_a_fleet(tmp_path: Path) -> None:
    """A file of another name is somebody else's, and is not even tried."""
    for name, (files, _says) in WRONG.items():
        write(tmp_path / name, files)
        source = {"plugin": "mosaic.fleet.roster", "rosters": [f"{name}/**/*.yaml"]}
        write(
            tmp_path,
            {f"{name}.mosaic_roster.yml": source, "hosts.yml": {**source, "rosters": ["kind/*.yaml"]}},
        )
    found, said = read(tmp_path, *(f"{name}.mosaic_roster.yml" for name in WRONG), "hosts.yml")
    assert found["_meta"]["hostvars"] == {}
    assert [says for _files, says in WRONG.values() if says not in " ".join(said.split())] == []
    assert "abcdefghijklmnopqrst" not in said
