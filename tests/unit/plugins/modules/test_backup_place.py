# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module backup_place: a place that is a mount point stays, and its content changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.places import Place
from ansible_collections.mosaic.fleet.plugins.modules import backup_place


@pytest.fixture(params=[True, False], ids=["mounted", "not mounted"])
def data(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with old content, and new content that was unpacked."""
    path = tmp_path / "data"
    monkeypatch.setattr(Path, "is_mount", lambda self: request.param and self == path)
    path.mkdir(0o755)
    (path / "old").write_text("old")
    place = Place(path)
    place.prepare()
    place.new.mkdir(0o700)
    (place.new / "new").write_text("new")
    return path


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
