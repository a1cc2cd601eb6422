# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `--tags` of mosaic.fleet.provision runs: the real playbook and the roles' real main files, with leaves that only say their name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from unit.playbooks.stage import Played, Stage

REAL = ("conduit", "orchestrator", "runtime", "tls_proxy")
HOSTS: dict[str, dict[str, Any]] = {
    "homeserver": {"hs": {}},
    "tls_proxy": {"hs": {"tls_proxy_certificate": "acme"}},
    "orchestrators": {"mos": {}},
}


def fact(**facts: Any) -> list[dict[str, Any]]:
    return [{"ansible.builtin.set_fact": facts}]


LEAVES = {
    "runtime/look": fact(
        __runtime_installed={"rc": 0, "stdout_lines": ["old"]}, runtime_digest="new", __runtime_provided=True
    ),
    "conduit/preflight": fact(__conduit_look={"executable": "", "stamp": "", "unit": True, "open": True}),
    "tls_proxy/preflight": fact(__tls_proxy_look={"version": "2.6.0", "user": True}),
    "orchestrator/blind": fact(__orchestrator_blind=False),
    "orchestrator/account_missing": fact(orchestrator_account_missing=False),
}
DONE = {
    "install": {
        "runtime python",
        "runtime wheel",
        "runtime install",
        "conduit install",
        "tls_proxy install",
        "orchestrator install",
    },
    "configure": {
        "conduit configure",
        "conduit admin",
        "tls_proxy configure",
        "orchestrator account_missing",
        "orchestrator kinds/tmux/prepare",
        "orchestrator configure",
        "orchestrator roster",
    },
    "service": {"conduit service", "tls_proxy service", "orchestrator service"},
    "verify": {"orchestrator check"},
}
# The variables of the roles orchestrator and runtime are checked by the first play, for all hosts at once.
LOOKS = {
    "runtime look",
    "runtime variables",
    "conduit preflight",
    "tls_proxy preflight",
    "conduit close_left_open",
}


def play(tmp_path: Path, *options: str) -> Played:
    return Stage(tmp_path, LEAVES, REAL).play("provision", HOSTS, *options, runtime_cli_link="")


def called(played: Played) -> set[str]:
    return set(re.findall(r"CALLED (\w+ [\w/]+)", played.text))


@pytest.mark.parametrize("tags", ["install", "configure", "service,verify"])
def test_a_tag_runs_its_part_of_every_role_and_the_looks(tmp_path: Path, tags: str) -> None:
    played = play(tmp_path, "--tags", tags)
    assert played.status == 0, played.text
    assert called(played) == LOOKS | set.union(*(DONE[tag] for tag in tags.split(",")))


def test_without_tags_all_of_it_is_run(tmp_path: Path) -> None:
    played = play(tmp_path)
    assert played.status == 0, played.text
    assert called(played) == LOOKS | set.union(*DONE.values())


def test_a_tag_that_means_nothing_is_refused(tmp_path: Path) -> None:
    """It would do nothing, and end well."""
    played = play(tmp_path, "--tags", "config")
    assert played.status != 0
    assert "install, configure, service, verify, but names config" in played.text


def test_what_is_listed_for_a_tag_bears_it(tmp_path: Path) -> None:
    """A list knows the tasks of the playbook alone: those of the roles are included while it runs."""
    listed = play(tmp_path, "--tags", "configure", "--list-tasks").text
    tags = [set(found.split(", ")) for found in re.findall(r"^      .*TAGS: \[(.*)\]$", listed, re.MULTILINE)]
    assert len(tags) > 10, listed
    assert all(one & {"always", "configure"} for one in tags), listed
