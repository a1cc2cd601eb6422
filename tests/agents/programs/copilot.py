# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GitHub Copilot CLI."""

from __future__ import annotations

import re

from ..model.script import Cue, Use
from .base import COMMAND, WRITTEN, Dialog, Npm, Program

_CLOCK = re.compile(r"\A<current_datetime>[^<]*</current_datetime>\s*")
_REMINDER = re.compile(r"\s*<system_reminder>.*?</system_reminder>\s*\Z", re.DOTALL)

COLOURS = {
    "type": "object",
    "properties": {"colour": {"type": "string", "title": "Colour", "enum": ["Red", "Blue"]}},
    "required": ["colour"],
}


def unwrap(text: str) -> str:
    """The words between the time of day, which stands above every message, and a reminder below it."""
    return _REMINDER.sub("", _CLOCK.sub("", text))


COPILOT = Program(
    name="copilot",
    package=Npm("@github/copilot", "1.0.102", "node_modules/.bin/copilot", node=22),
    options=("--no-auto-update",),
    environment={
        "COPILOT_PROVIDER_BASE_URL": "$MODEL/v1",
        "COPILOT_PROVIDER_API_KEY": "none",
        "COPILOT_MODEL": "scripted-model",
        "COPILOT_OFFLINE": "true",
    },
    at_start=(Dialog(r"3\. No \(Esc\)"),),
    ready=r"(?m)^ ?❯",
    calls={
        Cue.RUN: Use("bash", {"command": COMMAND, "description": "Make a file", "mode": "sync"}),
        Cue.WRITE: Use("create", {"path": f"$WORK/{WRITTEN}", "file_text": "one\ntwo\n"}),
        Cue.ASK: Use("ask_user", {"message": "Which colour do you like?", "requestedSchema": COLOURS}),
    },
    run=Dialog(r"1\. Yes"),
    write=Dialog(r"1\. Yes"),
    ask=Dialog(r"Red"),
    panel="/theme",
    panel_seen=r"(?i)esc to cancel",
    unwrap=unwrap,
)
