# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of seven hosts in which one asks, one is down and one is late, as `health` finds it."""

from __future__ import annotations

import json
import math
from typing import Any

MADE_AT = "2026-11-29 03:00 UTC"
DAY = 288


def _history(number: int) -> str:
    """A day of work, quiet at night; host 2 was down for a while, host 3 holds what came."""
    busy = [max(0.0, math.sin((slot - 72 + 9 * number) / 46)) for slot in range(DAY)]
    down = range(200, 226) if number == 2 else range(0)
    figures: dict[str, list[int | None]] = {
        "up": [0 if slot in range(90, 97) else 1 for slot in range(DAY)],
        "held": [int(number == 3 and slot > 270) for slot in range(DAY)],
        "inbox": [round(4 * one) if slot % 7 == 0 else 0 for slot, one in enumerate(busy)],
        "outbox": [12 - abs(slot - 93) if abs(slot - 93) < 12 else 0 for slot in range(DAY)],
        "questions": [int(number == 1 and slot > 280) for slot in range(DAY)],
        "received": [round(5 * one) for one in busy],
        "sent": [round(9 * one) if slot % 2 else round(4 * one) for slot, one in enumerate(busy)],
    }
    for values in figures.values():
        for slot in down:
            values[slot] = None
    return json.dumps({"ends": MADE_AT, "every": 300, "figures": figures})


def _orchestrator(number: int) -> list[dict[str, Any]]:
    host = f"agent-{number}"
    queues = {
        "id": "queues",
        "part": "queues",
        "well": True,
        "says": "0 in, 0 out, 0 dead letters",
        "number": 0,
    }
    if number == 1:
        queues |= {"waits": True, "says": "0 in, 0 out, 0 dead letters, questions that wait for an answer: 1"}
        queues |= {"do": "Answer them in the chat."}
    if number == 3:
        queues |= {
            "waits": True,
            "number": 2,
            "says": "2 in, 0 out, 0 dead letters, held: a draft is in the pane",
        }
        queues |= {"do": "See why they wait: mosaic-connector status."}
    down = number == 4
    return [
        {
            "host": host,
            "id": "unit",
            "part": "mosaic-connector",
            "well": not down,
            "says": "inactive" if down else "active",
            "do": "Look why: systemctl status mosaic-connector.service",
        },
        {"host": host, "id": "channel", "part": "channel matrix", "well": True, "says": "reachable"},
        {
            "host": host,
            "id": "library",
            "part": "library",
            "well": number != 2,
            "severity": "warning",
            "says": "another one than this collection has" if number == 2 else "the one of this collection",
            "do": "Run mosaic.fleet.upgrade.",
        },
        {"host": host, **queues, "history": "" if down else _history(number)},
        {"host": host, "id": "archive", "part": "archive orchestrator", "well": True, "number": 5 + number}
        | {"says": f"the newest is {5 + number} hours old: 2026-11-28T{22 - number}:00:00Z.tar.age"},
    ]


FINDINGS: list[dict[str, Any]] = [
    *(finding for number in range(1, 6) for finding in _orchestrator(number)),
    {"host": "home", "id": "homeserver", "part": "homeserver", "well": True, "says": "answers"},
    {"host": "home", "id": "version", "part": "version", "well": True, "says": "Synapse 1.130.0"},
    {"host": "home", "id": "disk", "part": "disk /var", "well": True, "says": "61 percent free"},
    {
        "host": "proxy",
        "id": "certificate",
        "part": "certificate",
        "well": False,
        "severity": "warning",
        "number": 9 * 86400,
        "says": "ends in 9 days",
        "do": "Look why it was not renewed: journalctl -u mosaic-proxy.",
    },
]
