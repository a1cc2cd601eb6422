# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module backup_info: it opens what is right, and says what is wrong with the rest."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from ansible_collections.mosaic.fleet.plugins.modules import backup_info, backup_pack
from fakes.backups import Keys, make_data, make_keys


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """A pair of keys."""
    return make_keys(tmp_path)


@pytest.fixture
def archive(run_main, tmp_path: Path, keys: Keys) -> Path:
    """An archive of a service's folder."""
    data = make_data(tmp_path / "data")
    packed = run_main(
        backup_pack,
        dest=str(tmp_path / "a.age"),
        recipients=[keys.public],
        kind="synapse",
        name="fleet.example",
        host="matrix",
        parts=[{"path": str(data), "databases": ["*.db"]}],
    )
    return Path(packed["path"])


@pytest.fixture
def ask(run_main, archive: Path, keys: Keys):
    """Ask about the archive."""

    def once(**changes) -> dict:
        return run_main(backup_info, **{"src": str(archive), "identity_path": str(keys.identity), **changes})

    return once


def encrypt(keys: Keys, path: Path, content: bytes) -> None:
    """Encrypt something that may be no archive."""
    command = ["age", "-r", keys.public, "-o", str(path)]
    subprocess.run(command, input=content, check=True)


def test_it_says_the_same_in_check_mode(run_main, archive: Path, keys: Keys, ask) -> None:
    assert ask() == run_main(backup_info, check=True, src=str(archive), identity_path=str(keys.identity))


def test_another_kind_and_another_name_are_refused(ask) -> None:
    assert "expected to be of conduit None, and is of synapse fleet.example" in ask(kind="conduit")["msg"]
    assert "expected to be of synapse other.example" in ask(kind="synapse", name="other.example")["msg"]


def test_another_key_is_refused(ask, tmp_path: Path) -> None:
    other = make_keys(tmp_path, "other")
    assert "no identity matched any of the recipients" in ask(identity_path=str(other.identity))["msg"]


def test_files_that_are_not_there_are_named(ask, tmp_path: Path) -> None:
    assert "is expected to be an archive" in ask(src=str(tmp_path / "nowhere"))["msg"]
    assert "is expected to be a private key of age" in ask(identity_path=str(tmp_path / "nowhere"))["msg"]


@pytest.mark.parametrize("cut", [100, 1000, 100_000])
def test_an_archive_that_was_cut_short_is_refused(ask, archive: Path, cut: int) -> None:
    archive.write_bytes(archive.read_bytes()[:-cut])
    assert "age could not go on" in ask()["msg"]


def test_an_archive_with_a_changed_byte_is_refused(ask, archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[-200] ^= 1
    archive.write_bytes(content)
    assert "age could not go on" in ask()["msg"]


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"no tar" * 1000), gzip.compress(b"")],
    ids=["empty", "no gzip", "no tar", "nothing within"],  # a compressed text holds the time
)
def test_what_is_no_archive_is_a_sentence(ask, keys: Keys, tmp_path: Path, content: bytes) -> None:
    encrypt(keys, tmp_path / "other.age", content)
    failed = ask(src=str(tmp_path / "other.age"))
    assert failed["failed"] is True
    assert "Traceback" not in failed["msg"]


def test_a_file_that_differs_from_the_manifest_is_named(
    ask, archive: Path, keys: Keys, tmp_path: Path
) -> None:
    plain = subprocess.run(
        ["age", "-d", "-i", str(keys.identity), str(archive)], check=True, capture_output=True
    )
    forged = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(plain.stdout), mode="r:gz") as source,
        tarfile.open(fileobj=forged, mode="w:gz") as target,
    ):
        for member in source:
            content = source.extractfile(member).read() if member.isreg() else b""
            changed = content.replace(b"s3cret", b"S3CRET")
            target.addfile(member, io.BytesIO(changed) if member.isreg() else None)
    encrypt(keys, tmp_path / "forged.age", forged.getvalue())
    assert (
        "data/secret is not in the archive as the archive's manifest has it"
        in ask(src=str(tmp_path / "forged.age"))["msg"]
    )
