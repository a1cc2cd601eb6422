# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was there before a role came is there after it went, whatever variable names it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.places import Place
from unit.roles.alone import ROOT, play


def outcome(said: str, task: str) -> str:
    """How a task ended: ok, changed or skipping."""
    found = re.search(rf"TASK \[[^\]]*{re.escape(task)}\][^\n]*\n(\w+):", said)
    assert found, said
    return found[1]


@pytest.fixture
def timers(tmp_path: Path) -> Path:
    """What the host has been told to do later, a line each, by a systemd that is none."""
    timers = tmp_path / "timers"
    (tmp_path / "systemd-run").write_text(f'#!/bin/sh\necho "$@" >>{timers}\n')
    (tmp_path / "systemctl").write_text(
        f"#!/bin/sh\nfor last; do :; done\nunit=$(basename $last .timer)\n"
        f'case $1 in is-active) grep -q "$unit" {timers} ;; stop) sed -i "/$unit/d" {timers} ;; esac\n'
    )
    for program in ("systemd-run", "systemctl"):
        (tmp_path / program).chmod(0o755)
    return timers


def test_a_folder_to_work_in_keeps_what_it_holds(tmp_path: Path, timers: Path) -> None:
    """A backup makes a folder of its own in it, and removes that one alone."""
    work = tmp_path / "srv"
    (work / "sub").mkdir(parents=True, mode=0o750)
    (work / "sub" / "file").write_text("precious")
    work.chmod(0o755)
    said = play(tmp_path, "backup", "workplace", "leave", backup_work_dir=str(work))
    assert outcome(said, "Remove the folder of this run") == "ok"
    assert [path.name for path in work.iterdir()] == ["sub"]
    assert (work / "sub" / "file").read_text() == "precious"
    assert work.stat().st_mode & 0o777 == 0o755
    assert timers.read_text() == ""


def test_the_folder_of_a_run_is_its_own_and_for_its_owner_alone(tmp_path: Path, timers: Path) -> None:
    play(tmp_path, "backup", "workplace", "workplace", backup_work_dir=str(tmp_path))
    made = list(tmp_path.glob("mosaic-backup.*"))
    assert len(made) == 2
    assert {folder.stat().st_mode & 0o777 for folder in made} == {0o700}
    for folder in made:
        told = next(line for line in timers.read_text().splitlines() if str(folder) in line)
        assert told.endswith(f"rm -rf {folder} /run/{folder.name}"), (
            "the host removes what a killed run leaves"
        )


def test_what_a_run_left_before_the_last_boot_is_removed(tmp_path: Path, timers: Path) -> None:
    (tmp_path / "mosaic-backup.killed").mkdir()
    (tmp_path / "mosaic-backup.killed" / "dump").write_text("words")
    (tmp_path / "mosaic-backup.goes_on").mkdir()
    (tmp_path / "mosaic-backup.linked").symlink_to(tmp_path / "mosaic-backup.goes_on")
    timers.write_text("mosaic-backup.goes_on\n")
    play(tmp_path, "backup", "workplace", backup_work_dir=str(tmp_path))
    assert not (tmp_path / "mosaic-backup.killed").exists()
    assert (tmp_path / "mosaic-backup.goes_on").exists()


@pytest.mark.parametrize("ours", [True, False])
def test_a_virtual_environment_is_removed_only_if_it_was_made_here(tmp_path: Path, ours: bool) -> None:
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    if ours:
        (venv / ".mosaic-fleet").touch()
    said = play(tmp_path, "runtime", "remove_venv", runtime_target_venv=str(venv))
    assert venv.exists() != ours
    assert ("NOT DONE" in said) != ours


@pytest.mark.parametrize(
    ("comment", "gone"),
    [
        ("mosaic.fleet made group user home", {"home", "user", "group"}),
        ("mosaic.fleet made user", {"user"}),
        ("Ms Deploy", set()),
    ],
    ids=["all ours", "in a home of others", "somebody else's"],
)
def test_a_user_and_a_home_go_only_if_the_role_made_them(
    tmp_path: Path, comment: str, gone: set[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    getent = tmp_path / "getent"
    getent.write_text(f"#!/bin/sh\necho 'root:x:0:0:{comment}:{home}:/bin/sh'\n")
    getent.chmod(0o755)
    said = play(
        tmp_path,
        "orchestrator",
        "remove_data",
        check=True,
        orchestrator_user="root",
        orchestrator_group="root",
        orchestrator_home=str(home),
    )
    ended = {thing: outcome(said, f"Remove the {thing}") for thing in ("home", "user", "group")}
    assert ended == {thing: "changed" if thing in gone else "skipping" for thing in ended}
    assert ("NOT DONE" in said) == (len(gone) < 3)


def test_what_an_interrupted_restore_left_is_removed(tmp_path: Path) -> None:
    """It may hold the only copies of secrets that are still good. What it stood beside is another task's."""
    places = [Place(tmp_path / "etc" / "mosaic"), Place(tmp_path / "lib" / "state")]
    for place in places:
        for folder in (place.path, place.old, place.new):
            folder.mkdir(parents=True)
    play(tmp_path, "backup", "forget_restore", backup_paths=[str(place.path) for place in places])
    assert [path.name for place in places for path in place.path.parent.iterdir()] == ["mosaic", "state"]


@pytest.mark.parametrize("role", [path.parent.parent.name for path in ROOT.glob("roles/*/tasks/restore.yml")])
def test_a_role_that_can_be_restored_leaves_nothing_of_it_when_it_goes(role: str) -> None:
    """What is beside the paths while a restore or an upgrade goes on is removed with the role."""
    tasks = ROOT / "roles" / role / "tasks"
    removal = "".join(file.read_text() for file in tasks.glob("remove*.yml"))
    assert role == "backup" or "tasks_from: forget_restore" in removal
    assert not (tasks / "forget_kept.yml").exists() or "include_tasks: forget_kept.yml" in removal


def test_what_a_killed_backup_left_on_the_controller_is_removed(tmp_path: Path) -> None:
    """What another run is about to finish is not, nor is an archive."""
    names = ["localhost-synapse-20261110T020000Z.age", "localhost-synapse-20261110T030000Z.age.part"]
    fresh = tmp_path / "localhost-synapse-20261111T030000Z.age.part"
    for file in [fresh, *(tmp_path / name for name in names)]:
        file.touch()
    for name in names:
        os.utime(tmp_path / name, (0, 0))
    play(tmp_path, "backup", "unfinished", backup_dir=str(tmp_path), backup_kind="synapse")
    assert sorted(path.name for path in tmp_path.glob("*.age*")) == [names[0], fresh.name]
