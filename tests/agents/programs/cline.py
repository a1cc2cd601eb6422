# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cline's command line."""

from __future__ import annotations

import json

from ..model.script import Cue, Use
from .base import COMMAND, Dialog, Npm, Program

PROVIDERS = {
    "version": 1,
    "lastUsedProvider": "openai-compatible",
    "modes": {},
    "providers": {
        "openai-compatible": {
            "settings": {
                "provider": "openai-compatible",
                "apiKey": "none",
                "model": "scripted-model",
                "baseUrl": "$MODEL/v1",
            },
            "updatedAt": "2026-01-01T00:00:00.000Z",
            "tokenSource": "manual",
        }
    },
}

CLINE = Program(
    name="cline",
    package=Npm("cline", "3.0.65", "node_modules/.bin/cline", node=22),
    files={".cline/data/settings/providers.json": json.dumps(PROVIDERS)},
    at_start=(
        # Its last line stands below a small pane.
        Dialog(r"any other key to close|Open ClinePass", accept=("Escape",)),
        # It approves everything of itself until its human says otherwise.
        Dialog(r"Auto-approve all enabled", accept=("BTab",)),
    ),
    ready=r"Auto-approve all disabled",
    calls={Cue.RUN: Use("run_commands", {"commands": [COMMAND]})},
    run=Dialog(r"\[y\] Approve", accept=("y",), refuse=("n",)),
    panel="/settings",
    panel_seen=r"Esc\s+close|Esc to close",
)
