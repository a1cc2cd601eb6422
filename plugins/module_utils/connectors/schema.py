# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of the roster's `connector` block, word for word the design document's.

It is a Python dict because data files are not shipped with an Ansible module; a test holds it
equal to docs/connector.schema.json.
"""

from __future__ import annotations

from typing import Any

CONNECTOR_SCHEMA: dict[str, Any] = {
    "description": (
        "Orchestrator chat connector (F4). Optional — absent means tmux (back-compat). "
        "Secrets (access/bot tokens) come from the environment, never this file."
    ),
    "type": "object",
    "additionalProperties": False,
    "required": ["kind"],
    "properties": {
        "kind": {"enum": ["tmux", "discord", "matrix"]},
        "matrix": {
            "type": "object",
            "additionalProperties": False,
            "required": ["homeserver_url", "user_id", "room_id"],
            "properties": {
                "homeserver_url": {"type": "string"},
                "user_id": {"type": "string"},
                "room_id": {"type": "string"},
            },
        },
        "discord": {
            "type": "object",
            "additionalProperties": False,
            "required": ["channel_id"],
            "properties": {"channel_id": {"type": "string"}},
        },
    },
}
"""JSON Schema (2020-12) that a `connector` block is valid under."""
