# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Completion works in a real shell, from the script that is printed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mosaic_connectors.cli.completion import SHELLS
from mosaic_connectors.cli.main import COMMANDS

ASK_BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
"$(complete -p mosaic-connector | sed -E 's/.* -F ([^ ]+) .*/\\1/')" mosaic-connector "${!#}" ""
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the script for each shell, named like it."""
    place = tmp_path_factory.mktemp("completion")
    for shell in SHELLS:
        command = [sys.executable, "-m", "mosaic_connectors.cli.main", "completion", shell]
        done = subprocess.run(command, capture_output=True, timeout=60, check=True)
        (place / shell).write_bytes(done.stdout)
    return place


def completed(scripts: Path, *words: str) -> set[str]:
    """What a real bash offers for the last of the words."""
    command = ["bash", "-c", ASK_BASH, "bash", str(scripts / "bash"), "mosaic-connector", *words]
    return set(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split())


def test_every_subcommand_is_offered(scripts: Path) -> None:
    assert set(COMMANDS) <= completed(scripts, "")
    assert completed(scripts, "doc") == {"doctor"}


def test_the_options_of_a_subcommand_are_offered(scripts: Path) -> None:
    assert {"--watch", "--json"} <= completed(scripts, "status", "--")
    assert "--watch" not in completed(scripts, "send", "--")
    assert completed(scripts, "completion", "z") == {"zsh"}


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_right_in_its_shell_and_names_every_subcommand(scripts: Path, shell: str) -> None:
    """The shell itself reads it, where this machine has that shell."""
    text = (scripts / shell).read_text()
    assert all(command in text for command in COMMANDS)
    if shutil.which(shell):
        subprocess.run([shell, "-n", str(scripts / shell)], timeout=60, check=True)
