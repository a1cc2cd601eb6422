# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector init`: choose the channel and set it up, every answer checked as one goes."""

from __future__ import annotations

import argparse
from shlex import quote

from ..kind import Kind
from ..registry import descriptions
from ..setup.questions import add_question_arguments
from .setting_up import add_place_arguments, add_yes_argument, set_up

_ABOUT = """
Nothing is written before the end: Ctrl-C and every failure leave roster, env file and settings as they
were. An account or a room that was made by then is named, and the next run takes it up.
A question is answered by its flag, else by the variable in brackets, else in the terminal. A secret is
never an argument: it comes from a file, from the environment or from a prompt.
Asking in a terminal needs an extra: pip install 'mosaic-connectors[init]'
"""


def _example(kind: Kind) -> str:
    """The command that sets this kind up without asking."""
    words = [f"--kind {kind.name}"]
    words += [f"{one.flag} {quote(one.example)}" for one in kind.fields if one.required]
    words += [f"--operator {kind.operators.example}"] if kind.operators else []
    # Where some only serve setting up, the first of them all is enough.
    asked = kind.secrets if len(kind.kept_secrets) == len(kind.secrets) else kind.secrets[:1]
    words += [f"{one.flag} /root/{one.key.replace('_', '-')}" for one in asked]
    lines = [" ".join(words[:2]), *(" ".join(words[at : at + 2]) for at in range(2, len(words), 2))]
    return "  mosaic-connector init " + " \\\n      ".join([*lines[:-1], f"{lines[-1]} --yes"])


def EXAMPLES() -> str:
    """The examples of this subcommand, for the kinds that are installed."""
    return "\n".join(["examples:", "  mosaic-connector init", *map(_example, descriptions()), _ABOUT])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    add_question_arguments(parser)
    add_place_arguments(parser)
    add_yes_argument(parser, "ask nothing: take flags, variables, what is there already and defaults")


def run(options: argparse.Namespace) -> int:
    """Set up; returns 0 when the files are written or right already, 130 when it was stopped."""
    return set_up(options)
