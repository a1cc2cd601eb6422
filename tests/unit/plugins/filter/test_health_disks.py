# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter health_disks: each disk once, and how bad it is."""

from __future__ import annotations

from ansible_collections.mosaic.fleet.plugins.filter.health_disks import FilterModule

health_disks = FilterModule().filters()["health_disks"]

SHOWN = """\
Filesystem 1-blocks Used Available Capacity Mounted on
/dev/vda1 100 50 50 50% /
/dev/vda1 100 50 50 50% /
/dev/vdb 1000 945 55 95% /var/lib/my data
/dev/vdc 1000 990 10 99% /opt
proc 0 0 0 - /proc
"""


def test_each_disk_is_looked_at_once() -> None:
    """Less than the alarm is a warning, less than a fifth of it an error; what has no room at all is no disk."""
    found = [(one["part"], one["well"], one["severity"]) for one in health_disks(SHOWN, "mos", 10)]
    assert found == [
        ("disk /", True, "warning"),
        ("disk /var/lib/my data", False, "warning"),
        ("disk /opt", False, "error"),
    ]


def test_a_host_that_says_nothing_has_no_disks() -> None:
    assert health_disks("", "mos", 10) == []
