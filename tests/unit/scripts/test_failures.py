# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few lines that a failed molecule run is told by."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "scripts" / "failures.py"

LOG = """\
TASK [Ask] *********************************************
[ERROR]: Task failed: Module failed: non-zero return code
fatal: [web]: FAILED! =>
    msg: non-zero return code
    rc: 1
...ignoring

TASK [mosaic.fleet.runtime : Install] ******************
[ERROR]: Task failed: Module failed: non-zero return code
Origin: install.yml:9:3

fatal: [worker]: FAILED! =>
    changed: true
    invocation:
        module_args:
            _raw_params: pip
    msg: non-zero return code
    rc: 1
    stderr: |-
        ERROR: the index does not answer
        ERROR: again
    stdout: ''

PLAY RECAP *********************************************
"""


def told(log: str, folder: Path) -> list[str]:
    path = folder / "molecule-x.log"
    path.write_text(log)
    done = subprocess.run([sys.executable, SCRIPT, path], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_a_failure_is_told_by_its_task_its_host_and_what_was_said(tmp_path: Path) -> None:
    assert told(LOG, tmp_path) == [
        "  TASK [mosaic.fleet.runtime : Install] on worker",
        "  [ERROR]: Task failed: Module failed: non-zero return code",
        "      stderr: |-",
        "          ERROR: the index does not answer",
        "          ERROR: again",
    ]


def test_of_a_text_the_end_is_told_where_a_program_says_what_it_ended_for(tmp_path: Path) -> None:
    text = "".join(f"        line {n}\n\n" for n in range(9))
    log = f"TASK [t] ***\nfatal: [h]: FAILED! =>\n    msg: ended\n    stdout: |-\n{text}TASK [u] ***\nfatal: [h]: FAILED! =>\n"
    assert told(log, tmp_path) == [
        "  TASK [t] on h",
        "      msg: ended",
        "      stdout: |-",
        *(f"          line {n}" for n in range(3, 9)),
        "  TASK [u] on h",
    ]


def test_of_many_failures_the_last_three_are_told(tmp_path: Path) -> None:
    many = "".join(f"TASK [t{n}] ***\nfailed: [h] (item=1) =>\n    msg: it broke\n\n" for n in range(9))
    tasks = [line for line in told(many, tmp_path) if "TASK" in line]
    assert tasks == ["  TASK [t6] on h", "  TASK [t7] on h", "  TASK [t8] on h"]


def test_a_log_without_a_failure_is_told_by_its_end(tmp_path: Path) -> None:
    assert told("a\nCRITICAL Idempotence test failed: converge => Touch\n", tmp_path)[-1].endswith("Touch")
