# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of the playbooks: all is checked first, and what one play opens, stops or keeps aside another ends, whoever is lost.

Ansible ends a playbook when a play has lost all its hosts, and a group often has one host. tests/unit/playbooks loses them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from unit.laws.tasks import ROOT, names_in_playbooks, options, words_of_playbooks

PLAYBOOKS = ROOT / "playbooks"
BEGINS = {
    "provision.yml": "Open the registration for the missing accounts",
    "restore.yml": "Stop the bridges",
    "upgrade.yml": "Keep the orchestrators' library aside",
}
"""The first play of each playbook that leaves something to a later one."""
LEAVING = ("open_registration", "upgrade_begin", "state: stopped")
"""How such a play is known; `upgrade_begin` of a homeserver only looks."""


def plays(name: str) -> list[dict[str, Any]]:
    return [play for play in yaml.safe_load((PLAYBOOKS / name).read_text()) if "hosts" in play]


@pytest.mark.parametrize("name", BEGINS)
def test_every_play_from_then_on_is_over_all_the_groups(name: str) -> None:
    found = plays(name)
    begin = [play["name"] for play in found].index(BEGINS[name])
    patterns = {play["hosts"] for play in found[begin:]}
    assert len(patterns) == 1
    assert {"homeserver", "orchestrators"} <= set(patterns.pop().split(":"))


@pytest.mark.parametrize("path", sorted(PLAYBOOKS.glob("*.yml")), ids=lambda path: path.stem)
def test_every_playbook_begins_with_the_check_of_all_hosts(path: Path) -> None:
    """Once for all of them, before the first that goes on, and whatever tags are chosen."""
    first = plays(path.name)[0]
    assert first["hosts"] == "homeserver:tls_proxy:orchestrators"
    assert first["strategy"] == "ansible.builtin.linear"
    # Which loads the filters and tests, Ansible's and ours, once for all processes.
    assert first["any_errors_fatal"] == "{{ ([] | mosaic.fleet.batches('100%') == []) | bool is true }}"
    assert first["tags"] == "always"
    (task,) = first["tasks"]
    assert task["run_once"] is True
    assert task["mosaic.fleet.preflight"]["playbook"] == path.stem


def test_every_word_that_a_playbook_reads_is_in_its_spec() -> None:
    """By which it is checked and told from a misspelt one; and no word is there that nothing reads."""
    words, read = set(words_of_playbooks()), names_in_playbooks()
    plugin = "".join(path.read_text() for path in (ROOT / "plugins" / "plugin_utils").rglob("*.py"))
    own = re.compile(r"(?:decommission|fleet|health|homeserver|operator_token|restore)_\w+\Z|decommission\Z")
    handed_over = set(options()) | {"homeserver"}
    assert {name for name in read if own.match(name)} - words - handed_over == set()
    assert {name for name in words if name not in read and f'"{name}"' not in plugin} == set()


def test_no_other_playbook_leaves_something_to_a_later_play() -> None:
    """Nor does an earlier play of these."""
    early = {
        f"{path.name}: {play['name']}"
        for path in PLAYBOOKS.glob("*.yml")
        for play in plays(path.name)
        if any(mark in yaml.safe_dump(play) for mark in LEAVING)
    }
    allowed = {f"{name}: {play}" for name, play in BEGINS.items()}
    # One play alone, at the operator's wish, and closed by the host itself; a look.
    assert early - allowed == {
        "operator_token.yml: Mint a registration token for an operator",
        "upgrade.yml: Check what is asked for",
    }


@pytest.mark.parametrize("path", sorted(PLAYBOOKS.glob("*.yml")), ids=lambda path: path.stem)
def test_every_play_comes_to_its_hosts_together(path: Path) -> None:
    """`run_once`, the batches and the order between the groups hold under `linear` alone, whatever ansible.cfg says."""
    strategies = {play.get("strategy") for play in plays(path.name)}
    assert strategies == {"ansible.builtin.linear"}
