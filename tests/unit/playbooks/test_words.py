# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A word that means nothing ends a run before anything is done, whichever hosts take part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unit.playbooks.stage import Stage

FLEET: dict[str, dict[str, Any]] = {
    "homeserver": {"hs": {}},
    "tls_proxy": {"px": {}},
    "orchestrators": {"one": {}},
}


def test_a_state_that_means_nothing_is_refused(tmp_path: Path) -> None:
    """The token would stay good, without a word."""
    played = Stage(tmp_path).play(
        "operator_token", FLEET, "--limit", "hs", "-e", "operator_token_state=closed"
    )
    assert played.status != 0
    assert 'operator_token_state must be present or absent, but is "closed".' in played.text
    assert "CALLED" not in played.text


def test_a_homeserver_that_there_is_no_role_for_is_not_passed_over(tmp_path: Path) -> None:
    """Neither is anything else removed then."""
    played = Stage(tmp_path).play(
        "decommission", FLEET, "-e", "decommission=hs,px,one", "-e", "homeserver_implementation=synaps"
    )
    assert played.status != 0
    assert "homeserver_implementation must be conduit or synapse" in played.text
    assert "CALLED" not in played.text


def test_a_check_says_what_would_be_done_about_the_token(tmp_path: Path) -> None:
    played = Stage(tmp_path).play("operator_token", FLEET, "-e", "operator_token_file=token", "--check")
    assert played.status == 0, played.text
    assert "A token would be minted and written to token." in played.text
    assert "changed=1" in played.text
    assert "CALLED" not in played.text
