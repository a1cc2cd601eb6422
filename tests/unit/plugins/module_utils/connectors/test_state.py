# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""State on disk survives what happens to disks and processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.errors import StateError
from mosaic_connectors.state import (
    Journal,
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


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    """A target that cannot be replaced is an error, and nothing temporary stays."""
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").touch()
    with pytest.raises(StateError, match="taken cannot be written"):
        write_atomically(tmp_path / "taken", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@given(st.lists(st.lists(st.text() | st.integers()), max_size=20), st.integers(0, 30))
def test_a_journal_cut_anywhere_keeps_its_whole_lines(entries: list[object], cut: int) -> None:
    """A crash in the middle of a line costs that line and no other, and appending goes on."""
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "j"
        journal = Journal(path)
        assert journal.open() == []
        journal.append(*entries)
        journal.close()
        content = path.read_bytes() if path.exists() else b""
        path.write_bytes(content[: max(0, len(content) - cut)])
        kept = path.read_bytes().count(b"\n")
        again = Journal(path)
        assert again.open() == entries[:kept]
        again.append("more")
        again.close()
        last = Journal(path)
        assert last.open() == [*entries[:kept], "more"]
        last.close()


def test_a_journal_belongs_to_one_process_at_a_time(tmp_path: Path) -> None:
    """The second one is refused, until the first lets go."""
    first, second = Journal(tmp_path / "j"), Journal(tmp_path / "j")
    first.open()
    with pytest.raises(StateError, match="in use by another process"):
        second.open()
    first.close()
    assert second.open() == []
    second.close()


def test_folding_keeps_what_is_said_and_the_lock(tmp_path: Path) -> None:
    """After folding, the journal holds the new lines, takes more, and is still ours alone."""
    journal = Journal(tmp_path / "j")
    journal.open()
    journal.append(*range(5000))
    assert journal.wants_folding
    journal.fold(["all of it"])
    assert not journal.wants_folding
    journal.append("and more")
    with pytest.raises(StateError):
        Journal(tmp_path / "j").open()
    journal.close()
    again = Journal(tmp_path / "j")
    assert again.open() == ["all of it", "and more"]
    again.close()


def test_a_journal_in_memory_keeps_nothing() -> None:
    """Without a path all operations work and nothing is stored."""
    journal = Journal(None)
    assert journal.open() == []
    journal.append("x")
    journal.fold([])
    journal.close()


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """The sentence names the file."""
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="cannot be opened"):
        Journal(tmp_path / "file" / "j").open()
