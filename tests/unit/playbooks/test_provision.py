# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mosaic.fleet.provision makes of an inventory, with roles that do nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit.playbooks.stage import Stage

NOTHING_MISSING = [{"ansible.builtin.set_fact": {"orchestrator_account_missing": False}}]
A_MISSING_ACCOUNT = [{"ansible.builtin.set_fact": {"orchestrator_account_missing": True}}]


@pytest.mark.parametrize("groups", [{}, {"homeserver": {}}], ids=["absent", "empty"])
def test_a_fleet_on_somebody_elses_homeserver_is_made(tmp_path: Path, groups: dict[str, Any]) -> None:
    """Its inventory has no host in the group homeserver, or no such group."""
    stage = Stage(tmp_path, {"orchestrator/account_missing": NOTHING_MISSING})
    played = stage.play("provision", {**groups, "orchestrators": {"one": {}}})
    assert played.status == 0, played.text
    assert played.called("orchestrator")


def test_an_account_that_nobody_in_the_run_can_register_names_who_could(tmp_path: Path) -> None:
    stage = Stage(tmp_path, {"orchestrator/account_missing": A_MISSING_ACCOUNT})
    groups = {"homeserver": {"hs": {}}, "orchestrators": {"one": {}}}
    played = stage.play("provision", groups, "--limit", "one")
    assert played.status != 0
    assert "Name it as well: --limit one,hs" in played.text
    assert not played.called("orchestrator")
