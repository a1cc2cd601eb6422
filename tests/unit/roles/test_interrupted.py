# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run leaves half done, the next one finishes."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from fakes.role_tasks import ROOT, run_tasks

OLD, NEW = "DISCORD_BOT_TOKEN=old\n", "DISCORD_BOT_TOKEN=new\n"


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    (tmp_path / "connector.env").write_text(OLD)
    return tmp_path / "connector.env"


def rotate(credentials: Path, step: str) -> str:
    """Take a step of a rotation; what is said of it."""
    return run_tasks(
        credentials.parent,
        "orchestrator",
        "general/rotate.yml",
        tell="__orchestrator_rotation",
        orchestrator_connector="discord",
        orchestrator_connector_secrets={"DISCORD_BOT_TOKEN": "new\n"},
        __orchestrator_credentials=str(credentials),
        __orchestrator_rotation_step=step,
    )


def test_a_rotation_that_was_interrupted_is_finished(credentials: Path) -> None:
    former = credentials.with_name("connector.env.former")
    assert '"changed": true' in rotate(credentials, "renewed")
    assert '"changed": true' in rotate(credentials, "renewed"), "the bridge has not seen the new token yet"
    assert (credentials.read_text(), former.read_text()) == (NEW, OLD)
    rotate(credentials, "settled")
    assert not former.exists()
    assert '"changed": false' in rotate(credentials, "renewed")
    assert not former.exists()


def test_a_rotation_that_does_not_do_is_undone_after_an_interruption_too(credentials: Path) -> None:
    rotate(credentials, "renewed")
    rotate(credentials, "renewed")
    rotate(credentials, "restored")
    assert credentials.read_text() == OLD


@pytest.mark.parametrize("part", ["mosaic_connectors", "mosaic_connectors-1.0.0.dist-info", ""])
def test_the_note_of_an_installation_can_be_removed(tmp_path: Path, part: str) -> None:
    """The note of the one before would say that all of it is there. What is there, pip would keep: by no Python that may be gone."""
    library = tmp_path / "venv/lib/python3.11/site-packages"
    (library / (part or "another")).mkdir(parents=True)
    (library / "mosaic-digest").write_text("former")
    forget = "Remove the note of what has been installed"
    said = run_tasks(
        tmp_path, "runtime", "install.yml", forget,
        tell="__runtime_former.stdout", runtime_venv=str(tmp_path / "venv"),
    )  # fmt: skip
    assert not (library / "mosaic-digest").exists()
    assert (f"{library}/mosaic_connectors" in said.rpartition("TASK")[2]) == bool(part)


def test_the_note_goes_before_anything_is_installed() -> None:
    tasks = yaml.safe_load((ROOT / "roles/runtime/tasks/install.yml").read_text())
    assert tasks[0]["name"] == "Remove the note of what has been installed"


def install(place: Path, python: Path, seconds: int) -> str:
    """Install into the virtual environment that this Python is of."""
    place.mkdir()
    return run_tasks(
        place,
        "runtime",
        "venv.yml",
        runtime_python=str(python),
        runtime_target_venv=str(python.parents[1]),
        runtime_target_installs=[["one"], ["another"]],
        runtime_install_timeout=seconds,
        runtime_pip_environment={},
        runtime_pip_extra_args=[],
        runtime_wheelhouse="",
    )


def test_an_installation_waits_for_the_one_that_a_killed_run_left_behind(tmp_path: Path) -> None:
    """Its controller is gone, and pip goes on on the host: two at once would leave a mixture that is noted as whole."""
    python, log = tmp_path / "venv/bin/python", tmp_path / "log"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\necho begins >>{log}\nsleep 0.3\necho ends >>{log}\n")
    python.chmod(0o755)
    with ThreadPoolExecutor() as pool:
        said = list(pool.map(lambda name: install(tmp_path / name, python, 60), ("first", "second")))
    assert all("failed=0" in one for one in said), said
    assert log.read_text().split() == ["begins", "ends"] * 6


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ("synapse/__init__.py,,\nsynapse/old.pyc,,\n", "1.2.3"),
        ("synapse/__init__.py,,\nsynapse/app.py,,\n", "a part of Synapse is gone"),
        (None, "a part of Synapse is gone"),
    ],
)
def test_a_synapse_of_which_something_is_gone_is_not_taken_for_installed(
    tmp_path: Path, record: str | None, says: str
) -> None:
    """As pip would, after one of its own that was killed, and install nothing."""
    about = tmp_path / "site/matrix_synapse-1.2.3.dist-info"
    about.mkdir(parents=True)
    (tmp_path / "site/synapse").mkdir()
    (tmp_path / "site/synapse/__init__.py").touch()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: matrix-synapse\nVersion: 1.2.3\n")
    if record:
        (about / "RECORD").write_text(record)
    python = tmp_path / "venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path}/site exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    said = run_tasks(
        tmp_path,
        "synapse",
        "installed.yml",
        tell="[__synapse_installed.stdout, __synapse_installed.stderr]",
        synapse_venv=str(python.parents[1]),
        synapse_workers=0,
        __synapse_workers=0,
    )
    assert says in said


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Be the installation that goes on in it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def test_it_does_not_wait_for_ever(tmp_path: Path) -> None:
    python = tmp_path / "venv/bin/python"
    python.parent.mkdir(parents=True)
    with held(python.parents[1]):
        said = install(tmp_path / "place", python, 2)
    assert "that another run began has not ended within 1 seconds" in said


def begin(place: Path, role: str, *, has: str, wants: str) -> str:
    """What an upgrade is going to do, on a host that has one version and is to have another."""
    return run_tasks(
        place,
        role,
        "upgrade_begin.yml",
        tell=f"{role}_upgrade",
        __conduit_look={"version": has, "open": False},
        __synapse_running={"rc": 0 if has else 1, "stdout": has},
        synapse_venv="/none",
        **{f"{role}_version": wants, f"__{role}_kept_in": str(place)},
    )


@pytest.mark.parametrize("role", ["conduit", "synapse"])
def test_an_upgrade_that_was_interrupted_goes_on_with_its_own_way_back(tmp_path: Path, role: str) -> None:
    """The new version is there, and nobody has proven it."""
    (tmp_path / "way_back.json").write_text('{"from": "1.0", "to": "2.0", "archive": "first.age"}')
    said = begin(tmp_path, role, has="2.0", wants="2.0")
    for word in ('"state": "open"', '"from": "1.0"', '"archive": "first.age"'):
        assert word in said
    said = begin(tmp_path, role, has="2.0", wants="3.0")
    assert '"state": "begun"' in said
    assert "first.age" not in said


@pytest.mark.parametrize("role", ["conduit", "synapse"])
def test_an_upgrade_that_was_interrupted_while_no_version_was_there_goes_on(
    tmp_path: Path, role: str
) -> None:
    """It was cut off while the old one was gone and the new one had not come, or its installation still goes on."""
    (tmp_path / "way_back.json").write_text('{"from": "1.0", "to": "2.0", "archive": "first.age"}')
    said = begin(tmp_path, role, has="", wants="2.0")
    for word in ('"state": "open"', '"from": "1.0"', '"archive": "first.age"'):
        assert word in said


@pytest.mark.parametrize("role", ["conduit", "synapse"])
def test_an_upgrade_whose_version_never_came_begins_again(tmp_path: Path, role: str) -> None:
    """Its host has started the former one, and what was said since is in no archive. Not so in the middle of a roll back."""
    note = '{"from": "1.0", "to": "2.0", "archive": "first.age"'
    (tmp_path / "way_back.json").write_text(note + "}")
    said = begin(tmp_path, role, has="1.0", wants="2.0")
    assert '"state": "begun"' in said
    assert "first.age" not in said
    (tmp_path / "way_back.json").write_text(note + ', "back": true, "why": "interrupted"}')
    said = begin(tmp_path, role, has="1.0", wants="2.0")
    for word in ('"state": "open"', '"why": "interrupted"', '"archive": "first.age"'):
        assert word in said


@pytest.mark.parametrize("role", ["conduit", "synapse"])
def test_an_upgrade_is_needless_where_none_was_interrupted(tmp_path: Path, role: str) -> None:
    assert '"state": "needless"' in begin(tmp_path, role, has="2.0", wants="2.0")
