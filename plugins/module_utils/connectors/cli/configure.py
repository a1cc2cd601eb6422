# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector configure`: change one thing of what is set up, after showing the diff."""

from __future__ import annotations

import argparse
from shlex import quote
from typing import Any

from ..registry import descriptions
from ..setup.assignments import OPERATORS, keys_by_kind
from ..setup.places import DEFAULT_ENV_FILE, ENV_FILE_VARIABLE, ROSTER_VARIABLE
from ..setup.questions import add_refusals
from .common import run_quietly
from .setting_up import add_yes_argument, dialogue_for

_ABOUT = """
The new roster or settings file is validated, shown as a diff and written in one step. Nothing is contacted:
`mosaic-connector doctor` checks it live. Another kind: mosaic-connector switch. A new token: mosaic-connector init.
"""


def EXAMPLES() -> str:
    """The examples of this subcommand, for the kinds that are installed."""
    lines = ["examples:"]
    for kind in descriptions():
        said = " ".join(f"{one.key}={quote(one.example)}" for one in kind.fields[-1:])
        lines += [f"  mosaic-connector configure {said}"] if said else []
    lines += [f"  mosaic-connector configure {OPERATORS}=ID,ID --yes", "", "keys:"]
    lines += [f"  {', '.join(keys)} (kind {kind})" for kind, keys in keys_by_kind().items()]
    listing = [kind.name for kind in descriptions() if kind.operators]
    return "\n".join([*lines, f"  {OPERATORS} (kinds {', '.join(listing)})", _ABOUT])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    parser.add_argument("assignments", metavar="KEY=VALUE", nargs="+", help="what to change")
    parser.add_argument(
        "--roster",
        metavar="FILE",
        help=f"roster (or {ROSTER_VARIABLE}; default: roster_path of the settings)",
    )
    parser.add_argument(
        "--env-file", metavar="FILE", help=f"only read, to tell (or {ENV_FILE_VARIABLE}; {DEFAULT_ENV_FILE})"
    )
    add_refusals(parser)
    add_yes_argument(parser, "write without asking")


def run(options: argparse.Namespace) -> int:
    """Change; returns 0 when it is written or was so already, 130 when it was stopped."""
    from ..setup.assignments import apply, consequences, parse
    from ..setup.changes import plan
    from ..setup.flow import follow_up, settle_changes
    from ..setup.places import look

    wanted = parse(options.assignments)
    dialogue = dialogue_for(options, questions=False)
    files = look(options, must_exist=True)
    connector, settings = apply(files, wanted)
    changes = plan(files, connector=connector, settings=settings)

    async def settle() -> Any:
        return await settle_changes(dialogue, changes, "Write this?")

    if not run_quietly(settle()):
        dialogue.good("It says so already: nothing was changed")
        return 0
    for sentence in consequences(files, wanted):
        dialogue.note(sentence)
    follow_up(dialogue, reload_only=connector is None)
    return 0
