# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates, which `make test` has no time for: what is listed, what is there and what CONTRIBUTING tells of are the same."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
SCRIPT = (ROOT / "scripts" / "gates").read_text()


def test_each_gate_is_run_and_has_its_row_with_the_command() -> None:
    listed = re.search(r"^GATES=\((.+)\)$", SCRIPT, re.MULTILINE)
    assert listed
    gates = sorted(listed[1].split())
    assert sorted(re.findall(r"^gate_(\w+)\(\)", SCRIPT, re.MULTILINE)) == gates
    rows = [line for line in (ROOT / "CONTRIBUTING.md").read_text().splitlines() if line.startswith("|")]
    told = {gate for row in rows for gate in re.findall(r"`make gates ARGS=(\w+)`", row)}
    assert sorted(told) == gates


def test_a_gate_that_is_none_is_told_with_those_there_are_from_any_folder() -> None:
    done = subprocess.run(
        ["../scripts/gates", "reuse", "gaxaly"],
        cwd=ROOT / "docs",
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert "no gate 'gaxaly'; there are: reuse reproducible galaxy" in done.stderr
