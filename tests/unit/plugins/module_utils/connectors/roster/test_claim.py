# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer of a roster at a time."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.errors import StateError
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.roster import claimed


def _count(path: Path) -> None:
    for _time in range(50):
        with claimed(path):
            path.write_text(str(int(path.read_text()) + 1))


def test_writers_at_once_lose_nothing_and_leave_nothing(tmp_path: Path) -> None:
    """Each removes the file that it held by, while others wait for it."""
    path = tmp_path / "roster.yaml"
    path.write_text("0")
    writers = [multiprocessing.get_context("spawn").Process(target=_count, args=(path,)) for _one in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * 4
    assert path.read_text() == "200"
    assert list(tmp_path.iterdir()) == [path]


def test_one_that_is_held_too_long_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "roster.yaml"
    second = claimed(path, patience=0)
    with claimed(path), pytest.raises(StateError, match="is being written by another program"):
        second.__enter__()
