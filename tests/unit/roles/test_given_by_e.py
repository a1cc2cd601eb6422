# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `-e name=value` gives is a text, and means what it says all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.roles.alone import play


@pytest.mark.parametrize("keep", ["14", "0", 3])
def test_a_number_of_archives_to_keep_may_be_a_text(tmp_path: Path, keep: object) -> None:
    folder = tmp_path / "archives"
    folder.mkdir()
    for day in range(10, 15):
        (folder / f"localhost-synapse-202611{day}T020000Z.age").touch()
    play(
        tmp_path,
        "backup",
        "preflight",
        *(["retention"] if int(str(keep)) else []),
        backup_recipients=["age1abc"],
        backup_keep=keep,
        backup_dir=str(folder),
        backup_kind="synapse",
    )
    assert len(list(folder.iterdir())) == (3 if keep == 3 else 5)
