# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several files are written all or none, and what is put back is the very file it was."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest
from fakes.setup_bench import ROSTER, Bench
from mosaic_connectors.errors import StateError
from mosaic_connectors.settings import load_settings
from mosaic_connectors.setup.writing import FileChange, write_together


def facts(file: Path) -> tuple[bytes, int, int, int]:
    found = file.stat()
    return file.read_bytes(), found.st_mode, found.st_ino, found.st_mtime_ns


@pytest.fixture
def first(tmp_path: Path) -> Path:
    file = tmp_path / "first"
    file.write_text("one\n")
    file.chmod(0o640)
    os.utime(file, ns=(1, 1))
    return file


def test_what_differs_is_written_with_its_old_mode_and_nothing_else_is_touched(first: Path) -> None:
    other = first.with_name("other")
    other.write_text("same\n")
    before = facts(other)
    changes = [FileChange(first, "one\n", "two\n"), FileChange(other, "same\n", "same\n")]
    assert write_together(changes) == [first]
    assert (first.read_text(), stat.S_IMODE(first.stat().st_mode)) == ("two\n", 0o640)
    assert facts(other) == before
    assert sorted(file.name for file in first.parent.iterdir()) == ["first", "other"]


@pytest.mark.parametrize("linked", [True, False])
def test_when_the_second_fails_the_first_is_put_back(
    first: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    """Same bytes, same time; where the file system has links even the same inode. A new file is gone again."""
    before, second, third = facts(first), first.with_name("new"), first.with_name("third")
    replace = os.replace

    def full(source: object, target: object) -> None:
        if target == third:
            raise OSError(28, "No space left on device", str(third))
        replace(source, target)  # type: ignore[arg-type]

    def no_links(*_arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "replace", full)
    if not linked:
        monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(StateError, match=r"No space left on device. Every file is as it was\."):
        write_together(
            [FileChange(first, "one\n", "2"), FileChange(second, None, "2"), FileChange(third, None, "3")]
        )
    assert facts(first)[:2] + facts(first)[3:] == before[:2] + before[3:]
    assert facts(first)[2] == before[2] or not linked
    assert list(first.parent.iterdir()) == [first]


def test_a_folder_that_was_made_is_gone_after_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    changes = [
        FileChange(tmp_path / "a" / "b" / "new", None, "1"),
        FileChange(tmp_path / "file" / "new", None, "2"),
    ]
    with pytest.raises(StateError, match="Every file is as it was"):
        write_together(changes)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    write_together(changes[:1])
    assert (tmp_path / "a" / "b" / "new").read_text() == "1"


def test_a_folder_that_is_made_lets_the_bridge_in_whatever_the_umask(tmp_path: Path) -> None:
    """On a hardened host it would be for root alone, and the bridge is another user."""
    before = os.umask(0o077)
    try:
        write_together([FileChange(tmp_path / "a" / "b" / "new", None, "1")])
    finally:
        os.umask(before)
    modes = [
        path.stat().st_mode & 0o777
        for path in (tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "new")
    ]
    assert modes == [0o755, 0o755, 0o644]


def test_a_file_that_somebody_changed_meanwhile_is_not_overwritten(first: Path) -> None:
    before = facts(first)
    with pytest.raises(StateError, match="was changed by somebody else"):
        write_together([FileChange(first, "an older text\n", "two\n")])
    assert facts(first) == before


def test_a_ctrl_c_in_the_middle_of_writing_comes_after_it_and_is_told_so(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.settings.write_text(f"roster_path: {bench.folder / 'another.yaml'}\n")
    replace = os.replace

    def interrupted(source: object, target: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        replace(source, target)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bench.set_up("tmux")
    told = ("Everything was written by then.", f"{bench.roster} is written")  # by Python 3.10, by later ones
    assert any(words in bench.said for words in told)
    assert "Nothing was written" not in bench.said
    assert bench.roster.read_text() == f"{ROSTER}connector:\n  kind: tmux\n"
    assert load_settings().roster_path == str(bench.roster)


def test_secrets_get_their_mode_and_links_stay_links(first: Path) -> None:
    link = first.with_name("link")
    link.symlink_to(first)
    write_together([FileChange(link, "one\n", "two\n", 0o600, secret=True)])
    assert link.is_symlink()
    assert (first.read_text(), stat.S_IMODE(first.stat().st_mode)) == ("two\n", 0o600)
