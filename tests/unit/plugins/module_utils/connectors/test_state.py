# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""State on disk survives what happens to disks and processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from mosaic_connectors.errors import StateError
from mosaic_connectors.state import (
    read_document,
    state_directory,
    write_atomically,
    write_document,
)


def test_the_state_directory_comes_from_the_environment() -> None:
    """Our own variable, then systemd's first directory, then memory only."""
    assert state_directory({"MOSAIC_STATE_DIR": "/a", "STATE_DIRECTORY": "/b"}) == Path("/a")
    assert state_directory({"STATE_DIRECTORY": "/b:/c"}) == Path("/b")
    assert state_directory({"MOSAIC_STATE_DIR": ""}) is None


def test_a_document_comes_back(tmp_path: Path) -> None:
    """What was written is read; nothing written reads as nothing; None keeps nothing."""
    path = tmp_path / "deep" / "doc.json"
    assert read_document(path) == {}
    write_document(path, {"a": [1, "é"]})
    assert read_document(path) == {"a": [1, "é"]}
    assert path.stat().st_mode & 0o077 == 0
    write_document(None, {"a": 1})
    assert read_document(None) == {}


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff"])
def test_a_damaged_document_is_named(tmp_path: Path, content: bytes) -> None:
    """The error says which file and what to do."""
    path = tmp_path / "doc.json"
    path.write_bytes(content)
    with pytest.raises(StateError, match=r"doc\.json cannot be read.*MOSAIC_STATE_DIR"):
        read_document(path)


@pytest.mark.parametrize("name", ["x" * 255, "ž" * 127, "\N{GRINNING FACE}" * 63])
def test_a_name_may_be_as_long_as_the_file_system_takes(tmp_path: Path, name: str) -> None:
    write_atomically(tmp_path / "deep" / name, b"x")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == [name]


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    """A target that cannot be replaced is an error, and nothing temporary stays."""
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").touch()
    with pytest.raises(StateError, match="taken cannot be written"):
        write_atomically(tmp_path / "taken", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
