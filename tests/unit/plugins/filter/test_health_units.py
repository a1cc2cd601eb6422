# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter health_units: what systemd says, as findings."""

from __future__ import annotations

from ansible_collections.mosaic.fleet.plugins.filter.health_units import FilterModule

health_units = FilterModule().filters()["health_units"]

SHOWN = """\
Id=mosaic-connector.service
ActiveState=inactive
UnitFileState=enabled

Id=mosaic-orchestrator.service
ActiveState=active
UnitFileState=enabled

Id=mosaic-close.service
ActiveState=inactive
UnitFileState=static

Id=mosaic-odd.service
ActiveState=failed
UnitFileState=static
"""


def test_what_ought_to_run_and_what_failed_is_found() -> None:
    """A unit that others start when they need it is not expected to run."""
    found = health_units(SHOWN, "mos-1", ["mosaic-orchestrator.service"])
    assert [(one["part"], one["well"], one["says"]) for one in found] == [
        ("mosaic-connector", False, "inactive"),
        ("mosaic-odd", False, "failed"),
        ("mosaic-orchestrator", True, "active"),
    ]
    assert found[0]["do"].startswith("Look why: systemctl status mosaic-connector.service")


def test_a_unit_that_is_missing_is_found_missing() -> None:
    (found,) = health_units("", "mos-1", ["mosaic-connector.service"])
    assert (found["host"], found["well"], found["says"]) == ("mos-1", False, "it is not there")
    assert found["do"] == "Run mosaic.fleet.provision."
