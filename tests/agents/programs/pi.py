# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pi, which asks nothing before it runs a command."""

from __future__ import annotations

import json

from .base import Npm, Program

MODELS = {
    "providers": {
        "scripted": {
            "baseUrl": "$MODEL/v1",
            "api": "openai-completions",
            "apiKey": "none",
            "models": [
                {
                    "id": "scripted-model",
                    "name": "scripted-model",
                    "reasoning": False,
                    "input": ["text"],
                    "contextWindow": 100000,
                    "maxTokens": 8000,
                    "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
                }
            ],
        }
    }
}

PI = Program(
    name="pi",
    package=Npm("@mariozechner/pi-coding-agent", "0.73.1", "node_modules/.bin/pi", node=22),
    options=("--provider", "scripted", "--model", "scripted-model"),
    environment={"PI_OFFLINE": "1", "PI_SKIP_VERSION_CHECK": "1"},
    files={".pi/agent/models.json": json.dumps(MODELS)},
    ready=r"scripted-model",
    panel="/model",
    panel_seen=r"scripted-model \[scripted\]|Model Name",
)
