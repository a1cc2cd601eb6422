# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator: an account in plain HTTP that sends stubbornly and reads everything.

Its account has a device, as one that a human logs in with: for such a one Synapse keeps a transaction id in the
database, in one transaction with the event (table event_txn_id_device_id), so a PUT repeated after a restart makes no
second event. The id of a token without a device, such as an administrator gets by logging in as somebody, is kept
in memory alone.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from hosts import RunError

ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class Event:
    """A text of somebody in the room."""

    sender: str
    body: str
    thread: str | None


class Operator:
    """Registered with a single-use token; every call is repeated until the homeserver has answered it."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=f"{url}/_matrix/client/v3", timeout=ANSWER_SECONDS)
        self.user_id = self.room_id = self._place = ""
        self.retries = 0

    async def enter(self, name: str, token_file: Path, account: Path) -> None:
        """Be the account that `account` keeps; without one that still holds, make it, and keep it there."""
        if not (account.exists() and await self._is(json.loads(account.read_text()))):
            account.unlink(missing_ok=True)
            account.touch(mode=0o600)
            found = await self._register(name, token_file.read_text().strip())
            account.write_text(json.dumps(found))
            if not await self._is(found):
                raise RunError(
                    "the operator's account has no device, so no PUT of its can safely be repeated"
                )

    async def _is(self, account: dict[str, str]) -> bool:
        """Whether the homeserver knows the account, and a device of it."""
        self.user_id = account["user_id"]
        self._http.headers["Authorization"] = f"Bearer {account['access_token']}"
        answer = await self._http.get("/account/whoami")
        if answer.status_code == httpx.codes.OK and answer.json().get("device_id"):
            return True
        del self._http.headers["Authorization"]
        return False

    async def _register(self, name: str, token: str) -> dict[str, str]:
        account = {"username": name, "password": secrets.token_urlsafe(18)}
        first = await self._http.post("/register", json=account)
        stages: list[dict[str, Any]] = [
            {"type": "m.login.registration_token", "token": token},
            {"type": "m.login.dummy"},
        ]
        for stage in stages:
            auth = {**stage, "session": first.json()["session"]}
            answer = await self._http.post("/register", json={**account, "auth": auth})
        if answer.status_code != httpx.codes.OK:
            raise RunError(f"the operator could not register: {answer.status_code} {answer.text[:300]}")
        found: dict[str, str] = answer.json()
        return found

    async def join(self, alias: str) -> None:
        """Accept the invitation, and read from now on."""
        self.room_id = (await self._call("POST", f"/join/{quote(alias)}", json={}))["room_id"]
        self._place = (await self._call("GET", "/sync", params={"timeout": 0}))["next_batch"]

    async def say(self, text: str, transaction: str, root: str | None) -> str:
        """Post a message under its own transaction id; its event id."""
        content: dict[str, Any] = {"msgtype": "m.text", "body": text}
        if root is not None:
            content["m.relates_to"] = {"rel_type": "m.thread", "event_id": root, "is_falling_back": True}
        path = f"/rooms/{quote(self.room_id)}/send/m.room.message/{quote(transaction)}"
        event_id: str = (await self._call("PUT", path, json=content))["event_id"]
        return event_id

    async def news(self) -> list[Event]:
        """What was said since the last look, in the server's order."""
        events: list[Event] = []
        while True:
            query = {"dir": "f", "from": self._place, "limit": "500"}
            page = await self._call("GET", f"/rooms/{quote(self.room_id)}/messages", params=query)
            events += [_event(raw) for raw in page["chunk"] if raw["type"] == "m.room.message"]
            if not page["chunk"] or page.get("end") in (None, self._place):
                return events
            self._place = page["end"]

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        while True:
            pause = 0.3
            try:
                answer = await self._http.request(method, path, **request)
            except httpx.HTTPError:
                pass  # away: stopped, starting, or cut off
            else:
                if answer.status_code == httpx.codes.OK:
                    found: dict[str, Any] = answer.json()
                    return found
                if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                    pause = answer.json().get("retry_after_ms", 500) / 1000
                elif answer.status_code < 500:
                    raise RunError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
            self.retries += 1
            await asyncio.sleep(pause)


def _event(raw: dict[str, Any]) -> Event:
    content = raw.get("content", {})
    relation = content.get("m.relates_to", {})
    thread = relation.get("event_id") if relation.get("rel_type") == "m.thread" else None
    return Event(raw["sender"], str(content.get("body", "")), thread)
