# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to fit together over several hosts, and what a playbook is told for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible.errors import AnsibleFilterError

from ...filter.batches import batches
from .names import nearest
from .speech import show
from .values import Values, WrongError, obey

GROUPS = ("homeserver", "tls_proxy", "orchestrators")
"""The groups whose hosts the playbooks come to."""
_BEARS_MORE = ("backup", "decommission", "health", "schedule_backups", "verify_backups")
"""Playbooks that take each host for itself: a second homeserver is one more."""


@dataclass(frozen=True)
class Fleet:
    """The hosts of a run, the groups of the inventory, and the variables of any of its hosts."""

    playbook: str
    hosts: Sequence[str]
    groups: Mapping[str, Sequence[str]]
    of: Callable[[str], Values]

    def group(self, name: str) -> Sequence[str]:
        """The hosts of a group, also of one that the inventory does not have."""
        return self.groups.get(name, ())

    @property
    def homeserver(self) -> str:
        """The host of the fleet's own homeserver; empty where it is somebody else's."""
        return next(iter(self.group("homeserver")), "")


def of_run(fleet: Fleet) -> Iterator[str]:
    """What is wrong with the run as a whole."""
    servers = fleet.group("homeserver")
    if len(servers) > 1 and fleet.playbook not in _BEARS_MORE:
        yield (
            f"The group homeserver must have one host at most, but has {', '.join(servers)}. Give each homeserver an inventory of its own, "
            "with the orchestrators that have their accounts there."
        )
    yield from _misspelt_groups(fleet)
    rules = {"decommission": _decommission, "operator_token": _operator_token, "health": _health}
    if fleet.hosts:
        yield from obey((_batch, rules.get(fleet.playbook)), fleet, fleet.of(fleet.hosts[0]))


def of_host(fleet: Fleet, host: str) -> Iterator[str]:
    """What of a host does not go together with other hosts; asked before hosts are provisioned."""
    if fleet.playbook == "provision" and host in fleet.group("tls_proxy"):
        yield from obey((_workers, _trust), fleet, host)


def _misspelt_groups(fleet: Fleet) -> Iterator[str]:
    """A group of hosts that no playbook comes to, by a name that is nearly one of ours; one that is within ours is somebody's own."""
    for name in fleet.groups:
        right = "" if name in GROUPS else nearest(name, GROUPS)
        if right and (left_out := sorted(set(fleet.groups[name]) - set(fleet.group(right)))):
            yield (
                f"The group {name} means nothing here, and {right} does: nothing would be done on {', '.join(left_out)}. Correct its name; if "
                "it is a group of your own, give it one that is less alike."
            )


def _batch(_fleet: Fleet, values: Values) -> Iterator[str]:
    try:
        batches([], values["fleet_batch"])
    except AnsibleFilterError as error:
        yield f"fleet_batch: {error}"


def _health(_fleet: Fleet, values: Values) -> Iterator[str]:
    if not 0 <= (alarm := values["health_disk_alarm"]) < 100:
        yield f"health_disk_alarm must be a percentage below 100, but is {alarm}. Correct it."


def _decommission(fleet: Fleet, values: Values) -> Iterator[str]:
    given = values["decommission"]
    named = sorted(filter(None, (name.strip() for name in given.split(","))))
    taken = sorted(fleet.hosts)
    if named != taken:
        yield (
            f"This would take {','.join(taken)} out of service, and decommission names {','.join(named) or 'nothing'}. Give --limit for "
            f"fewer hosts, and -e decommission={','.join(taken)} if it is meant."
        )
    if values["decommission_remove_data"] and (again := values["decommission_remove_data_of"]) != given:
        yield (
            f"decommission_remove_data would remove all data of {given} for ever, and decommission_remove_data_of is expected to repeat "
            f"that, found {show(again)}. Write it there, or leave decommission_remove_data out to keep the data."
        )


def _operator_token(fleet: Fleet, values: Values) -> Iterator[str]:
    if not set(fleet.group("homeserver")) & set(fleet.hosts):
        yield (
            "A host of the group homeserver must take part in the run, but none does. Correct --limit; where the homeserver is somebody "
            "else's, ask them for a token."
        )
    if values["operator_token_expires_in"] < 1:
        yield f"operator_token_expires_in must be a number of seconds, but is {values['operator_token_expires_in']}."
    revoked = values["operator_token_state"] == "absent"  # noqa: S105 - no password
    if not revoked and not values["operator_token_file"]:
        yield "operator_token_file must be a path on this machine, but is empty. Give it by -e operator_token_file=PATH."


def _workers(fleet: Fleet, host: str) -> Iterator[str]:
    """From the inventory, not from what a run has found: with --limit the homeserver may take no part in it."""
    server = fleet.homeserver
    if server in ("", host) or fleet.of(host).is_given("tls_proxy_workers"):
        return
    values = fleet.of(server)
    if values["homeserver_implementation"] == "synapse" and values["synapse_workers"]:
        yield (
            f"The workers of Synapse listen on the loopback of {server} alone, and its proxy is {host}. Put the proxy on the homeserver's "
            "host, set synapse_workers to 0, or name by tls_proxy_workers where this proxy reaches them."
        )


def _trust(fleet: Fleet, host: str) -> Iterator[str]:
    if fleet.of(host)["tls_proxy_certificate"] != "internal":
        return
    trustless = [
        name
        for name in fleet.group("orchestrators")
        if _value(fleet.of(name), "orchestrator_connector") == "matrix"
        and not fleet.of(name).is_given("orchestrator_matrix_ca_path")
    ]
    if trustless:
        yield (
            f"The proxy {host} is its own authority, so the orchestrators are expected to have orchestrator_matrix_ca_path, a path on their "
            f"hosts that its certificate is written to, and {', '.join(trustless)} {'has' if len(trustless) == 1 else 'have'} none. Write, "
            "for instance, orchestrator_matrix_ca_path: /etc/mosaic/homeserver-ca.pem"
        )


def _value(values: Values, name: str) -> Any:
    try:
        return values[name]
    except WrongError:
        return None
