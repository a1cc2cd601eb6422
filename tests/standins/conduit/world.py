# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything there is: accounts, rooms and transaction ids, kept in a file below `database_path`."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import threading
import time
from pathlib import Path
from typing import Any

from settings import broken

FILE = "standin.json"
MARKER = {"rocksdb": "IDENTITY", "sqlite": "conduit.db"}


class World:
    """The state, its one lock, and what wakes those who wait for news."""

    def __init__(self, settings: dict[str, Any]) -> None:
        """Load the state or begin a new one; raises `StartError` when it belongs to another server."""
        self.settings = settings
        self.server_name = str(settings["server_name"])
        self.server_user = f"@conduit:{self.server_name}"
        self.registration_open = bool(settings["allow_registration"])
        self.news = threading.Condition(threading.RLock())
        self.sessions: dict[str, dict[str, Any]] = {}
        self._path = Path(settings["database_path"], FILE)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists():
            self.data = json.loads(self._path.read_text(encoding="utf-8"))
            if self.server_user not in self.data["users"]:
                raise broken(
                    "Cannot reuse an existing database after changing the server name, please delete the old one first."
                )
            return
        self.data = {"count": 0, "users": {}, "rooms": {}, "aliases": {}, "transactions": {}}
        self._path.with_name(MARKER[settings["database_backend"]]).touch()
        self._begin()

    def save(self) -> None:
        """Keep what has changed, and wake who waits."""
        new = self._path.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(self.data, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        self.news.notify_all()

    def next_count(self) -> int:
        """The next of the numbers that order everything."""
        self.data["count"] += 1
        return int(self.data["count"])

    # --- accounts

    def add_user(self, user_id: str, password: str | None) -> None:
        """Make an account; without a password nobody can log in to it."""
        name = user_id[1:].split(":", maxsplit=1)[0]
        if self.settings["enable_lightning_bolt"]:
            name += " ⚡️"
        self.data["users"][user_id] = {"password": hashed(password), "displayname": name, "devices": {}}

    def add_device(self, user_id: str, device_id: str | None) -> tuple[str, str]:
        """A new token; the device's old one is dead from now on."""
        device_id = device_id or secrets.token_hex(5).upper()
        token = secrets.token_urlsafe(24)
        self.data["users"][user_id]["devices"][device_id] = token
        return device_id, token

    def owner(self, token: str) -> tuple[str, str] | None:
        """Whose token it is, and of which device."""
        for user_id, user in self.data["users"].items():
            for device_id, found in user["devices"].items():
                if secrets.compare_digest(found, token):
                    return user_id, device_id
        return None

    # --- rooms

    def add_room(self, creator: str, version: str) -> str:
        """Make a room without events. The id of a room of version 12 has no domain."""
        unique = (
            base64.urlsafe_b64encode(hashlib.sha256(secrets.token_bytes(16)).digest()).decode().rstrip("=")
        )
        room_id = f"!{unique}" if int(version) >= 12 else f"!{unique[:18]}:{self.server_name}"
        self.data["rooms"][room_id] = {
            "creator": creator,
            "version": version,
            "visibility": "private",
            "events": [],
        }
        return room_id

    def add_event(
        self,
        room_id: str,
        sender: str,
        kind: str,
        content: dict,
        *,
        state_key: str | None = None,
        **more: Any,
    ) -> dict:
        """Append an event to a room."""
        digest = hashlib.sha256(secrets.token_bytes(16)).digest()
        event = {
            "count": self.next_count(),
            "event_id": "$" + base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "room_id": room_id,
            "sender": sender,
            "type": kind,
            "content": content,
            "origin_server_ts": int(time.time() * 1000),
            **({} if state_key is None else {"state_key": state_key}),
            **more,
        }
        self.data["rooms"][room_id]["events"].append(event)
        return event

    def state(self, room_id: str) -> dict[tuple[str, str], dict]:
        """The current state of a room."""
        return {
            (event["type"], event["state_key"]): event
            for event in self.events(room_id)
            if "state_key" in event
        }

    def events(self, room_id: str) -> list[dict]:
        """All events of a room, oldest first."""
        return list(self.data["rooms"][room_id]["events"])

    def membership(self, room_id: str, user_id: str) -> str:
        """`join`, `invite`, `leave` or `ban`."""
        member = self.state(room_id).get(("m.room.member", user_id))
        return member["content"]["membership"] if member else "leave"

    def set_membership(self, room_id: str, user_id: str, membership: str, sender: str | None = None) -> None:
        """Make somebody a member of a room, or not."""
        user = self.data["users"].get(user_id, {})
        name = {"displayname": user["displayname"]} if user and membership == "join" else {}
        self.add_event(
            room_id, sender or user_id, "m.room.member", {"membership": membership, **name}, state_key=user_id
        )

    def joined(self, user_id: str) -> list[str]:
        """The rooms that somebody is in."""
        return [room_id for room_id in self.data["rooms"] if self.membership(room_id, user_id) == "join"]

    # --- the administrators

    @property
    def admin_room(self) -> str:
        """The room whose members are the administrators."""
        return str(self.data["aliases"][f"#admins:{self.server_name}"])

    def make_admin(self, user_id: str) -> None:
        """Put somebody into that room."""
        self.set_membership(self.admin_room, user_id, "invite", self.server_user)
        self.set_membership(self.admin_room, user_id, "join")

    def say(self, text: str, kind: str = "m.text") -> None:
        """What @conduit says in that room; it never says to which message it replies."""
        self.add_event(self.admin_room, self.server_user, "m.room.message", {"msgtype": kind, "body": text})

    def _begin(self) -> None:
        self.add_user(self.server_user, None)
        room_id = self.add_room(self.server_user, str(self.settings.get("default_room_version", "12")))
        alias = f"#admins:{self.server_name}"
        for kind, content in (
            ("m.room.create", {"room_version": self.data["rooms"][room_id]["version"]}),
            ("m.room.join_rules", {"join_rule": "invite"}),
            ("m.room.name", {"name": f"{self.server_name} Admin Room"}),
            ("m.room.canonical_alias", {"alias": alias}),
        ):
            self.add_event(room_id, self.server_user, kind, content, state_key="")
        self.set_membership(room_id, self.server_user, "join")
        self.data["aliases"][alias] = room_id
        with self.news:
            self.save()


def hashed(password: str | None) -> str | None:
    """A password as it is kept; None for an account that nobody can log in to."""
    if password is None:
        return None
    salt = secrets.token_hex(8)
    return f"{salt}${hashlib.sha256((salt + password).encode()).hexdigest()}"


def matches(password: str, kept: str) -> bool:
    """Whether it is the password that was kept."""
    salt, _sign, digest = kept.partition("$")
    return secrets.compare_digest(hashlib.sha256((salt + password).encode()).hexdigest(), digest)
