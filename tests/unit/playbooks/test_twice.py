# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook that is imported twice in one run: what failed the first time is no reason the second time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit.playbooks.stage import Stage, Tasks

WHY = "the disk is full."
FIRST: Tasks = [
    {"ansible.builtin.stat": {"path": "{{ tried }}"}, "register": "__tried"},
    {"ansible.builtin.file": {"path": "{{ tried }}", "state": "touch"}},
]
BROKEN_ONCE = [*FIRST, {"ansible.builtin.fail": {"msg": WHY}, "when": "not __tried.stat.exists"}]
FAILED = {"from": "1", "to": "2", "state": "begun", "why": WHY}
UPGRADED = {"from": "1", "to": "2", "state": "open", "archive": "a.age"}
UPGRADED_THEN: Tasks = [
    *FIRST,
    {"ansible.builtin.set_fact": {"conduit_upgrade": UPGRADED}, "when": "__tried.stat.exists"},
    {"ansible.builtin.set_fact": {"conduit_upgrade": FAILED}, "when": "not __tried.stat.exists"},
]


@pytest.mark.parametrize(
    ("playbook", "roles"),
    [
        ("provision", {"orchestrator/main": BROKEN_ONCE}),
        ("restore", {"orchestrator/restore": BROKEN_ONCE}),
        ("upgrade", {"conduit/upgrade": UPGRADED_THEN}),
    ],
    ids=["provision", "restore", "upgrade"],
)
def test_a_second_import_is_told_by_itself(tmp_path: Path, playbook: str, roles: dict[str, Any]) -> None:
    own = tmp_path / "own.yml"
    own.write_text(
        f"- ansible.builtin.import_playbook: mosaic.fleet.{playbook}\n"
        "- hosts: all\n  gather_facts: false\n  tasks: [{ansible.builtin.meta: clear_host_errors}]\n"
        f"- ansible.builtin.import_playbook: mosaic.fleet.{playbook}\n"
    )
    groups = {"homeserver": {"hs": {}}, "orchestrators": {"one": {}}}
    played = Stage(tmp_path, roles).play(str(own), groups, tried=str(tmp_path / "tried"))
    first, _between, second = played.text.partition("PLAY [all]")
    assert WHY in first
    assert "fatal:" not in second, second
