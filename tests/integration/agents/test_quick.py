# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bounded part of `make agents`: two real agent programs, every message exact, or held for good reason."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
NOTHING_RAN = 2


def test_no_message_is_lost_or_altered_and_no_question_answered() -> None:
    """It is skipped where no program can be had: what is missing is told."""
    command = [sys.executable, "-m", "agents.run", "--quick"]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode == NOTHING_RAN:
        pytest.skip(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
