# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module files: a set of paths is looked at, proven, and put in place all at once."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mosaic.fleet.plugins.modules import files

ROOT = {"owner": "root", "group": "root"}
NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def entries(tmp_path: Path) -> list[dict[str, Any]]:
    """A folder, a file in it, an empty file, and one that is to go."""
    (tmp_path / "gone").write_text("old")
    return [
        {"path": f"{tmp_path}/made", "state": "directory", "mode": "0750", **ROOT},
        {
            "path": f"{tmp_path}/made/file",
            "content": "words\n",
            "mode": "0640",
            "owner": "nobody",
            "group": "root",
        },
        {"path": f"{tmp_path}/made/empty", "state": "present", "mode": "0600", **ROOT},
        {"path": f"{tmp_path}/gone", "state": "absent"},
    ]


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def tree(path: Path) -> dict[str, tuple[int, int, int, str]]:
    """All that is below a folder: number, mode and time of each, and what files hold."""
    return {
        str(one.relative_to(path)): (
            one.lstat().st_ino,
            one.lstat().st_mode,
            one.lstat().st_mtime_ns,
            one.read_text() if one.is_file() else "",
        )
        for one in sorted(path.rglob("*"))
    }


def test_a_set_is_made_at_once_whatever_the_umask_and_a_second_time_changes_nothing(
    run_main, entries, tmp_path: Path
) -> None:
    before = os.umask(0o077)
    try:
        result = run_main(files, entries=entries)
    finally:
        os.umask(before)
    assert result["paths"] == [entry["path"] for entry in entries]
    made = tmp_path / "made"
    assert (mode_of(made), mode_of(made / "file"), mode_of(made / "empty")) == (0o750, 0o640, 0o600)
    assert ((made / "file").read_text(), (made / "empty").read_text()) == ("words\n", "")
    assert (made / "file").stat().st_uid == NOBODY.pw_uid
    assert not (tmp_path / "gone").exists()
    held = tree(tmp_path)
    again = run_main(files, entries=entries)
    assert (again["changed"], again["paths"], again["diff"]) == (False, [], [])
    assert tree(tmp_path) == held


def test_check_mode_predicts_the_same_and_writes_nothing(run_main, entries, tmp_path: Path) -> None:
    held = tree(tmp_path)
    predicted = run_main(files, check=True, entries=entries)
    assert tree(tmp_path) == held
    done = run_main(files, entries=entries)
    assert (predicted["paths"], predicted["diff"]) == (done["paths"], done["diff"])


@pytest.mark.parametrize("drift", ["content", "mode", "owner", "missing", "link", "folder"])
def test_drift_made_by_hand_is_put_right_and_only_that(run_main, entries, tmp_path: Path, drift: str) -> None:
    run_main(files, entries=entries)
    file = tmp_path / "made/file"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("untouched")
    if drift == "content":
        file.write_text("other\n")
    elif drift == "mode":
        file.chmod(0o666)
    elif drift == "owner":
        os.chown(file, 0, 0)
    elif drift == "folder":
        (tmp_path / "made").chmod(0o777)
    else:
        file.unlink()
        if drift == "link":
            file.symlink_to(elsewhere)
    result = run_main(files, entries=entries)
    assert result["paths"] == [str(tmp_path / "made") if drift == "folder" else str(file)]
    assert (file.read_text(), mode_of(file), file.stat().st_uid) == ("words\n", 0o640, NOBODY.pw_uid)
    assert (file.is_symlink(), elsewhere.read_text()) == (False, "untouched")
    assert run_main(files, entries=entries)["changed"] is False


def test_one_file_that_is_refused_keeps_the_whole_set_as_it_was(run_main, tmp_path: Path) -> None:
    (tmp_path / "first").write_text("old")
    (tmp_path / "first").chmod(0o644)
    held = tree(tmp_path)
    one = {"mode": "0644", **ROOT}
    result = run_main(
        files,
        entries=[
            {"path": f"{tmp_path}/first", "content": "new", **one},
            {
                "path": f"{tmp_path}/second",
                "content": "bad",
                "validate": "/bin/sh -c 'echo $0 is bad >&2; false' %s",
                **one,
            },
        ],
    )
    assert result["failed"] is True
    assert (
        result["msg"]
        == f"{tmp_path}/second would be wrong, and nothing was changed: {tmp_path}/second is bad"
    )
    assert tree(tmp_path) == held


def test_a_secret_is_in_no_output_and_its_change_is_told(run_main, tmp_path: Path) -> None:
    entry = {"path": f"{tmp_path}/env", "secret_content": "A=hush-hush\n", "mode": "0600", **ROOT}
    result = run_main(files, entries=[entry])
    assert (tmp_path / "env").read_text() == "A=hush-hush\n"
    (tmp_path / "env").write_text("A=mutter\n")
    changed = run_main(files, entries=[entry])
    assert "hush" not in json.dumps([result, changed])
    assert "mutter" not in json.dumps(changed)
    assert changed["diff"][0]["before"]["content"] != changed["diff"][0]["after"]["content"]


def test_what_somebody_else_wrote_is_not_replaced_and_not_removed(run_main, tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("BY=hand\n")
    given = {"path": str(path), "content": "# Ours\n", "mode": "0600", "mark": "# Ours", **ROOT}
    refused = run_main(files, entries=[given])
    assert "written by hand" in refused["msg"]
    gone = {"path": str(path), "state": "absent", "mark": "# Ours"}
    assert run_main(files, entries=[gone])["changed"] is False
    assert path.read_text() == "BY=hand\n"
    path.write_text("# Ours, as it was\nA=b\n")
    assert run_main(files, entries=[given])["changed"] is True
    assert run_main(files, entries=[gone])["changed"] is True
    assert not path.exists()


def test_what_a_file_held_that_is_removed_is_not_shown(run_main, tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("# Ours\nAPI_KEY=hush-hush\n")
    gone = {"path": str(path), "state": "absent", "mark": "# Ours"}
    for check in (True, False):
        result = run_main(files, check=check, entries=[gone])
        assert result["changed"] is True
        assert "hush" not in json.dumps(result)


def below(path: Path, *parts: str, state: str = "file") -> list[dict[str, Any]]:
    """Files of root's below a folder that stays, or their absence."""
    given = {"content": "words\n", "mode": "0600", **ROOT} if state == "file" else {"state": state}
    return [{"path": f"{path}/{part}", "below": str(path), **given} for part in parts]


def test_folders_come_and_go_with_the_files_in_them(run_main, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir(0o700)
    names = ("beside", "new/deep/one", "new/two", "there/three")
    before = os.umask(0o077)
    try:
        predicted = run_main(files, check=True, entries=below(tmp_path, *names))
        made = run_main(files, entries=below(tmp_path, *names))
    finally:
        os.umask(before)
    assert (predicted["paths"], predicted["diff"]) == (made["paths"], made["diff"])
    assert made["paths"][:4] == [f"{tmp_path}/{one}" for one in ("beside", "new", "new/deep", "new/deep/one")]
    assert [mode_of(tmp_path / one) for one in ("new", "new/deep", "there")] == [0o755, 0o755, 0o700]
    assert run_main(files, entries=below(tmp_path, *names))["changed"] is False
    held = tree(tmp_path)
    predicted = run_main(files, check=True, entries=below(tmp_path, *names, state="absent"))
    assert tree(tmp_path) == held
    gone = run_main(files, entries=below(tmp_path, *names, state="absent"))
    assert (predicted["paths"], predicted["diff"]) == (gone["paths"], gone["diff"])
    assert list(tmp_path.iterdir()) == []
    assert run_main(files, entries=below(tmp_path, *names, state="absent"))["changed"] is False


@pytest.mark.parametrize("why", ["another file", "a file to be", "a link", "nothing of ours", "not ours"])
def test_a_folder_stays_that_is_not_ours_alone(run_main, tmp_path: Path, why: str) -> None:
    folder = tmp_path / "folder"
    real = tmp_path / "real" if why == "a link" else folder
    real.mkdir()
    if why == "a link":
        folder.symlink_to(real)
    if why != "nothing of ours":
        (folder / "ours").write_text("by hand\n" if why == "not ours" else "# Ours\n")
    if why == "another file":
        (folder / "theirs").write_text("kept")
    entries = below(tmp_path, "folder/ours", state="absent")
    entries[0]["mark"] = "# Ours"
    if why == "a file to be":
        entries += below(tmp_path, "folder/new")
    run_main(files, entries=entries)
    assert folder.is_dir()
    assert (folder / "ours").exists() is (why == "not ours")
    assert (folder / "theirs").exists() is (why == "another file")
    assert run_main(files, entries=entries)["changed"] is False


def test_a_folder_in_one_that_an_entry_before_makes_is_made_in_it(run_main, tmp_path: Path) -> None:
    outer = {"path": f"{tmp_path}/outer", "state": "directory", "mode": "0711", **ROOT}
    run_main(files, entries=[outer, *below(tmp_path, "outer/inner/file")])
    assert [mode_of(tmp_path / one) for one in ("outer", "outer/inner")] == [0o711, 0o755]


def test_a_folder_that_is_none_is_told_in_a_sentence(run_main, tmp_path: Path) -> None:
    (tmp_path / "new").write_text("")
    result = run_main(files, entries=below(tmp_path, "new/one"))
    assert "new is expected to be a directory, and is a file. Move it away" in result["msg"]


def test_a_folder_may_be_roots_own_link_and_nobody_elses(run_main, tmp_path: Path) -> None:
    elsewhere, link = tmp_path / "elsewhere", tmp_path / "data"
    elsewhere.mkdir(0o755)
    link.symlink_to(elsewhere)
    entry = {"path": str(link), "state": "directory", "mode": "0700", **ROOT}
    assert run_main(files, entries=[entry])["changed"] is True
    assert (mode_of(elsewhere), link.is_symlink()) == (0o700, True)
    elsewhere.chmod(0o755)
    os.chown(link, NOBODY.pw_uid, NOBODY.pw_gid, follow_symlinks=False)
    assert "a link of another user's" in run_main(files, entries=[entry])["msg"]
    assert mode_of(elsewhere) == 0o755


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"path": "relative", "content": "", "mode": "0644"}, "absolute"),
        ({"path": "/x", "content": "", "mode": "644"}, "four octal digits"),
        ({"path": "/x", "content": ""}, "four octal digits"),
        ({"path": "/x", "mode": "0644"}, "one of content and secret_content"),
        ({"path": "/x", "state": "directory", "content": "", "mode": "0755"}, "every other state neither"),
        ({"path": "/x", "content": "a", "secret_content": "b", "mode": "0644"}, "one of content"),
        ({"path": "/nowhere/at/all/x", "content": "", "mode": "0644"}, "make it first"),
        ({"path": "/tmp", "content": "", "mode": "0644"}, "expected to be a file, and is a directory"),
        ({"path": "/dev/null", "content": "", "mode": "0644"}, "expected to be a file, and is none"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(run_main, entry: dict[str, Any], words: str) -> None:
    result = run_main(files, entries=[entry])
    assert result["failed"] is True
    assert words in result["msg"]


def test_a_user_that_is_missing_fails_a_run_and_is_a_change_to_a_check(run_main, tmp_path: Path) -> None:
    entry = {
        "path": f"{tmp_path}/file",
        "content": "a",
        "mode": "0644",
        "owner": "no-such-user",
        "group": "root",
    }
    assert run_main(files, check=True, entries=[entry])["changed"] is True
    assert "Create it first" in run_main(files, entries=[entry])["msg"]
    assert list(tmp_path.iterdir()) == []
