# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module backup_place: a place that is a mount point stays, and its content changes."""

from __future__ import annotations

import itertools
import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.manifest import BackupError
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.places import Place
from ansible_collections.mosaic.fleet.plugins.modules import backup_place

AGENT = pwd.getpwnam("nobody")


@pytest.fixture(params=[True, False], ids=["mounted", "not mounted"])
def data(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with old content, and new content that was unpacked."""
    path = tmp_path / "data"
    monkeypatch.setattr(Path, "is_mount", lambda self: request.param and self == path)
    path.mkdir(0o755)
    (path / "old").write_text("old")
    unpacked(path)
    return path


def unpacked(path: Path) -> None:
    """New content waits for its place."""
    place = Place(path)
    place.prepare()
    place.new.mkdir(0o700)
    (place.new / "new").write_text("new")


def names(path: Path) -> list[str]:
    """What is in a folder and around it."""
    return sorted(p.name for p in path.iterdir()) + sorted(p.name for p in path.parent.iterdir() if p != path)


def test_the_new_takes_the_place_and_the_old_can_come_back(run_main, data: Path) -> None:
    inode = data.stat().st_ino
    assert run_main(backup_place, paths=[str(data)], state="placed")["changed"] is True
    assert (data / "new").exists()
    assert not (data / "old").exists()
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data.stat().st_ino == inode) == data.is_mount()
    assert run_main(backup_place, paths=[str(data)], state="undone")["changed"] is True
    assert names(data) == ["old"]
    assert data.stat().st_mode & 0o777 == 0o755


def test_the_old_goes_when_the_new_is_kept(run_main, data: Path) -> None:
    run_main(backup_place, paths=[str(data)], state="placed")
    run_main(backup_place, paths=[str(data)], state="kept")
    assert names(data) == ["new"]


def test_undoing_what_was_only_unpacked_removes_that(run_main, data: Path) -> None:
    run_main(backup_place, paths=[str(data)], state="undone")
    assert names(data) == ["old"]


STEPS = {"os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chown", "os.chmod", "open"}


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do it in a process that dies before one of its steps; whether it came that far."""
    child = os.fork()
    if child == 0:
        done = 0

        def count(event: str, _arguments: object) -> None:
            nonlocal done
            done += event in STEPS
            if done > step:
                os._exit(1)

        sys.addaudithook(count)
        work()
        os._exit(0)
    return os.waitpid(child, 0)[1] != 0


@pytest.mark.parametrize("first", ["put", "put_back"])
def test_a_restore_that_is_killed_anywhere_is_undone_by_the_next_one(data: Path, first: str) -> None:
    for step in itertools.count():
        if first == "put_back":
            Place(data).put()
        if not killed_at(step, getattr(Place(data), first)):
            break
        Place(data).put_back()
        assert names(data) == ["old"], step
        assert data.stat().st_mode & 0o777 == 0o755, step
        unpacked(data)
    assert step > 5


def test_what_was_proven_stays_although_its_end_was_killed(data: Path) -> None:
    """Nothing half removed is put back in the place of it."""
    (data / "older").write_text("old")
    for step in itertools.count():
        Place(data).put()
        if not killed_at(step, Place(data).keep):
            break
        Place(data).put_back()
        assert names(data) in (["new"], ["old", "older"]), step
        for name in ("old", "older", "new"):
            (data / name).unlink(missing_ok=True)
        (data / "old").write_text("old")
        (data / "older").write_text("old")
        unpacked(data)
    assert step > 3


@pytest.mark.parametrize("data", [True], indirect=True, ids=["mounted"])
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to lose here")
class TestItsOwner:
    """In a mount point, what a restore makes stands in a folder of the service's, who may exchange it."""

    @pytest.fixture
    def private(self, data: Path) -> Path:
        """What is root's, elsewhere on the same file system."""
        private = data.parent / "private"
        private.mkdir(0o700)
        (private / "secret").write_text("root's alone")
        return private

    def test_may_exchange_the_folder_that_is_unpacked_into(self, data: Path, private: Path) -> None:
        """What is written goes where it was to go, and not where the link leads."""
        place = Place(data)
        place.prepare()
        new = place.new
        (data / ".mosaic-restore-new").rename(data / "away")
        (data / ".mosaic-restore-new").symlink_to(private)
        new.mkdir()
        assert (data / "away" / "content").is_dir()
        with pytest.raises(BackupError, match="must be a folder that a restore made for itself"):
            Place(data).put()
        assert [path.name for path in private.iterdir()] == ["secret"]

    def test_gets_nothing_by_setting_a_link_aside(self, data: Path, private: Path) -> None:
        """What was set aside is put back; it would be root's folder."""
        aside = data / ".mosaic-restore-old"
        aside.mkdir(0o700)
        (aside / "content").symlink_to(private)
        os.chown(aside, AGENT.pw_uid, AGENT.pw_gid)
        for undo in (Place(data).put_back, Place(data).prepare, Place(data).keep):
            with pytest.raises(BackupError, match="must be a folder that a restore made for itself"):
                undo()
        assert [path.name for path in private.iterdir()] == ["secret"]
        assert not (data / "secret").exists()


def test_a_mount_point_below_a_place_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data" / "media").mkdir(parents=True)
    mounts = f"/dev/x {tmp_path}/data/media ext4 rw 0 0\n"
    read = Path.read_text
    monkeypatch.setattr(
        Path,
        "read_text",
        lambda self, **how: mounts if str(self) == "/proc/self/mounts" else read(self, **how),
    )
    with pytest.raises(Exception, match="is a mount point, so"):
        Place(tmp_path / "data").prepare()
