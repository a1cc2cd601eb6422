# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mosaic.fleet.health says of hosts that it could not look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit.playbooks.stage import Stage

NO_ROOT = {"ansible_become_exe": "/bin/false"}
BROKEN = [{"ansible.builtin.fail": {"msg": "the look broke"}}]


@pytest.mark.parametrize("one", [{}, NO_ROOT], ids=["one of two", "all"])
def test_a_host_where_nobody_may_become_root_is_in_the_table(tmp_path: Path, one: dict[str, Any]) -> None:
    """Left out it would seem to be well."""
    groups = {"orchestrators": {"one": one, "two": NO_ROOT}}
    played = Stage(tmp_path).play("health", groups)
    assert played.status != 0
    table = played.text.rpartition("TASK [Show it]")[2]
    assert "two, host: it could not be looked at: " in table, played.text
    assert "ALL IS WELL" not in played.text
    assert ("one, host: it could not be looked at" in table) == (one == NO_ROOT)


def test_a_look_that_breaks_leaves_what_was_found_before(tmp_path: Path) -> None:
    """The units that were asked for, and why the rest could not be looked at."""
    played = Stage(tmp_path, {"orchestrator/health": BROKEN}).play("health", {"orchestrators": {"one": {}}})
    assert played.status != 0
    table = played.text.rpartition("TASK [Show it]")[2]
    assert "mosaic-connector" in table, played.text
    assert "the look broke" in table
