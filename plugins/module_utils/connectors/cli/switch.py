# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector switch`: change to another kind of channel, asking only what is missing."""

from __future__ import annotations

import argparse

from ..registry import known_connector_kinds
from ..setup.questions import add_question_arguments
from .setting_up import add_place_arguments, add_yes_argument, set_up

_ABOUT = """
What the roster, the env file and the settings say already is taken without a question; the blocks and the
credentials of the other kinds stay, so that the way back is one word. Everything is checked live, and
written at the very end or not at all.
"""


def EXAMPLES() -> str:
    """The examples of this subcommand, for the kinds that are installed."""
    kinds = (f"  mosaic-connector switch {kind}" for kind in known_connector_kinds())
    return "\n".join(["examples:", *kinds, _ABOUT])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    kinds = known_connector_kinds()
    parser.add_argument("kind", metavar="KIND", choices=kinds, help=f"one of {', '.join(kinds)}")
    add_question_arguments(parser, kind=False)
    add_place_arguments(parser)
    add_yes_argument(parser, "ask nothing: take flags, variables and what is there already")


def run(options: argparse.Namespace) -> int:
    """Switch; returns 0 when the files are written or right already, 130 when it was stopped."""
    return set_up(options, only_missing=True)
