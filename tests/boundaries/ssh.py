# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ssh, as Ansible calls it, with which a module or its host can be lost in the middle of a task.

In a run that notes, every call is noted with its time. In one that is cut, the call that is aimed at ends as it would: the
module is killed on its host half-way, or does its work, and the host is gone before it could answer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

KILLED = """
exec 3<&0
setsid sh -c "$1" <&3 3<&- &
module=$!
exec 3<&-
(sleep "$2"; kill -9 -- "-$module") >/dev/null 2>&1 &
wait "$module"
"""


def quoted(text: str) -> str:
    """As a word of the shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def note(line: dict[str, object]) -> None:
    """Write it down beside the points."""
    with Path(os.environ["BOUNDARY_JOURNAL"]).open("a", encoding="utf-8") as journal:
        journal.write(json.dumps(line) + "\n")


def number() -> int:
    """How many calls of this task came before this one."""
    counter = Path(os.environ["BOUNDARY_JOURNAL"] + ".calls")
    with counter.open("a+", encoding="utf-8") as lines:
        lines.seek(0)
        before = lines.read().splitlines().count(os.environ["BOUNDARY_POINT"])
        lines.write(os.environ["BOUNDARY_POINT"] + "\n")
    return before


def main(arguments: list[str]) -> int:
    """Be ssh; its exit status."""
    command = ["ssh", *arguments]
    if "BOUNDARY_POINT" not in os.environ:
        os.execvp("ssh", command)  # noqa: S606 (the ssh of PATH, as Ansible takes it)
    call = number()
    aim = json.loads(os.environ.get("BOUNDARY_DEED", "{}"))
    if not aim:
        began = time.monotonic()
        status = subprocess.call(command)
        runs = "python" in arguments[-1]
        note(
            {
                "call": os.environ["BOUNDARY_POINT"],
                "number": call,
                "module": runs,
                "took": time.monotonic() - began,
            }
        )
        return status
    if call != aim["call"]:
        os.execvp("ssh", command)  # noqa: S606
    note({"cut": aim["point"]})
    if aim["deed"] == "module":
        script = f"sh -c {quoted(KILLED)} sh {quoted(arguments[-1])} {aim['took'] / 2:.2f}"
        return subprocess.call([*command[:-1], script])
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    subprocess.run(aim["kill"], check=True, capture_output=True, timeout=60)
    sys.stderr.write("Connection closed by remote host\n")
    return 255


sys.exit(main(sys.argv[1:]))
