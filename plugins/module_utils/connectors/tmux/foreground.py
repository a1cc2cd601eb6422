# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reads a terminal now, as the kernel tells it; source: proc(5). Where it does not tell, None: never a guess."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")

SHELLS = frozenset(
    {
        "sh",
        "bash",
        "dash",
        "zsh",
        "fish",
        "ksh",
        "mksh",
        "ash",
        "busybox",
        "tcsh",
        "csh",
        "nu",
        "elvish",
        "xonsh",
        "rbash",
        "rzsh",
        "yash",
        "osh",
        "ysh",
        "ion",
        "pwsh",
    }
)

FAR = frozenset(
    {
        *("ssh", "mosh-client", "telnet", "rlogin", "et", "socat", "picocom", "minicom", "virsh"),
        *("docker", "podman", "nerdctl", "kubectl", "oc", "lxc", "incus", "machinectl"),
        *("tmux: client", "screen", "dtach", "abduco"),
    }
)
"""What hands its terminal on to a place where nobody can be seen from here."""

_OPTIONS_WITH_A_WORD = frozenset({"--rcfile", "--init-file", "-o", "+o", "-O", "+O", "-C", "--init-command"})

_READ_CALLS = frozenset({"0", "63"})
"""The number of read(2) on x86_64 and on the others."""

_TERMINAL_WAITS = frozenset({"wait_woken", "n_tty_read", "tty_read"})
"""Where the kernel lets a reader of a terminal wait; told also to those who may not see the call itself."""


@dataclass(frozen=True)
class Foreground:
    """The process that has the terminal: its name, whether it is an interactive shell, whether it waits in a read."""

    name: str
    shell: bool
    reading: bool | None
    age: float
    """Seconds since the pane's own program began."""
    idle: bool = True
    """Whether it sleeps; one that computes, or is stopped, may not have shown yet what it did with the last key."""
    far: bool = False
    """Whether who is behind it cannot be seen: another host's, a container's, or another user's program."""


def look_at_foreground(pid: str, tty: str) -> Foreground | None:
    """The foreground process of the terminal `tty` whose first program is `pid`; None when it cannot be seen."""
    try:
        fields = _stat(pid)
        group = fields[5]
        if int(group) <= 0:
            return None
        age = _age(fields)
    except (OSError, ValueError, IndexError):
        return None
    try:
        name = (PROC / group / "comm").read_text().strip()
        return Foreground(
            name=name,
            shell=_is_shell(group) or _shell_behind(group, fields[4]),
            reading=_reads(group, tty),
            age=age,
            idle=_stat(group)[0] == "S",
            far=name in FAR,
        )
    except (OSError, ValueError, IndexError):
        # With hidepid another user's processes are not there at all.
        return Foreground(name="", shell=False, reading=None, age=age, far=True)


def foreground_group(pid: str) -> str:
    """The process group that has the terminal of `pid`; empty when it cannot be seen."""
    try:
        return _stat(pid)[5]
    except (OSError, ValueError, IndexError):
        return ""


def is_interactive_shell(words: list[str]) -> bool:
    """Whether a command line is a shell that a human talks to: neither a script nor `-c`."""
    if words and Path(words[0]).name == "busybox":
        words = words[1:]
    if not words or Path(words[0].lstrip("-")).name not in SHELLS:
        return False
    options = iter(words[1:])
    for word in options:
        if word in ("-s", "--"):
            return word == "-s" or next(options, None) is None  # behind -s are words for the human's commands
        if word in _OPTIONS_WITH_A_WORD:
            next(options, None)
        elif word.startswith("+"):
            continue
        elif not word.startswith("-") or (not word.startswith("--") and "c" in word):
            return False
    return True


def _is_shell(pid: str) -> bool:
    words = (PROC / pid / "cmdline").read_bytes().split(b"\0")
    return is_interactive_shell([word.decode("utf-8", "replace") for word in words if word])


def _shell_behind(pid: str, tty: str, depth: int = 3) -> bool:
    """Whether a child of `pid` has a terminal of its own (sudo and script make one) that a shell has."""
    try:
        children = (PROC / pid / "task" / pid / "children").read_text().split()
        stats = [(child, _stat(child)) for child in children]
        groups = [fields[5] for _child, fields in stats if fields[4] not in ("0", tty) and int(fields[5]) > 0]
        return any(
            _is_shell(one) or (depth > 0 and _shell_behind(one, _stat(one)[4], depth - 1)) for one in groups
        )
    except (OSError, ValueError, IndexError):
        return False  # another user's, or gone


def _stat(pid: str) -> list[str]:
    """The fields of /proc/PID/stat from the state on; the name before them may hold anything."""
    if not pid.isdigit():
        raise ValueError(pid)
    return (PROC / pid / "stat").read_text().rpartition(")")[2].split()


def _age(fields: list[str]) -> float:
    began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return max(time.clock_gettime(time.CLOCK_BOOTTIME) - began, 0.0)


def _reads(pid: str, tty: str) -> bool | None:
    """Whether the process waits in a read of `tty`; None when the kernel does not tell."""
    try:
        words = (PROC / pid / "syscall").read_text().split()
        if words[0] not in _READ_CALLS:
            return False
        return str((PROC / pid / "fd" / str(int(words[1], 16))).readlink()) == tty
    except (OSError, ValueError, IndexError):
        pass
    try:
        waits = (PROC / pid / "wchan").read_text().strip()
    except OSError:
        return None
    return waits in _TERMINAL_WAITS if waits not in ("", "0") else None
