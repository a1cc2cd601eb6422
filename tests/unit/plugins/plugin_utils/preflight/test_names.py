# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names are taken for misspelt ones."""

from __future__ import annotations

import pytest
from ansible_collections.mosaic.fleet.plugins.plugin_utils.preflight.names import misspelt
from unit.plugins.plugin_utils.preflight.asked import SPECS


def meant(name: str) -> str:
    """The name that is told as the right one, if any is."""
    told = list(misspelt([name], SPECS.names(), SPECS.uses))
    return told[0].partition("read by nothing here, and ")[2].split()[0] if told else ""


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("orchestrator_conector", "orchestrator_connector"),
        ("orchestrator_connecotr", "orchestrator_connector"),
        ("orchestrator_operator", "orchestrator_operators"),
        ("rchestrator_operators", "orchestrator_operators"),
        ("orchestrator-connector", "orchestrator_connector"),
        ("homeserver_implementaton", "homeserver_implementation"),
        ("restor_onli", "restore_only"),
        ("Conduit_server_name", "conduit_server_name"),
        ("fleet_known_variable", "fleet_known_variables"),
    ],
)
def test_one_or_two_letters_from_a_right_name_is_misspelt(name: str, right: str) -> None:
    assert meant(name) == right


@pytest.mark.parametrize(
    "name",
    [
        "orchestrator_connector",  # right
        "orchestrator_conn",  # far from it
        "fleet_domain",  # people's own
        "backup_made",  # a fact of ours, two letters from backup_name
        "ansible_port",  # Ansible's
        "__orchestrator_connecto",  # private
    ],
)
def test_other_names_are_left_alone(name: str) -> None:
    assert meant(name) == ""
