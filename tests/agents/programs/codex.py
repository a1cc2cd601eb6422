# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codex."""

from __future__ import annotations

from ..model.script import Cue, Use
from .base import COMMAND, Dialog, Npm, Program

CONFIGURATION = """
model = "scripted-model"
model_provider = "scripted"
approval_policy = "on-request"
check_for_update_on_startup = false
[model_providers.scripted]
name = "scripted"
base_url = "$MODEL/v1"
wire_api = "responses"
env_key = "SCRIPTED_KEY"
"""

CODEX = Program(
    name="codex",
    package=Npm("@openai/codex", "0.171.0", "node_modules/@openai/codex-$PLATFORM/vendor/$TRIPLE/bin/codex"),
    environment={"SCRIPTED_KEY": "none"},
    files={".codex/config.toml": CONFIGURATION},
    at_start=(Dialog(r"Trust this folder\?"),),
    # It draws an empty input line for some seconds before it asks; the model stands below it when it reads.
    ready=r"› \S+ Codex[\s\S]*scripted-model",
    calls={
        Cue.RUN: Use(
            "exec_command",
            {
                "cmd": COMMAND,
                "sandbox_permissions": "require_escalated",
                "justification": "Do you want to let me make a file?",
            },
        ),
    },
    run=Dialog(r"1\. Yes, proceed"),
    panels=(
        *(("/resume",), ("/agent",), ("/plugins",), ("/hooks",), ("/statusline",), ("/diff",)),
        *(("/memories",), ("/theme",), ("/keymap",), ("/rename",)),
    ),
    panel="/model",
    panel_seen=r"enter select",
)
