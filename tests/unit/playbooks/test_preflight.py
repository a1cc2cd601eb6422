# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Before anything is done anywhere, all that is wrong with the variables of all hosts is told in one message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit.playbooks.stage import ROOT, Stage

PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))
FLEET: dict[str, dict[str, Any]] = {
    "homeserver": {"hs": {}},
    "tls_proxy": {"px": {"tls_proxy_certificate": "acme"}},
    "orchestrators": {"one": {}, "MOS-2": {}},
}


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_word_and_a_name_that_mean_nothing_are_refused_on_every_playbook(
    tmp_path: Path, playbook: str
) -> None:
    """Whichever hosts take part. The two are told in one message, and nothing is done."""
    played = Stage(tmp_path).play(
        playbook,
        FLEET,
        "--limit",
        "one,hs",
        "-e",
        "restore_only=homesever",
        "-e",
        "orchestrator_conector=matrix",
    )
    assert played.status != 0
    assert 'restore_only must be homeserver, tls_proxy or orchestrators, but is "homesever".' in played.text
    assert "orchestrator_conector is read by nothing here, and orchestrator_connector is." in played.text
    assert "CALLED" not in played.text


@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_every_mistake_of_every_host_is_told_at_once(tmp_path: Path, strategy: str) -> None:
    """Those of the inventory's files too, whatever ansible.cfg says of the order of hosts, and of one fork."""
    (tmp_path / "ansible.cfg").write_text(f"[defaults]\nstrategy = {strategy}\nforks = 1\n")
    for folder, name, text in (
        ("group_vars", "orchestrators", "orchestrator_connector: telegraph"),
        ("host_vars", "MOS-2", "orchestrator_roster_pth: /etc/roster.yaml"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.yml").write_text(text)
    groups = FLEET | {"homeserver": {"hs": {"conduit_sha256": "", "conduit_port": "abc"}}}
    played = Stage(tmp_path).play("provision", groups, "-e", "orchestrator_command=")
    assert played.status != 0
    for sentence in (
        "Nothing has been changed: 5 mistakes must be corrected first.",
        "On MOS-2, one:",
        "found 'telegraph'.",
        "orchestrator_command is expected to be the command of the orchestrator and is empty.",
        "orchestrator_roster_pth is read by nothing here, and orchestrator_roster_path is.",
        "conduit_sha256 is expected to be the SHA-256",
        'conduit_port must be a whole number, but is "abc".',
    ):
        assert sentence in played.text
    assert "CALLED" not in played.text


def test_a_name_that_is_meant_is_written_down(tmp_path: Path) -> None:
    played = Stage(tmp_path).play("health", FLEET, backup_kee=1, fleet_known_variables=["backup_kee"])
    assert "backup_kee is read" not in played.text
    assert played.called("conduit", "health")


def test_a_mistake_of_a_host_that_takes_no_part_is_its_own(tmp_path: Path) -> None:
    groups = FLEET | {"orchestrators": {"one": {}, "two": {"orchestrator_connector": "telegraph"}}}
    played = Stage(tmp_path).play("rotate_token", groups, "--limit", "one")
    assert played.status == 0, played.text
    assert played.called("orchestrator", "rotate")


@pytest.mark.parametrize("only", ["tls_proxy", "orchestrators"])
def test_a_restore_of_one_group_asks_nothing_of_the_others(tmp_path: Path, only: str) -> None:
    played = Stage(tmp_path).play("restore", FLEET, "-e", f"restore_only={only}", conduit_port="abc")
    assert "conduit_port must be" not in played.text
    assert "CALLED" in played.text


def test_what_a_playbook_of_the_users_says_for_ours_is_known(tmp_path: Path) -> None:
    """`vars` of an import_playbook hold for every host of the plays, above their own and below the command line."""
    mine = tmp_path / "mine.yml"
    mine.write_text(
        "- ansible.builtin.import_playbook: mosaic.fleet.operator_token\n"
        "  vars: {operator_token_file: '{{ playbook_dir }}/token', operator_token_expires_in: soon}\n"
        "- ansible.builtin.import_playbook: mosaic.fleet.provision\n"
        "  vars: {orchestrator_connector: telegraph, orchestrator_command: ''}\n"
    )
    stage = Stage(tmp_path)
    first = stage.play(str(mine), FLEET)
    assert 'operator_token_expires_in must be a whole number, but is "soon".' in first.text
    assert "operator_token_file" not in first.text
    second = stage.play(
        str(mine), FLEET, "-e", "operator_token_expires_in=600", "-e", "orchestrator_command=bash"
    )
    assert "On MOS-2, one:" in second.text, second.text
    assert "found 'telegraph'." in second.text
    assert "orchestrator_command" not in second.text
