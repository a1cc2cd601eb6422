# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's side of Matrix, in plain HTTP and in as few calls as it takes: any other client could do the same."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from .hosts import StepError


class Operator:
    """An account on the demo's homeserver, registered with a single-use token."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/_matrix/client", timeout=60)
        self._since: str | None = None
        self.user_id = ""

    def register(self, name: str, token: str, keep_in: Path) -> None:
        """Register, and keep the credentials in a file of mode 0600."""
        account = {
            "username": name,
            "password": secrets.token_urlsafe(18),
            "initial_device_display_name": "demo",
        }
        first = self._http.post("/v3/register", json=account)
        stages: list[dict[str, Any]] = [
            {"type": "m.login.registration_token", "token": token},
            {"type": "m.login.dummy"},
        ]
        answer = first
        for stage in stages:
            answer = self._http.post(
                "/v3/register", json={**account, "auth": {**stage, "session": first.json()["session"]}}
            )
            if answer.status_code == httpx.codes.OK:
                break
        credentials = self._checked(answer, "register the operator's account")
        self.user_id = credentials["user_id"]
        self._http.headers["Authorization"] = f"Bearer {credentials['access_token']}"
        keep_in.touch(mode=0o600)
        keep_in.write_text(json.dumps({**credentials, "password": account["password"]}))

    def join(self, alias: str) -> str:
        """Accept the invitation to a room; its id."""
        answer = self._http.post(f"/v3/join/{quote(alias)}", json={})
        room_id: str = self._checked(answer, f"join {alias}")["room_id"]
        return room_id

    def say(self, room_id: str, text: str) -> str:
        """Post a message; its event id."""
        path = f"/v3/rooms/{quote(room_id)}/send/m.room.message/{secrets.token_hex(8)}"
        event_id: str = self._checked(self._http.put(path, json={"msgtype": "m.text", "body": text}), "post")[
            "event_id"
        ]
        return event_id

    def news(self, room_id: str) -> Iterator[dict[str, Any]]:
        """The events of a room since the last look, waiting ten seconds for the first."""
        query = {
            "timeout": "10000" if self._since else "0",
            **({"since": self._since} if self._since else {}),
        }
        answer = self._checked(self._http.get("/v3/sync", params=query), "sync")
        self._since = answer["next_batch"]
        yield from (
            answer.get("rooms", {}).get("join", {}).get(room_id, {}).get("timeline", {}).get("events", [])
        )

    @staticmethod
    def _checked(answer: httpx.Response, what: str) -> dict[str, Any]:
        if answer.status_code != httpx.codes.OK:
            raise StepError(
                f"the operator could not {what}: the homeserver says {answer.status_code} {answer.text[:300]}"
            )
        found: dict[str, Any] = answer.json()
        return found
