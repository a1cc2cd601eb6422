# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says something at each process of Synapse and waits until every other one has heard it.

    replication.py CREDENTIALS_FILE URL_OF_MAIN URL_OF_WORKER …

Prints a line for each worker; fails when one has not heard within ten seconds.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

PATIENCE = 10.0
"""Seconds until an event must have come through."""


def ask(base: str, token: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        f"{base}/_matrix/client/v3{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def say(base: str, token: str, room: str) -> str:
    path = f"/rooms/{quote(room)}/send/m.room.message/{uuid.uuid4()}"
    return str(ask(base, token, "PUT", path, {"msgtype": "m.text", "body": "hello"})["event_id"])


def hear(base: str, token: str, room: str, since: str, event_id: str) -> float:
    """Seconds until a sync at `base` has the event."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        answer = ask(base, token, "GET", "/sync?" + urlencode({"since": since, "timeout": 5000}))
        joined = answer.get("rooms", {}).get("join", {}).get(room, {})
        if event_id in [event["event_id"] for event in joined.get("timeline", {}).get("events", [])]:
            return time.monotonic() - began
        since = answer["next_batch"]
    raise SystemExit(f"{base} has not heard of {event_id} within {PATIENCE:.0f} seconds")


def main(credentials: str, bases: list[str]) -> None:
    lines = Path(credentials).read_text().splitlines()
    token = dict(line.split("=", 1) for line in lines)["MATRIX_ACCESS_TOKEN"]
    home, *workers = bases
    room = ask(home, token, "POST", "/createRoom", {})["room_id"]
    for worker in workers:
        for speaker, listener in ((home, worker), (worker, home)):
            since = ask(listener, token, "GET", "/sync?timeout=0")["next_batch"]
            hear(listener, token, room, since, say(speaker, token, room))
        sys.stdout.write(f"{worker} hears and is heard\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
