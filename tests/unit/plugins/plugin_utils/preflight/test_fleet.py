# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to fit together over several hosts, and what a playbook is told for all of them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mosaic.fleet.plugins.plugin_utils.preflight import checks
from ansible_collections.mosaic.fleet.plugins.plugin_utils.preflight.fleet import Fleet, of_host, of_run
from ansible_collections.mosaic.fleet.plugins.plugin_utils.preflight.values import Values
from unit.plugins.plugin_utils.preflight.asked import ROOT, SPECS

OPTIONS = SPECS.words() | {
    name: option for role in checks.ROLES for name, option in checks.options_of(role, SPECS).items()
}
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))


def run(playbook: str, groups: dict[str, dict[str, dict[str, Any]]], *hosts: str, **everywhere: Any) -> Fleet:
    """A run of a playbook over an inventory; over all its hosts when none are named."""
    known = {host: given for group in groups.values() for host, given in group.items()}
    return Fleet(
        playbook,
        hosts or list(known),
        {name: list(group) for name, group in groups.items()},
        lambda host: Values(host, OPTIONS, everywhere | known[host]),
    )


ONE = {"homeserver": {"hs": {}}, "orchestrators": {"one": {}}}


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_second_homeserver_is_refused_or_simply_works(playbook: str) -> None:
    """Accounts and tokens are asked of one host; where each host is taken for itself, a second is one more."""
    two = {"homeserver": {"hs-a": {}, "hs-b": {}}}
    right = {"decommission": "hs-b,hs-a", "operator_token_file": "token"}
    told = list(of_run(run(playbook, two, **right)))
    bears = playbook in ("backup", "decommission", "health", "schedule_backups", "verify_backups")
    assert len(told) == (0 if bears else 1)
    assert bears or "must have one host at most, but has hs-a, hs-b." in told[0]


@pytest.mark.parametrize(
    ("name", "right"),
    [("orchestrator", "orchestrators"), ("homeservers", "homeserver"), ("tlsproxy", "tls_proxy")],
)
def test_a_group_that_is_nearly_one_of_ours_is_told(name: str, right: str) -> None:
    """Nothing would be done on its hosts, and the run would end well."""
    (told,) = of_run(run("health", {**ONE, name: {"two": {}}}, "hs", "one"))
    assert f"The group {name} means nothing here, and {right} does: nothing would be done on two." in told


def test_a_group_of_ones_own_within_ours_is_left_alone() -> None:
    assert list(of_run(run("health", {**ONE, "orchestrator": {"one": {}}, "orchids": {"rose": {}}}))) == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "This would take hs,one out of service, and decommission names nothing."),
        (
            {"decommission": "one"},
            "and decommission names one. Give --limit for fewer hosts, and -e decommission=hs,one",
        ),
        (
            {"decommission": "hs,one", "decommission_remove_data": "true"},
            'decommission_remove_data_of is expected to repeat that, found "".',
        ),
    ],
)
def test_what_was_not_named_is_not_removed(given: dict[str, Any], sentence: str) -> None:
    (told,) = of_run(run("decommission", ONE, **given))
    assert sentence in told


@pytest.mark.parametrize(
    "given",
    [
        {"decommission": "one, hs"},
        {"decommission": "hs,one", "decommission_remove_data": "false"},
        {
            "decommission": "hs,one",
            "decommission_remove_data": "yes",
            "decommission_remove_data_of": "hs,one",
        },
    ],
)
def test_what_was_named_is(given: dict[str, Any]) -> None:
    assert list(of_run(run("decommission", ONE, **given))) == []


@pytest.mark.parametrize(
    ("groups", "hosts", "given", "sentence"),
    [
        (
            ONE,
            ["one"],
            {"operator_token_file": "t"},
            "A host of the group homeserver must take part in the run",
        ),
        (
            {"orchestrators": {"one": {}}},
            [],
            {"operator_token_file": "t"},
            "A host of the group homeserver must",
        ),
        (ONE, [], {}, "operator_token_file must be a path on this machine, but is empty."),
        (
            ONE,
            [],
            {"operator_token_file": "t", "operator_token_expires_in": "0"},
            "must be a number of seconds",
        ),
    ],
)
def test_a_token_that_cannot_be_had_is_refused(
    groups: dict[str, Any], hosts: list[str], given: dict[str, Any], sentence: str
) -> None:
    (told,) = of_run(run("operator_token", groups, *hosts, **given))
    assert sentence in told


def test_what_is_left_of_a_token_needs_no_file_to_be_revoked() -> None:
    assert list(of_run(run("operator_token", ONE, operator_token_state="absent"))) == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"fleet_batch": "many"}, "must be a number from 1 or a percentage up to 100%"),
        ({"health_disk_alarm": "100"}, "health_disk_alarm must be a percentage below 100, but is 100."),
    ],
)
def test_a_size_that_is_none_is_told(given: dict[str, Any], sentence: str) -> None:
    (told,) = of_run(run("health", ONE, **given))
    assert sentence in told
    assert list(of_run(run("health", ONE, fleet_batch=[1, "25%"], health_disk_alarm="5"))) == []


def test_an_orchestrator_that_could_not_trust_the_proxy_is_told() -> None:
    """Whether it takes part or not; one that is told a certificate's path can."""
    matrix = {"orchestrator_connector": "matrix"}
    groups: dict[str, Any] = {
        "tls_proxy": {"px": {}},
        "orchestrators": {"a": matrix, "b": matrix | {"orchestrator_matrix_ca_path": "/ca.pem"}, "c": {}},
    }
    (told,) = of_host(run("provision", groups, "px"), "px")
    assert "is written to, and a has none." in told
    groups["tls_proxy"]["px"] = {"tls_proxy_certificate": "acme"}
    assert list(of_host(run("provision", groups, "px"), "px")) == []
