# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules backup_unpack and backup_place: what was packed is there again, and what was there is never lost."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest
from ansible_collections.mosaic.fleet.plugins.modules import backup_pack, backup_place, backup_unpack
from fakes.backups import Keys, make_data, make_keys, me, rows, tree


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """A pair of keys."""
    return make_keys(tmp_path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A service's folder."""
    (tmp_path / "var").mkdir()
    return make_data(tmp_path / "var" / "data")


@pytest.fixture
def archive(run_main, tmp_path: Path, keys: Keys, data: Path) -> Path:
    """An archive of it."""
    packed = run_main(
        backup_pack,
        dest=str(tmp_path / "a.age"),
        recipients=[keys.public],
        kind="synapse",
        name="fleet.example",
        host="matrix",
        parts=[{"path": str(data), "databases": ["*.db"]}],
        dumps=[{"name": "words", "argv": ["echo", "a dump"]}],
    )
    return Path(packed["path"])


@pytest.fixture
def unpack(run_main, tmp_path: Path, archive: Path, keys: Keys, data: Path):
    """Unpack it, with some arguments changed."""
    (tmp_path / "dumps").mkdir()

    def once(*, check: bool = False, **changes) -> dict:
        arguments = {
            "src": str(archive),
            "identity_path": str(keys.identity),
            "kind": "synapse",
            "name": "fleet.example",
            "paths": [str(data)],
            "dumps": str(tmp_path / "dumps"),
        }
        return run_main(backup_unpack, check=check, **{**arguments, **changes})

    return once


@pytest.fixture
def place(run_main, data: Path):
    """Bring the folder into a state."""

    def once(state: str, *, check: bool = False) -> dict:
        return run_main(backup_place, check=check, paths=[str(data)], state=state)

    return once


def make(folder: Path) -> Path:
    """A new folder."""
    folder.mkdir()
    return folder


def lose(data: Path) -> None:
    """A new host."""
    subprocess.run(["rm", "-rf", str(data)], check=True)


def test_what_was_packed_is_there_again(unpack, place, data: Path) -> None:
    before = tree(data)
    lose(data)
    unpacked = unpack()
    assert (unpacked["changed"], unpacked["paths"]) == (True, [str(data)])
    assert not data.exists()  # not before it is put in its place
    assert place("placed")["changed"] is True
    assert tree(data) == before
    assert rows(data / "state.db") == ["first"]
    assert data.stat().st_mode & 0o777 == 0o700
    assert Path(unpacked["dumps"][0]).read_text() == "a dump\n"
    assert place("kept")["changed"] is True
    assert [path.name for path in data.parent.iterdir()] == ["data"]
    assert place("kept")["changed"] is False


def test_data_that_is_there_is_not_replaced_unasked(unpack, data: Path) -> None:
    for check in (True, False):
        assert "Set backup_overwrite to true if that data may go." in unpack(check=check)["msg"]
    assert [path.name for path in data.parent.iterdir()] == ["data"]


def test_what_was_there_comes_back_when_the_restore_is_undone(unpack, place, data: Path) -> None:
    (data / "newer").write_text("newer\n")
    before = tree(data)
    assert unpack(overwrite=True)["changed"] is True
    assert place("placed", check=True)["changed"] is True
    assert (data / "newer").exists()
    place("placed")
    assert not (data / "newer").exists()
    assert place("undone")["changed"] is True
    assert tree(data) == before
    assert place("undone")["changed"] is False
    assert [path.name for path in data.parent.iterdir()] == ["data"]


def test_undoing_a_restore_onto_nothing_leaves_nothing(unpack, place, data: Path) -> None:
    lose(data)
    unpack()
    place("placed")
    place("undone")
    assert list(data.parent.iterdir()) == []


def test_what_an_interrupted_restore_set_aside_is_not_thrown_away(
    unpack, place, data: Path, tmp_path: Path
) -> None:
    """It is what the next one finds, and sets aside in its turn."""
    before = tree(data)
    unpack(overwrite=True)
    place("placed")
    (data / "newer").write_text("of the restore that was never proven\n")
    assert unpack(overwrite=True, dumps=str(make(tmp_path / "others")))["changed"] is True
    assert tree(data) == before
    place("placed")
    place("undone")
    assert tree(data) == before
    assert [path.name for path in data.parent.iterdir()] == ["data"]


def test_data_that_is_only_set_aside_is_no_empty_place(unpack, place, data: Path) -> None:
    """Killed between the two renames; nobody has said that it may be replaced."""
    unpack(overwrite=True)
    place("placed")
    lose(data)
    assert "expected to be empty" in unpack()["msg"]


def test_a_check_writes_nothing(unpack, data: Path) -> None:
    lose(data)
    assert unpack(check=True)["changed"] is True
    assert list(data.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "other.example"}, "is expected to be of synapse other.example"),
        ({"paths": ["/nowhere/else"]}, "which is none of /nowhere/else"),
        ({"identity_path": "/nowhere"}, "private key of age"),
        ({"dumps": None}, "which is none of"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(unpack, data: Path, changes: dict, sentence: str) -> None:
    lose(data)
    if "/nowhere/else" in changes.get("paths", []):
        changes = {"paths": [str(data.parent / "elsewhere")]}
        sentence = f"which is none of {data.parent}/elsewhere"
    assert sentence in unpack(**changes)["msg"]
    assert list(data.parent.iterdir()) == []


def test_too_little_room_is_seen_before_anything_is_written(
    unpack, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(data)
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("usage", (), {"free": 1000})())
    assert "has 1000 left" in unpack()["msg"]
    assert list(data.parent.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["{data}/../escaped", "{data}/link/escaped", "/etc/escaped", "{data}//escaped"]
)
def test_an_archive_that_somebody_forged_writes_nowhere_else(
    unpack, keys: Keys, tmp_path: Path, data: Path, name: str
) -> None:
    """Whoever has the public key can make one."""
    user, group = me()
    lose(data)
    plain = io.BytesIO()
    about = {
        "format": 1,
        "kind": "synapse",
        "name": "fleet.example",
        "host": "h",
        "version": "",
        "made_at": "",
        "sizes": {},
    }
    with tarfile.open(fileobj=plain, mode="w:gz") as tar:
        for path, kind, content in (
            ("about.json", tarfile.REGTYPE, json.dumps(about).encode()),
            (f"files{data}", tarfile.DIRTYPE, b""),
            (f"files{data}/link", tarfile.SYMTYPE, b""),
            ("files" + name.format(data=data), tarfile.REGTYPE, b"x"),
        ):
            member = tarfile.TarInfo(path)
            member.type, member.size, member.linkname = (
                kind,
                len(content),
                str(tmp_path) if kind == tarfile.SYMTYPE else "",
            )
            member.uname, member.gname, member.mode = user, group, 0o755
            tar.addfile(member, io.BytesIO(content))
    subprocess.run(
        ["age", "-r", keys.public, "-o", str(tmp_path / "f.age")], input=plain.getvalue(), check=True
    )
    assert unpack(src=str(tmp_path / "f.age"))["failed"] is True
    assert not list(tmp_path.rglob("escaped"))
    assert not Path("/etc/escaped").exists()
    assert list(data.parent.iterdir()) == []
