# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where mosaic.fleet.operator_token puts the token, with a homeserver that mints one of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unit.playbooks.stage import Stage

MINTED = [{"ansible.builtin.set_fact": {"conduit_registration_tokens": {"operator": "minted"}}}]


def test_the_token_is_where_the_operator_said(tmp_path: Path) -> None:
    """A relative path is the operator's, not one in the folder of the installed collection; others may not read it."""
    stage = Stage(tmp_path, {"conduit/open_registration": MINTED})
    played = stage.play("operator_token", {"homeserver": {"hs": {}}}, "-e", "operator_token_file=token")
    assert played.status == 0, played.text
    assert (tmp_path / "token").read_text() == "minted\n"
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600


def test_the_token_is_the_operators_own_whatever_the_inventory_says(tmp_path: Path) -> None:
    """`ansible_become` in the inventory is meant for the hosts: on the controller nobody becomes anybody."""
    stage = Stage(tmp_path, {"conduit/open_registration": MINTED})
    groups: dict[str, dict[str, Any]] = {"homeserver": {"hs": {}}}
    played = stage.play("operator_token", groups, "-e", "operator_token_file=token", ansible_become=True)
    assert played.status == 0, played.text
    assert stage.privileged == []


def test_a_token_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    """And not what the token is, also to whoever asks for more words."""
    stage = Stage(tmp_path, {"conduit/open_registration": [*MINTED]})
    groups: dict[str, dict[str, Any]] = {"homeserver": {"hs": {}}}
    played = stage.play("operator_token", groups, "-e", "operator_token_file=none/token")
    assert played.status != 0
    said = " ".join(played.text.split())
    assert "could not be written to operator_token_file, none/token:" in said
    assert f"The folder {tmp_path}/none is expected and missing: make it first." in said
    assert "minted" not in said.partition("Hand the token")[2]
