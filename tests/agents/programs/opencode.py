# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenCode."""

from __future__ import annotations

import json

from ..model.script import Cue, Use
from .base import COMMAND, QUESTION, WRITTEN, Dialog, Npm, Program

CONFIGURATION = {
    "model": "scripted/scripted-model",
    "small_model": "scripted/scripted-model",
    "autoupdate": False,
    "share": "disabled",
    "permission": {"edit": "ask", "bash": "ask", "webfetch": "ask"},
    "provider": {
        "scripted": {
            "npm": "@ai-sdk/openai-compatible",
            "name": "Scripted",
            "options": {"baseURL": "$MODEL/v1", "apiKey": "none"},
            "models": {
                "scripted-model": {"name": "scripted-model", "limit": {"context": 100000, "output": 8000}}
            },
        }
    },
}

OPENCODE = Program(
    name="opencode",
    package=Npm("opencode-ai", "1.18.33", "node_modules/opencode-$PLATFORM/bin/opencode"),
    environment={
        "OPENCODE_CONFIG": "$HOME/opencode.json",
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
    },
    files={"opencode.json": json.dumps(CONFIGURATION)},
    ready=r"Ask anything",
    calls={
        Cue.RUN: Use("bash", {"command": COMMAND, "description": "Make a file"}),
        Cue.WRITE: Use("write", {"filePath": f"$WORK/{WRITTEN}", "content": "one\ntwo\n"}),
        Cue.ASK: Use("question", {"questions": [QUESTION]}),
    },
    run=Dialog(r"Allow once"),
    write=Dialog(r"Allow once"),
    ask=Dialog(r"1\. Red"),
    leave_shell=("Escape",),
    panels=(("/agents",), ("/sessions",), ("/themes",), ("/help",), ("/status",), ("/timeline",)),
    panel="/models",
    panel_seen=r"Select model",
    database=".local/share/opencode/opencode.db",
    start_seconds=90.0,
)
