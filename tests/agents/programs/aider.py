# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aider, which reads nothing while it works and asks in plain lines."""

from __future__ import annotations

import re

from ..model.script import Cue, Say
from .base import WRITTEN, Dialog, Pip, Program

_RULES = re.compile(r"\n\nTo suggest changes to a file you MUST.*\Z", re.DOTALL)


def unwrap(text: str) -> str:
    """The words above the rules for edits, which stand below the newest message; no summary of a conversation."""
    return "" if "\n\nASSISTANT: " in text else _RULES.sub("", text)


AIDER = Program(
    name="aider",
    package=Pip("aider-chat", "0.86.2", "bin/aider", pythons=("3.12", "3.11", "3.10")),
    options=(
        "--model=openai/scripted-model",
        "--no-gitignore",
        "--no-show-release-notes",
        "--no-check-update",
        "--analytics-disable",
    ),
    environment={"OPENAI_API_BASE": "$MODEL/v1", "OPENAI_API_KEY": "none"},
    at_start=(Dialog(r"ask again \[Yes\]:\Z", accept=("n", "Enter")),),
    ready=r"(?m)^> ?$",
    calls={Cue.WRITE: Say(f"\n{WRITTEN}\n```\none\n```\n")},
    write=Dialog(r"Create new file\? .{1,40}\[Yes\]:\Z", accept=("y", "Enter"), refuse=("n", "Enter")),
    newline="",
    reads_while_busy=False,
    toolless=True,
    unwrap=unwrap,
    start_seconds=120.0,
)
