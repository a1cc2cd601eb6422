# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One message of all mistakes, host by host."""

from __future__ import annotations

from ansible_collections.mosaic.fleet.plugins.plugin_utils.preflight.report import report


def test_nothing_wrong_is_no_message() -> None:
    assert report([], {"one": [], "two": []}) == ""


def test_hosts_that_share_a_mistake_share_its_line() -> None:
    said = report(["The run is wrong."], {"one": ["A.", "B."], "two": ["A."], "three": ["A."]})
    first, *lines = said.splitlines()
    assert first.startswith("Nothing has been changed: 3 mistakes must be corrected first.")
    assert lines == ["- The run is wrong.", "On every host:", "- A.", "On one:", "- B."]


def test_a_mistake_of_a_large_group_is_one_line() -> None:
    hosts = {f"mos-{number}": ["A."] for number in range(50)} | {"hs": []}
    assert "On mos-0, mos-1, mos-2, mos-3 and 46 more:\n- A." in report([], hosts)
