# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mosaic.fleet.provision makes of an inventory, with roles that do nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit.playbooks.stage import Played, Stage

NOTHING_MISSING = [{"ansible.builtin.set_fact": {"orchestrator_account_missing": False}}]
A_MISSING_ACCOUNT = [{"ansible.builtin.set_fact": {"orchestrator_account_missing": True}}]


@pytest.mark.parametrize("groups", [{}, {"homeserver": {}}], ids=["absent", "empty"])
def test_a_fleet_on_somebody_elses_homeserver_is_made(tmp_path: Path, groups: dict[str, Any]) -> None:
    """Its inventory has no host in the group homeserver, or no such group."""
    stage = Stage(tmp_path, {"orchestrator/account_missing": NOTHING_MISSING})
    played = stage.play("provision", {**groups, "orchestrators": {"one": {}}})
    assert played.status == 0, played.text
    assert played.called("orchestrator")


def test_a_homeserver_whose_kind_nobody_named_is_conduit(tmp_path: Path) -> None:
    played = Stage(tmp_path).play("provision", {"homeserver": {"hs": {}}})
    assert played.status == 0, played.text
    assert played.called("conduit")


def test_an_account_that_nobody_in_the_run_can_register_names_who_could(tmp_path: Path) -> None:
    stage = Stage(tmp_path, {"orchestrator/account_missing": A_MISSING_ACCOUNT})
    groups = {"homeserver": {"hs": {}}, "orchestrators": {"one": {}}}
    played = stage.play("provision", groups, "--limit", "one")
    assert played.status != 0
    assert "Name it as well: --limit one,hs" in played.text
    assert not played.called("orchestrator")


SCALED = {"homeserver_implementation": "synapse", "synapse_workers": "2", "synapse_database": "postgresql"}
SAY_WORKERS = [{"ansible.builtin.debug": {"msg": "WORKERS {{ tls_proxy_workers | join(' ') }}."}}]


def proxied(tmp_path: Path, proxy: str, *options: str, **of_proxy: Any) -> Played:
    """A run over a homeserver with two workers and a proxy, on the same host or on another."""
    stage = Stage(tmp_path, {"tls_proxy/main": SAY_WORKERS})
    host = of_proxy | (SCALED if proxy == "hs" else {}) | {"tls_proxy_certificate": "acme"}
    return stage.play("provision", {"homeserver": {"hs": SCALED}, "tls_proxy": {proxy: host}}, *options)


@pytest.mark.parametrize("limit", ["hs", "tls_proxy"])
def test_the_proxy_knows_the_workers_on_its_own_host(tmp_path: Path, limit: str) -> None:
    """From the inventory, so that every run says the same."""
    played = proxied(tmp_path, "hs", "--limit", limit)
    assert played.status == 0, played.text
    assert "WORKERS 127.0.0.1:8081 127.0.0.1:8082." in played.text


def test_a_proxy_that_cannot_reach_the_workers_is_refused(tmp_path: Path) -> None:
    """They listen on the homeserver's loopback alone: what is sent to them there would be lost."""
    played = proxied(tmp_path, "px")
    assert played.status != 0
    assert "listen on the loopback of hs alone, and its proxy is px." in played.text
    assert not played.called("synapse")


def test_a_proxy_elsewhere_may_be_told_where_the_workers_are(tmp_path: Path) -> None:
    """Also when the homeserver takes no part in the run."""
    played = proxied(tmp_path, "px", "--limit", "px", tls_proxy_workers=["10.0.0.7:8081"])
    assert played.status == 0, played.text
    assert "WORKERS 10.0.0.7:8081." in played.text


@pytest.mark.parametrize("playbook", ["provision", "operator_token"])
def test_a_second_homeserver_is_refused_before_anything_is_done(tmp_path: Path, playbook: str) -> None:
    """A registration token of one would be handed to the other."""
    groups: dict[str, dict[str, Any]] = {"homeserver": {"hs-a": {}, "hs-b": {}}, "orchestrators": {"one": {}}}
    played = Stage(tmp_path).play(playbook, groups, "-e", "operator_token_file=token")
    assert played.status != 0
    assert "must have one host at most, but has hs-a, hs-b." in played.text
    assert "CALLED" not in played.text
