# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module backup_pack: what is packed can be read back, and a failure leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.host import stopped
from ansible_collections.mosaic.fleet.plugins.modules import backup_info, backup_pack
from fakes.backups import Keys, make_data, make_keys


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """A pair of keys."""
    return make_keys(tmp_path)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Where archives are written."""
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture
def pack(run_main, tmp_path: Path, keys: Keys, work: Path):
    """Pack a service's folder, with some arguments changed."""
    data = make_data(tmp_path / "data")

    def once(*, check: bool = False, **changes) -> dict:
        arguments = {
            "dest": str(work / "a.age"),
            "recipients": [keys.public],
            "kind": "synapse",
            "name": "fleet.example",
            "host": "matrix",
            "version": "1.2.3",
            "parts": [{"path": str(data), "databases": ["*.db"]}],
        }
        return run_main(backup_pack, check=check, **{**arguments, **changes})

    return once


def test_an_archive_says_whose_it_is_and_what_is_in_it(pack, run_main, keys: Keys) -> None:
    packed = pack()
    assert packed["changed"] is True
    assert packed["files"] == 3
    assert Path(packed["path"]).stat().st_mode & 0o777 == 0o600
    info = run_main(backup_info, src=packed["path"], identity_path=str(keys.identity))
    assert (info["kind"], info["name"], info["host"], info["version"], info["files"]) == (
        "synapse",
        "fleet.example",
        "matrix",
        "1.2.3",
        3,
    )


def test_nothing_of_it_is_in_plain_text(pack, work: Path) -> None:
    packed = pack()
    assert b"s3cret" not in Path(packed["path"]).read_bytes()
    assert [path.name for path in work.iterdir()] == ["a.age"]


def test_a_database_in_use_is_packed_with_what_was_just_written(pack, tmp_path: Path, keys: Keys) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "state.db")) as writer:
        writer.execute("INSERT INTO words VALUES ('second')")
        writer.commit()
        packed = pack()
    script = 'age -d -i "$1" "$2" | tar -xzO "files$3/data/state.db" >"$3/copy.db"'
    subprocess.run(["bash", "-c", script, "bash", keys.identity, packed["path"], tmp_path], check=True)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT count(*) FROM words").fetchone() == (2,)


def test_a_check_packs_nothing_and_sees_what_is_missing(pack, work: Path, tmp_path: Path) -> None:
    assert pack(check=True)["changed"] is True
    assert list(work.iterdir()) == []
    missing = pack(check=True, parts=[{"path": str(tmp_path / "nowhere")}])
    assert "Provision it first" in missing["msg"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"recipients": ["age1nonsense"]}, "age could not go on: malformed recipient"),
        (
            {"dumps": [{"name": "d", "argv": ["sh", "-c", "echo no such database >&2; exit 3"]}]},
            "no such database",
        ),
        (
            {"dumps": [{"name": "d", "argv": ["sleep", "9"]}], "dump_timeout": 1},
            "was not done within 1 seconds",
        ),
        ({"dest": "/nowhere/a.age"}, "No such file or directory"),
    ],
)
def test_a_failure_is_a_sentence_and_leaves_nothing_behind(
    pack, work: Path, changes: dict, sentence: str
) -> None:
    failed = pack(**changes)
    assert sentence in failed["msg"]
    assert list(work.iterdir()) == []


def test_a_damaged_database_is_not_taken_for_a_backup(pack, tmp_path: Path, work: Path) -> None:
    (tmp_path / "data" / "state.db").write_bytes(b"SQLite format 3\0" + b"nonsense" * 1000)
    assert "cannot be copied" in pack()["msg"]
    assert list(work.iterdir()) == []


def test_a_full_disk_is_seen_before_it_is_full(pack, monkeypatch: pytest.MonkeyPatch, work: Path) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("usage", (), {"free": 1000})())
    assert "there are 1000 left" in pack()["msg"]
    assert list(work.iterdir()) == []


def test_a_disk_that_fills_up_meanwhile_is_a_sentence(
    pack, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = work.parent / "bin" / "age"
    stub.parent.mkdir()
    stub.write_text(
        "#!/bin/sh\nhead -c 1000 >/dev/null\necho 'age: error: no space left on device' >&2\nexit 1\n"
    )
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stub.parent}:/usr/bin:/bin")
    assert "age could not go on: no space left on device" in pack()["msg"]
    assert list(work.iterdir()) == []


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A systemctl that notes what it is asked for; the unit is active. A systemd-run that runs it, as another process."""
    programs, notes = tmp_path / "bin", tmp_path / "notes"
    programs.mkdir()
    (programs / "systemctl").write_text(f'#!/bin/sh\necho "$*" | sed "s/-[0-9]*[.]/-PID./" >>{notes}\n')
    run = "while [ $1 != /bin/sh ]; do shift; done"
    (programs / "systemd-run").write_text(f'#!/bin/sh\n{run}\nsetsid "$@" >/dev/null 2>&1 </dev/null &\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/local/bin:/usr/bin:/bin")
    return notes


@pytest.fixture
def no_guard(systemctl: Path) -> Path:
    """A systemd-run that does nothing, since the tests' own process goes on."""
    (systemctl.parent / "bin" / "systemd-run").write_text("#!/bin/sh\n")
    return systemctl


def test_a_unit_is_stopped_for_the_copy_and_started_again(pack, no_guard: Path) -> None:
    assert "stopped_seconds" in pack(stop_unit="a.service")
    assert no_guard.read_text().splitlines() == [
        "is-active a.service",
        "stop a.service",
        "start a.service",
        "stop mosaic-backup-guard-PID.service",
    ]


def test_a_unit_is_started_again_after_a_failure_too(pack, no_guard: Path) -> None:
    assert pack(stop_unit="a.service", recipients=["age1nonsense"])["failed"] is True
    assert no_guard.read_text().splitlines()[-2:] == [
        "start a.service",
        "stop mosaic-backup-guard-PID.service",
    ]


def test_a_unit_is_not_stopped_where_nobody_would_start_it_again(pack, no_guard: Path) -> None:
    (no_guard.parent / "bin" / "systemd-run").write_text("#!/bin/sh\necho 'no bus' >&2\nexit 1\n")
    assert "systemd-run cannot see to it: no bus" in pack(stop_unit="a.service")["msg"]
    assert no_guard.read_text().splitlines() == ["is-active a.service"]


def test_a_unit_is_started_again_although_the_program_is_killed(systemctl: Path) -> None:
    """As the kernel does where memory runs out."""
    child = os.fork()
    if child == 0:
        with stopped("a.service"):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    deadline = time.monotonic() + 20
    while "start a.service" not in systemctl.read_text().splitlines():
        assert time.monotonic() < deadline
        time.sleep(0.1)
