# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a private key of age that ends with the run: `run_key.py WORKER`, answered in JSON.

A file would outlive a run that is killed. The key is in a memfd, which no disk has, held by a process that ends when Ansible's
main process ends, however that may be. Until then its path in /proc opens it, for the user of the run alone.
"""

from __future__ import annotations

import json
import os
import select
import subprocess  # age-keygen is a program
import sys
from pathlib import Path


def parent_of(process: int) -> int:
    """The parent of a process; both are numbers. Raises `OSError` when there is no such process."""
    # What stands before the parenthesis may hold anything (proc(5)).
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def watch(worker: int) -> int:
    """A descriptor that tells when the main process of Ansible has ended, whose fork the worker is."""
    main = parent_of(worker)
    run = os.pidfd_open(main)
    if parent_of(worker) != main:
        raise ProcessLookupError("the run has ended")
    return run


def make_key() -> str:
    """A private key, with its public one in a comment. Raises `OSError` and `subprocess.CalledProcessError`."""
    return subprocess.run(
        ["age-keygen"],  # noqa: S607 (the operator's own, of PATH)
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip


def hold(run: int) -> None:
    """Be there until the run ends, apart from the session and the pipes of who has called."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.chdir("/")
    ended = select.poll()
    ended.register(run, select.POLLIN)
    ended.poll()


def main(worker: int) -> int:
    """Make the key and leave it in memory; the exit status."""
    if not hasattr(os, "memfd_create") or not hasattr(os, "pidfd_open"):
        sys.stderr.write(
            "The controller must run Linux 5.3 or newer, which can keep the key of a run in memory.\n"
        )
        return 1
    try:
        run, key = watch(worker), make_key()
    except FileNotFoundError:
        sys.stderr.write(
            "age must be installed on the controller, but age-keygen is missing. Install age there.\n"
        )
        return 1
    except (OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"The key of this run could not be made: {error}. Run it again.\n")
        return 1
    memory = os.memfd_create("mosaic-run-key")
    os.write(memory, key.encode())
    public = key.partition("# public key: ")[2].split("\n")[0]
    holder = os.fork()
    if holder:
        json.dump({"public": public, "path": f"/proc/{holder}/fd/{memory}"}, sys.stdout)
        return 0
    hold(run)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
