# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bounded part of `make agents`: real agent programs, every message exact, or held for good reason."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from agents.run import QUICK_PROGRAMS

TESTS = Path(__file__).parents[2]
NOTHING_RAN = 2


@pytest.mark.parametrize("program", QUICK_PROGRAMS)
def test_no_message_is_lost_or_altered_and_no_question_answered(program: str) -> None:
    """It is skipped where the program cannot be had: why is told."""
    command = [sys.executable, "-m", "agents.run", "--quick", program]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=1800, check=False)
    skipped = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    if done.returncode == NOTHING_RAN:
        pytest.skip("; ".join(skipped))
    assert done.returncode == 0, done.stdout + done.stderr
    for line in skipped:
        warnings.warn(line, stacklevel=1)
