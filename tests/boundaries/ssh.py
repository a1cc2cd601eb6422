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
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

KILLED_STATUS = 137

KILLED = """
exec 3<&0
setsid sh -c "$1" <&3 3<&- &
module=$!
exec 3<&-
(sleep "$2"; kill -9 "-$module") >/dev/null 2>&1 &
wait "$module"
"""


def quoted(text: str) -> str:
    """As a word of the shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def note(line: dict[str, object]) -> None:
    """Write it down beside the points."""
    with Path(os.environ["BOUNDARY_JOURNAL"]).open("a", encoding="utf-8") as journal:
        journal.write(json.dumps(line) + "\n")


def changes(said: bytes) -> bool:
    """Whether a module has told that it changed something."""
    return re.search(rb'"changed": ?true', said) is not None


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
        done = answered(command)
        note(
            {
                "call": os.environ["BOUNDARY_POINT"],
                "number": call,
                "module": "python" in arguments[-1],
                "changed": changes(done.stdout),
                "took": time.monotonic() - began,
            }
        )
        return passed_on(done)
    if call != aim["call"]:
        os.execvp("ssh", command)  # noqa: S606
    return kill_module(command, aim) if aim["deed"] == "module" else lose_host(command, aim)


def answered(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    """What ssh says; what it complains of is not held, for a connection that stays open holds it as well."""
    return subprocess.run(command, stdout=subprocess.PIPE, check=False)


def passed_on(done: subprocess.CompletedProcess[bytes]) -> int:
    """Say it; its status."""
    sys.stdout.buffer.write(done.stdout)
    sys.stdout.buffer.flush()
    return done.returncode


def kill_module(command: list[str], aim: dict[str, Any]) -> int:
    """Kill it half-way, unless it was quicker; the status."""
    script = f"sh -c {quoted(KILLED)} sh {quoted(command[-1])} {aim['took'] / 2:.2f}"
    done = answered([*command[:-1], script])
    note({"cut" if done.returncode == KILLED_STATUS else "missed": aim["key"]})
    return passed_on(done)


def lose_host(command: list[str], aim: dict[str, Any]) -> int:
    """Have it done, and the host is gone, unless there was nothing to be changed; the status."""
    done = answered(command)
    if aim["says"] and not changes(done.stdout):
        note({"missed": aim["key"]})
        return passed_on(done)
    note({"cut": aim["key"]})
    subprocess.run(aim["kill"], check=True, capture_output=True, timeout=60)
    sys.stderr.write("Connection closed by remote host\n")
    return 255


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
