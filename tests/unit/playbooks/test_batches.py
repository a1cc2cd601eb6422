# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `fleet_batch` makes of the playbooks that restart bridges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit.playbooks.stage import Played, Stage

SAY = [{"ansible.builtin.debug": {"msg": "AT {{ inventory_hostname }}."}}]
BROKEN_TWO: list[dict[str, Any]] = [
    *SAY,
    {"ansible.builtin.fail": {"msg": "h2 is broken."}, "when": "inventory_hostname == 'h2'"},
]
HOSTS: dict[str, dict[str, Any]] = {"orchestrators": {name: {} for name in ("h1", "h2", "h3", "h4")}}
ENTRIES = {"provision": "main", "rotate_token": "rotate", "upgrade": "upgrade"}


def visits(played: Played) -> list[list[str]]:
    """The hosts of each task that said where it was, in the order of the tasks."""
    parts = played.text.split("TASK [")
    said = [[word for word in ("h1", "h2", "h3", "h4") if f"AT {word}." in part] for part in parts]
    return [hosts for hosts in said if hosts]


def stage(tmp_path: Path, playbook: str, tasks: list[dict[str, Any]]) -> Stage:
    begun = [{"ansible.builtin.set_fact": {"orchestrator_upgrade": {"state": "begun", "well": False}}}]
    well = [
        {"ansible.builtin.set_fact": {"orchestrator_upgrade": {"state": "begun", "well": True}}},
        *tasks,
    ]
    missing = [{"ansible.builtin.set_fact": {"orchestrator_account_missing": False}}]
    entry = f"orchestrator/{ENTRIES[playbook]}"
    roles = {"orchestrator/account_missing": missing, "orchestrator/upgrade_begin": begun}
    return Stage(tmp_path, {**roles, entry: well if playbook == "upgrade" else tasks})


@pytest.mark.parametrize("playbook", ENTRIES)
def test_the_hosts_come_one_batch_after_the_other(tmp_path: Path, playbook: str) -> None:
    played = stage(tmp_path, playbook, SAY).play(playbook, HOSTS, "-e", "fleet_batch=1,50%")
    assert visits(played) == [["h1"], ["h2", "h3"], ["h4"]], played.text
    assert played.status == 0, played.text


@pytest.mark.parametrize("playbook", ["provision", "rotate_token"])
def test_a_batch_after_one_that_failed_is_left_as_it_is(tmp_path: Path, playbook: str) -> None:
    """The rest of its own batch is not; the run fails and names both."""
    played = stage(tmp_path, playbook, BROKEN_TWO).play(playbook, HOSTS, "-e", "fleet_batch=3")
    assert visits(played) == [["h1", "h2", "h3"]], played.text
    assert played.status != 0
    assert "h2 is broken." in played.text
    assert "h2 of a batch before it (fleet_batch) could not be made" in played.text or (
        "that of h2, of a batch before it" in played.text
    )


def test_an_upgrade_that_failed_in_a_batch_leaves_the_later_ones_with_what_they_have(tmp_path: Path) -> None:
    """They are asked all the same whether they reach their operators through the new homeserver."""
    failed = [
        *SAY,
        {
            "ansible.builtin.set_fact": {
                "orchestrator_upgrade": {"state": "begun", "well": True, "why": "no answer."}
            },
            "when": "inventory_hostname == 'h2'",
        },
    ]
    played = stage(tmp_path, "upgrade", failed).play("upgrade", HOSTS, "-e", "fleet_batch=2")
    assert visits(played) == [["h1", "h2"]], played.text
    assert played.called("orchestrator", "upgrade_check")
    assert played.called("orchestrator", "forget_kept")
    assert (
        "h3 keeps the library that it has. It was not upgraded, since h2 of a batch before it" in played.text
    )


def test_without_a_word_all_come_at_once(tmp_path: Path) -> None:
    played = stage(tmp_path, "provision", SAY).play("provision", HOSTS)
    assert visits(played) == [["h1", "h2", "h3", "h4"]], played.text


def test_a_size_that_is_none_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    played = stage(tmp_path, "provision", SAY).play("provision", HOSTS, "-e", "fleet_batch=half")
    assert "must be a number from 1 or a percentage" in played.text
    assert "CALLED" not in played.text
