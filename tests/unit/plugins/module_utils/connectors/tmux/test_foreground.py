# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A shell that a human talks to is told from a script, and a process that cannot be seen is no guess."""

from __future__ import annotations

import os
import pty
import subprocess
import time
from pathlib import Path

import pytest
from mosaic_connectors.tmux import foreground
from mosaic_connectors.tmux.foreground import foreground_group, is_interactive_shell, look_at_foreground


@pytest.mark.parametrize(
    "words",
    [
        ["bash"],
        ["-bash"],
        ["/bin/bash", "--login"],
        ["bash", "--norc", "-i"],
        ["zsh", "-l"],
        ["bash", "--rcfile", "/x"],
        ["bash", "-o", "vi"],
        ["bash", "-O", "extglob", "+m"],
        ["bash", "-s", "a word"],
        ["bash", "--norc", "--"],
        ["fish", "-C", "set -g x 1"],
        ["busybox", "sh"],
        ["/bin/busybox", "ash", "-l"],
    ],
)
def test_a_shell_that_a_human_talks_to(words: list[str]) -> None:
    assert is_interactive_shell(words)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["cat"],
        ["sh", "-c", "cat"],
        ["bash", "-lc", "x"],
        ["bash", "script.sh"],
        ["python3"],
        ["bash", "-o", "vi", "script.sh"],
        ["bash", "--", "script.sh"],
        ["busybox"],
        ["busybox", "sh", "-c", "x"],
    ],
)
def test_what_is_none(words: list[str]) -> None:
    assert not is_interactive_shell(words)


def test_a_reader_of_a_terminal_is_seen_to_wait_and_a_sleeper_is_not() -> None:
    for command, reads in ((["cat"], True), (["sleep", "60"], False)):
        ours, theirs = pty.openpty()
        tty = os.ttyname(theirs)
        # A session of its own whose terminal this is, as tmux makes it.
        process = subprocess.Popen(
            ["setsid", "-c", *command], stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
        )
        try:
            deadline = time.monotonic() + 10
            found = look_at_foreground(str(process.pid), tty)
            while (
                found is None or found.name != command[0] or found.reading is not reads
            ) and time.monotonic() < deadline:
                time.sleep(0.02)
                found = look_at_foreground(str(process.pid), tty)
            assert found is not None
            assert (found.name, found.shell, found.reading) == (command[0], False, reads)
            assert found.age < 60
        finally:
            process.kill()
            process.wait()
            os.close(ours)
            os.close(theirs)


@pytest.mark.parametrize("pid", ["0", "999999999", "", "self/../nothing"])
def test_what_cannot_be_seen_is_no_guess(pid: str) -> None:
    assert look_at_foreground(pid, "/dev/pts/0") is None


def _processes(place: Path, group: str, *, seen: bool) -> None:
    """A /proc with a pane's program, 10, whose terminal the group has, and with that group's leader if it is `seen`."""
    fields = ["S", "1", "10", "10", "34816", group, *["0"] * 13, "1", *["0"] * 20]
    for pid in ("10", *((group,) if seen else ())):
        (place / pid).mkdir()
        (place / pid / "stat").write_text(f"{pid} (a name) {' '.join(fields)}\n")
        (place / pid / "comm").write_text("ssh\n" if pid == group else "bash\n")
        (place / pid / "cmdline").write_bytes(b"ssh\0far.example.org\0")


@pytest.mark.parametrize("seen", [True, False], ids=["ssh", "another user's, with hidepid"])
def test_who_is_elsewhere_is_known_to_be_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen: bool
) -> None:
    monkeypatch.setattr(foreground, "PROC", tmp_path)
    _processes(tmp_path, "20", seen=seen)
    found = look_at_foreground("10", "/dev/pts/0")
    assert found is not None
    assert (found.name, found.far, found.shell) == ("ssh" if seen else "", True, False)
    assert foreground_group("10") == "20"
    assert foreground_group("11") == ""
