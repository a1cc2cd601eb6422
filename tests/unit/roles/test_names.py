# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names of accounts the role orchestrator takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit.roles.alone import play

MATRIX: dict[str, Any] = {
    "orchestrator_matrix_homeserver_url": "https://hs.example",
    "orchestrator_matrix_room_alias": "#fleet:hs.example",
    "orchestrator_matrix_user_id": "@MOS-3:hs.example",
}


def test_a_name_with_capitals_is_refused_before_an_account_of_another_name_is_made(tmp_path: Path) -> None:
    """A homeserver lowers the name without a word: the account would be another one than the roster says."""
    with pytest.raises(AssertionError, match="Write @mos-3"):
        play(tmp_path, "orchestrator", "preflight_matrix", **MATRIX)


def test_an_old_account_may_have_one(tmp_path: Path) -> None:
    play(tmp_path, "orchestrator", "preflight_matrix", **MATRIX, orchestrator_matrix_password="secret")
