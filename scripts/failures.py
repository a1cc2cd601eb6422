# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say in a few lines why a molecule run failed: `failures.py LOG`. The log itself is thousands of lines long.

Of the last failures that Ansible tells of: the task, its host, and what was said of it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

LAST = 3
TEXT = 6  # lines of a text: its end, where a program says what it ended for
LINES = 10  # of the log's end, where Ansible tells of no failure: molecule's own words
WIDTH = 300
# What a failed task's result says beyond its message.
TELLING = re.compile(r"^    (msg|stderr|stdout): (?!''$|non-zero return code$)")
BEGINS = re.compile(r"^(?:failed|fatal): \[([^\]]*)\].* =>")
DEEPER = " " * 8  # a line of a text that the result shows as a block
BLOCKS = ("|", "|-", "|+", ">", ">-")
ENDS = re.compile(r"^(?:TASK|PLAY|RUNNING HANDLER|\.\.\.ignoring|\w+ *:|\S.* > \S.*:)")


def failures(log: str) -> Iterator[list[str]]:
    """Each failure that was not ignored, as its lines: the task and host, the error, the telling part of the result."""
    task, error = "", ""
    lines = log.splitlines()
    for number, line in enumerate(lines):
        if line.startswith(("TASK [", "RUNNING HANDLER [")):
            task = line.rstrip("* ")
        elif line.startswith("[ERROR]: "):
            error = line
        elif found := BEGINS.match(line):
            said = _result(lines[number + 1 :])
            if said is not None:
                yield [part for part in (f"{task} on {found[1]}", error, *said) if part]
            error = ""


def _result(lines: list[str]) -> list[str] | None:
    """The telling part of a result, of each text the end; None of one that was ignored."""
    said: list[str] = []
    text: list[str] | None = None
    for line in lines:
        if text is not None and (line.startswith(DEEPER) or not line.strip()):
            text.append(line.rstrip())
            continue
        said += [part for part in text or [] if part][-TEXT:]
        text = None
        if line.startswith("...ignoring"):
            return None
        if not line.strip() or ENDS.match(line):
            break
        if TELLING.match(line):
            said.append(line)
            text = [] if line.endswith(BLOCKS) else None
    return said + [part for part in text or [] if part][-TEXT:]


def main() -> None:
    """Print the last failures of the log that is named."""
    log = Path(sys.argv[1]).read_text(encoding="utf-8", errors="replace")
    told = list(failures(log))[-LAST:] or [log.splitlines()[-LINES:]]
    for line in (line for said in told for line in said):
        sys.stdout.write(f"  {line[:WIDTH]}\n")


if __name__ == "__main__":
    main()
