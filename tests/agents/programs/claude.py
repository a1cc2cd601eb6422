# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claude Code."""

from __future__ import annotations

from ..model.script import Cue, Use
from .base import COMMAND, QUESTION, WRITTEN, Dialog, Npm, Program

CLAUDE = Program(
    name="claude",
    package=Npm(
        "@anthropic-ai/claude-code",
        "2.1.197",
        "node_modules/@anthropic-ai/claude-code-$PLATFORM/claude",
    ),
    environment={
        "ANTHROPIC_BASE_URL": "$MODEL",
        "ANTHROPIC_API_KEY": "sk-ant-no-key-is-needed-here",
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
    },
    # The very first start asks its maker's server, which is out of reach here.
    files={".claude.json": '{"hasCompletedOnboarding": true, "theme": "dark"}'},
    at_start=(
        Dialog(r"Yes, I trust this folder"),
        Dialog(r"Do you want to use this API key", accept=("Up", "Enter")),
    ),
    ready=r"\? for shortcuts",
    calls={
        Cue.RUN: Use("Bash", {"command": COMMAND, "description": "Make a file"}),
        Cue.WRITE: Use("Write", {"file_path": f"$WORK/{WRITTEN}", "content": "one\ntwo\n"}),
        Cue.ASK: Use("AskUserQuestion", {"questions": [{**QUESTION, "multiSelect": False}]}),
    },
    run=Dialog(r"Do you want to proceed\?"),
    write=Dialog(r"Do you want to\s+create"),
    ask=Dialog(r"Enter to select"),
    panels=(
        *(("/effort",), ("/rewind",), ("/config",), ("/status",), ("/permissions",), ("/resume",)),
        *(("/hooks",), ("/memory",), ("/theme",)),
    ),
    panel="/model",
    panel_seen=r"Esc to cancel",
)
