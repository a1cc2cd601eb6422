# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests find does not depend on how they were started: in a terminal, under nohup, in the background of a script."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
WITH_A_CTRL_C = "tests/unit/plugins/module_utils/connectors/setup/test_writing.py"
IGNORED = {signal.SIGINT, signal.SIGQUIT, signal.SIGHUP}


def test_a_program_under_test_ignores_no_signal_for_its_starters_sake() -> None:
    told = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True, check=True).stdout
    mask = int(re.search(r"^SigIgn:\s*([0-9a-f]+)", told, re.MULTILINE)[1], 16)  # type: ignore[index]
    assert {one for one in IGNORED if mask >> (one - 1) & 1} == set()


def test_it_is_the_same_without_a_terminal_and_where_its_signals_are_ignored() -> None:
    """As under nohup, and in the background of a script; and without a terminal or an input at all."""
    pytest = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "ctrl_c or ignores_no_signal",
    ]
    command = [
        "setsid",
        "sh",
        "-c",
        "trap '' INT QUIT HUP; exec \"$@\"",
        "sh",
        *pytest,
        WITH_A_CTRL_C,
        __file__,
    ]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"^2 passed", done.stdout, re.MULTILINE), done.stdout
