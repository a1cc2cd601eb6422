# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent that exchanges what is in its folder while root packs it gets nothing read that is not its own."""

from __future__ import annotations

import io
import os
import pwd
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.manifest import About, BackupError
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.parts import Item, Part, items
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.writing import write_archive

SECRET = "root's alone"
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to lose here")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may enter, as /var/lib is; in it a folder with a secret."""
    place = Path(tempfile.mkdtemp(prefix="mosaic-hostile-", dir="/tmp"))
    place.chmod(0o711)
    (place / "private").mkdir(mode=0o700)
    for name in ("notes", "state.db"):
        make_database(place / "private" / name)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def data(place: Path) -> Path:
    """The agent's folder: a file and a database in a folder of its own."""
    data = place / "data"
    (data / "state").mkdir(parents=True)
    (data / "state" / "notes").write_text("mine")
    make_database(data / "state" / "state.db", "mine")
    return data


def make_database(path: Path, word: str = SECRET) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE words (word)")
        database.execute("INSERT INTO words VALUES (?)", [word])
        database.commit()
    path.chmod(0o600)


def give_away(folder: Path) -> None:
    """Make all of a folder the agent's."""
    agent = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, agent.pw_uid, agent.pw_gid, follow_symlinks=False)


def listed(data: Path) -> list[Item]:
    return items(Part(data, databases=("*.db",)))


def packed(place: Path, found: list[Item]) -> dict[str, bytes]:
    """What the files of the archive hold, by their paths."""
    sink = io.BytesIO()
    about = About("kind", "name", "host", "1", "2026-11-28T00:00:00Z", {})
    spool = place / "spool"
    spool.mkdir(mode=0o711)
    write_archive(sink, about, found, [], spool)
    assert list(spool.iterdir()) == []
    sink.seek(0)
    with tarfile.open(fileobj=sink) as tar:
        files = {member.name: tar.extractfile(member) for member in tar if member.isreg()}
        return {name.removeprefix(f"files{place}/"): file.read() for name, file in files.items() if file}


def test_a_link_in_the_place_of_a_folder_leads_nowhere(place: Path, data: Path) -> None:
    found = listed(data)
    (data / "state").rename(data / "away")
    (data / "state").symlink_to(place / "private")
    with pytest.raises(BackupError, match="must be reached through folders alone"):
        packed(place, found)


@pytest.mark.parametrize(
    "by",
    [lambda path: path.symlink_to(path.parents[2] / "private" / path.name), os.mkfifo],
    ids=["link", "pipe"],
)
@pytest.mark.parametrize("name", ["notes", "state.db"])
def test_what_takes_the_place_of_a_file_is_not_read(
    place: Path, data: Path, name: str, by: Callable[[Path], None]
) -> None:
    """A link is archived as the link that it is by now; a pipe, which nobody writes to, is left out."""
    found = listed(data)
    (data / "state" / name).unlink()
    by(data / "state" / name)
    files = packed(place, found)
    assert f"data/state/{name}" not in files
    assert not any(SECRET.encode() in content for content in files.values())


@root_only
def test_a_database_is_copied_by_its_owner(place: Path, data: Path) -> None:
    """SQLite follows links itself, also those in the place of the files beside a database."""
    give_away(data)
    files = packed(place, listed(data))
    assert b"mine" in files["data/state/state.db"]
    (data / "state" / "state.db").chmod(0)  # root could
    shutil.rmtree(place / "spool")
    with pytest.raises(BackupError, match="cannot be copied: unable to open database file"):
        packed(place, listed(data))


@root_only
def test_a_link_that_comes_as_a_database_is_opened_leads_to_what_the_agent_may_read(
    place: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very last moment: what was looked at is a file, and what SQLite opens is a link."""
    give_away(data)
    found = listed(data)
    looked = os.lstat

    def exchanged(path: str, **options: int) -> os.stat_result:
        look = looked(path, **options)
        if path == "state.db" and not (data / "state" / "state.db").is_symlink():
            (data / "state" / "state.db").unlink()
            (data / "state" / "state.db").symlink_to(place / "private" / "state.db")
        return look

    monkeypatch.setattr(os, "lstat", exchanged)
    with pytest.raises(BackupError, match="cannot be copied"):
        packed(place, found)
