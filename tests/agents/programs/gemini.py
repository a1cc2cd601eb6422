# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gemini CLI."""

from __future__ import annotations

from ..model.script import Cue, Use
from .base import COMMAND, QUESTION, WRITTEN, Dialog, Npm, Program

GEMINI = Program(
    name="gemini",
    package=Npm("@google/gemini-cli", "0.61.0", "node_modules/.bin/gemini", node=20),
    environment={
        "GEMINI_API_KEY": "none",
        "GOOGLE_GEMINI_BASE_URL": "$MODEL",
        "GEMINI_TELEMETRY_ENABLED": "false",
    },
    files={".gemini/settings.json": '{"general": {"disableAutoUpdate": true}}'},
    at_start=(
        Dialog(r"1\. Trust folder"),
        Dialog(r"tos-privacy"),
        Dialog(r"Enter Gemini API Key|Press Enter to submit"),
    ),
    ready=r"Type your message",
    calls={
        Cue.RUN: Use("run_shell_command", {"command": COMMAND, "description": "Make a file"}),
        Cue.WRITE: Use("write_file", {"file_path": f"$WORK/{WRITTEN}", "content": "one\ntwo\n"}),
        Cue.ASK: Use("ask_user", {"questions": [{**QUESTION, "type": "choice"}]}),
    },
    run=Dialog(r"1\. Allow once"),
    write=Dialog(r"1\. Allow once"),
    ask=Dialog(r"Enter to select"),
    # A mention is resolved to the file whose name holds it.
    rewrites=(("@REA", "@README.md"),),
    leave_shell=("Escape",),
    panels=(("/auth", "Down", "Up", "Enter"), ("/settings",), ("/resume",), ("/privacy",), ("/theme",)),
    panel="/model",
    panel_seen=r"Press Esc to close",
)
