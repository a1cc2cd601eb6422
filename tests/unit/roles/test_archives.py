# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role backup does with archives that are finished: real ones, by age."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mosaic.fleet.plugins.modules import backup_pack
from fakes.backups import Keys, make_data, make_keys
from unit.plugins.modules.conftest import run_main
from unit.roles.alone import play

__all__ = ["run_main"]  # a fixture of the modules' tests

NOW = datetime.now(timezone.utc)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return make_keys(tmp_path)


@pytest.fixture
def archive(run_main: Any, tmp_path: Path, keys: Keys) -> Path:
    """The newest archive of this host; an older file beside it is none."""
    folder = tmp_path / "archives"
    folder.mkdir()
    made = folder / f"localhost-synapse-{NOW:%Y%m%dT%H%M%SZ}.age"
    arguments: dict[str, Any] = {"kind": "synapse", "name": "fleet.example", "host": "localhost"}
    parts = [{"path": str(make_data(tmp_path / "data"))}]
    run_main(backup_pack, dest=str(made), recipients=[keys.public], parts=parts, **arguments)
    (folder / "localhost-synapse-20200101T000000Z.age").write_bytes(b"no archive")
    return made


def verify(tmp_path: Path, keys: Keys, **changes: Any) -> str:
    given = {"backup_dir": str(tmp_path / "archives"), "backup_identity": str(keys.identity)}
    names = {"backup_kind": "synapse", "backup_name": "fleet.example"}
    return play(tmp_path, "backup", "verify", **(given | names | changes))


def test_the_newest_archive_is_opened(tmp_path: Path, keys: Keys, archive: Path) -> None:
    assert f"{archive.name}: synapse fleet.example, from localhost" in verify(tmp_path, keys)


def test_an_archive_that_is_damaged_too_old_or_not_there_is_named(
    tmp_path: Path, keys: Keys, archive: Path
) -> None:
    with pytest.raises(AssertionError, match="must be younger than 0 hours"):
        verify(tmp_path, keys, backup_max_age=0)
    with pytest.raises(AssertionError, match="expected to hold an archive localhost-conduit"):
        verify(tmp_path, keys, backup_kind="conduit")
    archive.write_bytes(archive.read_bytes()[:-20])
    with pytest.raises(AssertionError, match="fatal: "):
        verify(tmp_path, keys)


def test_health_says_how_old_the_newest_is(tmp_path: Path) -> None:
    """Of each kind that there ought to be; another host's with a longer name is not taken for ours."""
    for name in ("localhost", "localhost-2", "local"):
        (tmp_path / f"{name}-synapse-{NOW - timedelta(hours=3):%Y%m%dT%H%M%SZ}.age").touch()
    said = play(tmp_path, "backup", "health", backup_dir=str(tmp_path), backup_kinds=["synapse", "conduit"])
    assert "the newest is 3 hours old" in said
    assert "there is none in" in said


def test_a_finished_archive_is_handed_to_a_program_that_no_shell_reads(tmp_path: Path) -> None:
    taker = tmp_path / "taker"
    taker.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"$0.log"\n')
    taker.chmod(0o755)
    play(tmp_path, "backup", "hand_on", backup_hand_on=[str(taker), "$(id) $HOME;"], backup_made="/a b.age")
    assert (tmp_path / "taker.log").read_text() == "$(id) $HOME;\n/a b.age\n"


def test_a_program_that_fails_is_repeated_and_the_archive_is_named(tmp_path: Path) -> None:
    taker = tmp_path / "taker"
    taker.write_text("#!/bin/sh\necho the bucket is gone >&2; exit 3\n")
    taker.chmod(0o755)
    with pytest.raises(AssertionError, match=r"/a\.age was made and is whole") as failed:
        play(tmp_path, "backup", "hand_on", backup_hand_on=[str(taker)], backup_made="/a.age")
    assert "the bucket is gone" in str(failed.value)


def test_a_program_that_takes_archives_runs_in_the_operators_folder(tmp_path: Path) -> None:
    """So that a relative path among its words is his own; a module runs in the folder of the playbook."""
    words = ["sh", "-c", f"pwd >{tmp_path}/where"]
    play(tmp_path, "backup", "hand_on", backup_hand_on=words, backup_made="/a.age")
    assert (tmp_path / "where").read_text().strip() == str(Path.cwd()) != str(tmp_path)


def test_a_time_that_systemd_does_not_know_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    said = play(tmp_path, "backup", "schedule", check=True, backup_schedule="*-*-* 02:00")
    assert re.search(r"Write the timer, its service and what it runs\] \*+\nchanged:", said)
    with pytest.raises(AssertionError, match=r"must be a time as systemd\.time\(7\) writes them") as refused:
        play(tmp_path, "backup", "schedule", check=True, backup_schedule="now and then")
    assert "Write the timer" not in str(refused.value)
