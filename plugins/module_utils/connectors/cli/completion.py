# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector completion`: a script that lets a shell complete this command."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from ..thirdparty import require
from .common import say

SHELLS = ("bash", "zsh", "fish")

EXAMPLES = """\
examples:
  mosaic-connector completion bash > /etc/bash_completion.d/mosaic-connector
  mosaic-connector completion zsh > ~/.zfunc/_mosaic-connector
  mosaic-connector completion fish > ~/.config/fish/completions/mosaic-connector.fish
  eval "$(mosaic-connector completion bash)"

The role runtime has put all three, and the manual mosaic-connector(1), in place on its hosts.

The script is written by shtab, which comes with: pip install 'mosaic-connectors[completion]'. It needs neither
shtab nor this command once it is there, so it may be made on one machine and copied to others.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that the script is for")


def run(options: argparse.Namespace) -> int:
    """Print the script; raises `MissingLibraryError` where shtab is not installed."""
    say(script(options.shell))
    return 0


def script(shell: str) -> str:
    """The script for one of `SHELLS`; raises `MissingLibraryError`."""
    from .main import build_parser

    shtab = require("shtab", extra="completion")
    parser = build_parser(None)
    for action in _actions(parser):
        if action.metavar in ("FILE", "ROSTER", "PATH"):
            vars(action)["complete"] = shtab.FILE
    return str(shtab.complete(parser, shell=shell))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every option and argument of a parser and of its subcommands."""
    for action in parser._actions:  # the only way there is to them, which shtab goes as well
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
