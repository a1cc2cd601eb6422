# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Qwen Code."""

from __future__ import annotations

from ..model.script import Cue, Use
from .base import COMMAND, WRITTEN, Dialog, Npm, Program

QWEN = Program(
    name="qwen",
    package=Npm("@qwen-code/qwen-code", "0.15.10", "node_modules/.bin/qwen", node=20),
    options=("--auth-type", "openai"),
    environment={
        "OPENAI_API_KEY": "none",
        "OPENAI_BASE_URL": "$MODEL/v1",
        "OPENAI_MODEL": "scripted-model",
    },
    ready=r"Type your\s+message",
    calls={
        Cue.RUN: Use(
            "run_shell_command", {"command": COMMAND, "description": "Make a file", "is_background": False}
        ),
        Cue.WRITE: Use("write_file", {"file_path": f"$WORK/{WRITTEN}", "content": "one\ntwo\n"}),
    },
    run=Dialog(r"1\. Yes, allow once"),
    write=Dialog(r"1\. Yes, allow once"),
    leave_shell=("Escape",),
    panel="/theme",
    panel_seen=r"Use Enter to select",
)
