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
LINES = 10  # of the log's end, where Ansible tells of no failure: molecule's own words
WIDTH = 300
# What a failed task's result says beyond its message; the first lines of each are enough.
TELLING = re.compile(r"^    (msg|stderr|stdout): (?!''$|non-zero return code$)")
BEGINS = re.compile(r"^(?:failed|fatal): \[([^\]]*)\].* =>")
ENDS = re.compile(r"^(?:TASK|PLAY|RUNNING HANDLER|\.\.\.ignoring|\w+ *:|\S.* > \S.*:)")


def failures(log: str) -> Iterator[list[str]]:
    """Each failure that was not ignored, as its lines: the task and host, the error, the telling part of the result."""
    task, error = "", ""
    lines = iter(log.splitlines())
    for line in lines:
        if line.startswith(("TASK [", "RUNNING HANDLER [")):
            task = line.rstrip("* ")
        elif line.startswith("[ERROR]: "):
            error = line
        elif found := BEGINS.match(line):
            said = [f"{task} on {found[1]}", error]
            for rest in lines:
                if rest.startswith("...ignoring"):
                    said = []
                if not rest.strip() or ENDS.match(rest):
                    break
                if TELLING.match(rest):
                    said += [rest, *_first_lines(lines, rest)]
            if said:
                yield [part for part in said if part]
            error = ""


def _first_lines(lines: Iterator[str], opening: str) -> list[str]:
    """The first line of a text that the result shows as a block."""
    return [next(lines, "")] if opening.rstrip().endswith(("|", "|-", ">", ">-")) else []


def main() -> None:
    """Print the last failures of the log that is named."""
    log = Path(sys.argv[1]).read_text(encoding="utf-8", errors="replace")
    told = list(failures(log))[-LAST:] or [log.splitlines()[-LINES:]]
    for line in (line for said in told for line in said):
        sys.stdout.write(f"  {line[:WIDTH]}\n")


if __name__ == "__main__":
    main()
