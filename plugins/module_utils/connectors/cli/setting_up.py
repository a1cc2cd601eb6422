# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `init`, `switch` and `configure` share: whom to ask, which files, and how it ends."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ..setup.places import DEFAULT_ENV_FILE, ENV_FILE_VARIABLE, ROSTER_VARIABLE
from .common import run_quietly

if TYPE_CHECKING:
    from ..setup.dialogue import Dialogue

STOPPED = 130


def add_place_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the files are, and how far the checks go."""
    parser.add_argument(
        "--roster",
        metavar="FILE",
        help=f"roster (or {ROSTER_VARIABLE}; default: roster_path of the settings)",
    )
    parser.add_argument(
        "--env-file",
        metavar="FILE",
        help=f"0600 file for secrets (or {ENV_FILE_VARIABLE}; {DEFAULT_ENV_FILE})",
    )
    parser.add_argument(
        "--ca-path", metavar="FILE", help="PEM file to trust besides the system's authorities"
    )
    parser.add_argument("--no-test-message", action="store_true", help="send no test message")


def add_yes_argument(parser: argparse.ArgumentParser, meaning: str) -> None:
    """The option for scripts."""
    parser.add_argument("--yes", "-y", action="store_true", help=meaning)


def dialogue_for(options: argparse.Namespace, *, questions: bool = True) -> Dialogue:
    """Who is spoken with; raises `UsageError` where nobody is there and `--yes` was not given."""
    from ..setup.dialogue import Terminal, Unattended, UsageError

    if options.yes:
        return Unattended(sys.stdout)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        how = "answer by flags and variables and add --yes (see --help)" if questions else "add --yes"
        raise UsageError(f"This asks, and there is no terminal to ask in. Run it in a terminal, or {how}.")
    return Terminal(sys.stdout)


def set_up(options: argparse.Namespace, *, only_missing: bool = False) -> int:
    """Run the steps of a setup."""
    from ..setup.flow import run
    from ..setup.places import absolute, look
    from ..setup.questions import Answers
    from ..setup.steps import Setup

    dialogue = dialogue_for(options)
    setup = Setup(
        dialogue,
        Answers(options),
        look(options),
        only_missing=only_missing,
        test_message=not options.no_test_message,
        new_ca_path=absolute(options.ca_path) if options.ca_path else None,
    )
    if dialogue.interactive:
        dialogue.say("Nothing is written before the end, and only after a yes. Ctrl-C stops.")
    run_quietly(run(setup))
    return 0
