# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mosaic.fleet.backup does when one of a host's archives cannot be made."""

from __future__ import annotations

from pathlib import Path

from unit.playbooks.stage import Stage

BROKEN = [{"ansible.builtin.fail": {"msg": "the disk is full."}}]


def test_an_archive_that_fails_keeps_no_other_from_being_made(tmp_path: Path) -> None:
    """Of a host that is orchestrator and homeserver in one; the run fails all the same, and says why."""
    stage = Stage(tmp_path, {"orchestrator/backup": BROKEN})
    played = stage.play("backup", {"homeserver": {"one": {}}, "orchestrators": {"one": {}}})
    assert played.called("conduit", "backup")
    assert played.status != 0
    assert "the disk is full." in played.text.partition("Fail where an archive")[2]


def test_every_archive_of_a_host_is_verified_whatever_is_wrong_with_another(tmp_path: Path) -> None:
    stage = Stage(tmp_path, {"orchestrator/verify_backup": BROKEN})
    played = stage.play("verify_backups", {"tls_proxy": {"one": {}}, "orchestrators": {"one": {}}})
    assert played.called("tls_proxy", "verify_backup")
    assert played.status != 0
    assert "orchestrator of one: the disk is full." in played.text.partition("Fail where an archive")[2]
    assert stage.privileged == []


def test_backups_are_scheduled_once_whatever_the_number_of_hosts(tmp_path: Path) -> None:
    """No longer, where nobody has to be able to open an archive either."""
    groups = {"homeserver": {"hs": {}}, "orchestrators": {"one": {}, "two": {}}}
    played = Stage(tmp_path).play("schedule_backups", groups, backup_schedule="", backup_recipients=[])
    assert played.status == 0, played.text
    assert played.text.count("CALLED backup schedule") == 1


def test_a_schedule_asks_for_what_a_backup_takes(tmp_path: Path) -> None:
    groups = {"orchestrators": {"one": {}}}
    played = Stage(tmp_path).play("schedule_backups", groups, backup_schedule="02:00", backup_recipients=[])
    assert "is expected to name the public key of age" in played.text
    assert "CALLED" not in played.text
