# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Continue's command line, which draws its cursor as a letter."""

from __future__ import annotations

from ..model.script import Cue, Use
from .base import COMMAND, WRITTEN, Dialog, Npm, Program

CONFIGURATION = """
name: scripted
version: 0.0.1
schema: v1
models:
  - name: scripted-model
    provider: openai
    model: scripted-model
    apiKey: none
    apiBase: $MODEL/v1
"""

PERMISSION = Dialog(r"Would you like to continue\?|tell Continue what")
"""In a small pane its last lines are all that is to be seen."""

CONTINUE = Program(
    name="continue",
    package=Npm("@continuedev/cli", "1.5.47", "node_modules/.bin/cn", node=20),
    options=("--config", "$HOME/continue.yaml"),
    environment={"CONTINUE_TELEMETRY_ENABLED": "0"},
    files={"continue.yaml": CONFIGURATION},
    ready=r"Ask anything",
    calls={
        Cue.RUN: Use("Bash", {"command": COMMAND}),
        Cue.WRITE: Use("Write", {"filepath": f"$WORK/{WRITTEN}", "content": "one\ntwo\n"}),
    },
    run=PERMISSION,
    write=PERMISSION,
    panel="/model",
    panel_seen=r"Esc to cancel",
)
