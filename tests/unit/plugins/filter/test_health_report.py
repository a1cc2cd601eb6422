# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter health_report: a table for people, a verdict, and what to do."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mosaic.fleet.plugins.filter.health_report import FilterModule

health_report = FilterModule().filters()["health_report"]

WELL = {"host": "home", "part": "homeserver", "well": True, "says": "answers"}
WRONG = {"host": "mos-1", "part": "bridge", "well": False, "says": "it is\nstopped.", "do": "Start it."}


def test_all_is_well() -> None:
    report = health_report([WELL])
    assert report["wrong"] == []
    assert report["lines"][0].split() == ["host", "part", "state", "says"]
    assert report["lines"][-1] == "ALL IS WELL: 1 parts were looked at."


def test_what_is_wrong_is_named_with_what_to_do() -> None:
    """In columns, each finding on one line."""
    report = health_report([WELL, WRONG])
    assert report["wrong"] == ["mos-1, bridge: it is stopped. Start it."]
    assert report["lines"][2] == "mos-1  bridge      WRONG  it is stopped"
    assert report["lines"][-2:] == ["1 OF 2 PARTS ARE NOT WELL:", *report["wrong"]]


def test_nothing_looked_at_is_no_health() -> None:
    assert health_report([])["lines"][-1].startswith("NOTHING WAS LOOKED AT")


def test_a_finding_that_lacks_a_part_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="lacks 'well'"):
        health_report([{"host": "home", "part": "homeserver"}])
