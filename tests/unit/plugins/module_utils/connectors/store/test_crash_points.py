# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kill at any moment loses nothing and doubles nothing: every moment is tried, none is drawn by lot."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[5]


# Fewer points would mean that the fuse no longer sees the writes.
@pytest.mark.parametrize(("since", "least"), [([], 80), (["upgrade"], 40)], ids=["first start", "upgrade"])
@pytest.mark.fault(
    "SIGKILL at every write of the store, and before and after every request and key",
    "nothing lost, nothing doubled",
)
def test_a_bridge_killed_at_any_write_loses_nothing_and_doubles_nothing(
    since: list[str], least: int, record_property: Callable[[str, object], None]
) -> None:
    command = [sys.executable, "-m", "fakes.crash_points", *since]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    points = int(done.stdout.splitlines()[-1])
    assert points >= least
    record_property("seen", f"{points} points from {'an upgrade' if since else 'a first start'} on")
