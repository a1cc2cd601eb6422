# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mosaic.fleet.health says of hosts that it could not look at."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from unit.playbooks.stage import Stage

NO_ROOT = {"ansible_become_exe": "/bin/false"}
BROKEN = [{"ansible.builtin.fail": {"msg": "the look broke"}}]


@pytest.mark.parametrize("one", [{}, NO_ROOT], ids=["one of two", "all"])
def test_a_host_where_nobody_may_become_root_is_in_the_table(tmp_path: Path, one: dict[str, Any]) -> None:
    """Left out it would seem to be well."""
    groups = {"orchestrators": {"one": one, "two": NO_ROOT}}
    played = Stage(tmp_path).play("health", groups)
    assert played.status != 0
    table = played.text.rpartition("TASK [Show it]")[2]
    assert "two, host: it could not be looked at: " in table, played.text
    assert "ALL IS WELL" not in played.text
    assert ("one, host: it could not be looked at" in table) == (one == NO_ROOT)


def test_a_look_that_breaks_leaves_what_was_found_before(tmp_path: Path) -> None:
    """The units that were asked for, and why the rest could not be looked at."""
    played = Stage(tmp_path, {"orchestrator/health": BROKEN}).play("health", {"orchestrators": {"one": {}}})
    assert played.status != 0
    table = played.text.rpartition("TASK [Show it]")[2]
    assert "mosaic-connector" in table, played.text
    assert "the look broke" in table


WAITS = [
    {
        "ansible.builtin.set_fact": {
            "orchestrator_findings": [
                {
                    "id": "restart",
                    "host": "{{ inventory_hostname }}",
                    "part": "session",
                    "well": False,
                    "severity": "warning",
                    "says": "a restart waits",
                    "do": "Restart it.",
                }
            ]
        }
    }
]
UNITS = ("mosaic-connector.service", "mosaic-orchestrator.service")


@pytest.mark.parametrize("fails_on", ["error", "warning"])
def test_a_monitor_gets_all_of_it_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_on: str
) -> None:
    """Where the operator names it; what will not be well is no failure unless that is asked for."""
    (tmp_path / "bin").mkdir()
    shown = "\\n\\n".join(f"Id={unit}\\nActiveState=active\\nUnitFileState=enabled" for unit in UNITS)
    systemctl = tmp_path / "bin" / "systemctl"
    systemctl.write_text(f"#!/bin/sh\n[ \"$1\" != show ] || printf '{shown}\\n'\n")
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    stage = Stage(tmp_path, {"orchestrator/health": WAITS})
    options = (
        "-e",
        "health_report_file=health.json",
        "-e",
        "health_page_file=health.html",
        "-e",
        f"health_fail_on={fails_on}",
        "-e",
        "health_disk_alarm=1",
    )
    played = stage.play("health", {"orchestrators": {"mos": {}}}, *options)
    assert (played.status == 0) == (fails_on == "error"), played.text
    written = json.loads((tmp_path / "health.json").read_text())
    assert written["well"] is True
    found = {(one["id"], one["host"], one["severity"]) for one in written["findings"]}
    assert {("unit", "mos", "ok"), ("disk", "mos", "ok"), ("restart", "mos", "warning")} == found
    said = [one["sentence"] for one in written["findings"] if one["severity"] == "warning"]
    assert said == ["mos, session: a restart waits. Restart it."]
    assert said[0] in played.text
    page = (tmp_path / "health.html").read_text()
    assert "<b>mos</b>, session: a restart waits. Restart it." in page


def test_a_word_of_health_that_means_nothing_is_refused(tmp_path: Path) -> None:
    played = Stage(tmp_path).play("health", {"orchestrators": {"mos": {}}}, "-e", "health_fail_on=never")
    assert played.status != 0
    assert "health_fail_on must be error or warning" in played.text
    assert "CALLED" not in played.text
